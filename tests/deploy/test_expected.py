"""What is expected of an answer: members of an object, everything else as it is."""

import pytest

from workbench.deploy.steps.release import difference


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("{}", '{"a": 1}'),
        ('{"statusCode": 200}', '{"statusCode": 200, "body": "hello"}'),
        ('{"a": {"b": [1, {"c": null}]}}', '{"a": {"b": [1, {"c": null, "d": 2}], "e": 3}}'),
        ("null", "null"),
        ("1", "1.0"),
        ('"ä"', '"\\u00e4"'),
        ("[]", "[]"),
    ],
)
def test_an_answer_that_contains_it_is_right(expected: str, answer: str) -> None:
    assert difference(expected, answer.encode()) == ""


@pytest.mark.parametrize(
    ("expected", "answer", "words"),
    [
        ('{"statusCode": 200}', '{"statusCode": 500}', "statusCode is 500 instead of 200."),
        ('{"a": {"b": 1}}', '{"a": {}}', "it has no a.b."),
        ('{"a": [1, 2]}', '{"a": [1]}', "the length of a is 1 instead of 2."),
        ("[1]", "[2]", "[0] is 2 instead of 1."),
        ("true", "1", "it is 1 instead of true."),
        ("0", "false", "it is false instead of 0."),
        ('{"a": 1}', "[]", 'it is [] instead of {"a": 1}.'),
        ('"yes"', "null", 'it is null instead of "yes".'),
        ("{}", "", "it is not valid JSON: ."),
        ("{}", "<html>", "it is not valid JSON: <html>."),
        ("{", "{}", "the expected response is not valid JSON."),
    ],
)
def test_what_is_not_so_is_said(expected: str, answer: str, words: str) -> None:
    assert difference(expected, answer.encode()) == words


def test_a_long_answer_is_shortened() -> None:
    assert len(difference("1", b'"' + b"x" * 100_000 + b'"')) < 200

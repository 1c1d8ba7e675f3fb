"""Filter patterns choose the messages that CloudWatch Logs would choose."""

import pytest

from workbench.sandbox.launcher.filter_patterns import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("", ["", "anything"], []),
        ("ERROR", ["[ERROR] x"], ["error", "ERRO R"]),
        ("ERROR Exception", ["Exception of ERROR"], ["ERROR", "Exception"]),
        ('"b 1"', ["b 10"], ["1 b", "b  1"]),
        ('"RequestId: 12-34"', ["START RequestId: 12-34 Version"], ["12-34"]),
        (r'"say \"x\""', ['I say "x"'], ["say x"]),
        ("ERROR -Timeout", ["ERROR"], ["ERROR Timeout"]),
        ('-"a b"', ["ab"], ["a b"]),
        ("?ERROR ?WARN", ["WARN x", "an ERROR"], ["INFO"]),
        ("?ERROR INFO", ["INFO"], ["ERROR"]),
        ("%4\\d\\d%", ["status 404"], ["status 500"]),
        ("{ $.level = 1 }", ["anything"], []),
        ("12-34", ["12-34"], ["12"]),
    ],
)
def test_what_a_pattern_matches(pattern: str, matching: list[str], others: list[str]) -> None:
    matches = compile_pattern(pattern)
    assert [message for message in matching if not matches(message)] == []
    assert [message for message in others if matches(message)] == []


def test_a_wrong_expression_is_said() -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        compile_pattern("%(%")

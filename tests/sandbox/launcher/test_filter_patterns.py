"""Filter patterns choose the messages that CloudWatch Logs would choose."""

import re

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
        ("12-34", ["12-34"], ["12"]),
        ("%40[0-9]% -%gone%", ["status 404"], ["status 500", "404 gone"]),
        ("{ $.level = 1 }", ['{"level": 1}', '{"level": 1.0}'], ["anything", '{"level": 2}', "[]"]),
        ('{ $.a.b = "x*" }', ['{"a": {"b": "xyz"}}'], ['{"a": {"b": "yx"}}', '{"a": "x"}']),
        ('{ $.a = "a?[b]" }', ['{"a": "a?[b]"}'], ['{"a": "acb"}']),
        ("{ $.a != 1 }", ['{"a": 2}', '{"a": "x"}'], ['{"a": 1}', "{}"]),
        ("{ $.a = 4* }", ['{"a": 404}', '{"a": "4"}'], ['{"a": 500}']),
        ("{ $.a >= 1.5e1 && $.a < 20 }", ['{"a": 15}'], ['{"a": 20}', '{"a": "x"}', '{"a": true}']),
        ("{ ($.a = 1 || $.b = 1) && $.c = 1 }", ['{"b": 1, "c": 1}'], ['{"a": 1}', '{"c": 1}']),
        ("{ $.a[1].b = x }", ['{"a": [1, {"b": "x"}]}'], ['{"a": [{"b": "x"}]}']),
        ("{ $.a[*] = x }", ['{"a": ["y", "x"]}'], ['{"a": []}']),
        ("{ $.['a.b'] = x }", ['{"a.b": "x"}'], ['{"a": {"b": "x"}}']),
        ("{ $.a IS TRUE }", ['{"a": true}'], ['{"a": 1}', '{"a": "true"}']),
        ("{ $.a IS NULL }", ['{"a": null}'], ["{}"]),
        ("{ $.a NOT EXISTS }", ["{}"], ['{"a": null}']),
        ("{ $.ip = %^10[.]% }", ['{"ip": "10.0.0.1"}'], ['{"ip": "110.0.0.1"}']),
        ("[]", ["", "anything at all"], []),
        ("[level = ERROR, ...]", ["ERROR x y"], ["INFO ERROR", ""]),
        ("[..., code = 4*, size]", ["GET / 404 12"], ["GET / 500 12", "404"]),
        ("[a, b > 10, c]", ["x 11 y"], ["x 9 y", "x y z", "x 11"]),
        ('[a = "x y", b]', ['"x y" z'], ["x y z"]),
        ("[a != DEBUG && a != INFO, b]", ["ERROR x"], ["DEBUG x", "INFO x"]),
        ("[time, ...]", ["[10/Oct/2000 13:55:36] x"], [""]),
        ("[a = %^[0-9]{2,3}$%, b]", ["123 x"], ["1234 x"]),
    ],
)
def test_what_a_pattern_matches(pattern: str, matching: list[str], others: list[str]) -> None:
    matches = compile_pattern(pattern)
    assert [message for message in matching if not matches(message)] == []
    assert [message for message in others if matches(message)] == []


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        # Recorded: https://github.com/jorgebastida/awslogs/issues/210
        ("{$.kubernetes.namespace_name=abc", "If a filter pattern starts with '{' it must end with '}'"),
        ("[time, level=ERROR, msg", "If a filter pattern starts with '[' it must end with ']'"),
        ("?Status: timeout", "Invalid character(s) in term ':'"),
        ("`ERROR", "Invalid character(s) in term '`'"),
        ("failed (again)", "Invalid character(s) in term '('"),
        ('ERROR "never closed', "Invalid character(s) in term '\"'"),
        ('{ $."sc-status" = 5* }', "Invalid character(s) in term '$.\"'"),
        ("%(a|b)%", "Invalid character(s) in term '('"),
        ("%a!%", "Invalid character(s) in term '!'"),
        ("%[a%", "Invalid filter pattern"),
        ("{}", "Invalid filter pattern"),
        ("{ level = 1 }", "Invalid filter pattern"),
        ("{ $.level }", "Invalid filter pattern"),
        ("{ $.level = }", "Invalid filter pattern"),
        ("{ $.level = 1 && }", "Invalid filter pattern"),
        ("{ ($.level = 1 }", "Invalid filter pattern"),
        ("{ $.level = 1 $.b = 2 }", "Invalid filter pattern"),
        ("{ $.level > high }", "Invalid filter pattern"),
        ("{ $.level IS SET }", "Invalid filter pattern"),
        ("{ " + "(" * 400 + "$.a = 1" + ")" * 400 + " }", "Invalid filter pattern"),
        ("[..., a, ...]", "Invalid filter pattern"),
        ("[a =, b]", "Invalid filter pattern"),
        ('[a = "x, b]', "Invalid character(s) in term '\"'"),
    ],
)
def test_a_wrong_pattern_is_refused_in_awss_words(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        compile_pattern(pattern)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "pattern",
    [
        '?REPORT ?NR_LAMBDA_MONITORING ?"Task timed out"',
        '{ $.eventType = "UpdateTrail" }',
        "{ $.sourceIPAddress != 123.123.* }",
        '{ ($.user.email = "John.Stiles@example.com" || $.at[0][1] = "nonmatch") && $.actions[2] = "no" }',
        "{ $.bandwidth > 75 }",
        "{ $.latency >= 1.5e1 }",
        "{ $.SomeObject IS NULL }",
        "{ $.SomeOtherObject NOT EXISTS }",
        '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
        "[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]",
        "[ip, user, username, timestamp, request, status_code = 404 || status_code = 410, bytes]",
        "[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]",
        "[w1=ERROR, w2]",
        "[w1!=%ERROR|WARN%, ...]",
        "[]",
        "",
    ],
)
def test_what_aws_documents_is_accepted(pattern: str) -> None:
    compile_pattern(pattern)

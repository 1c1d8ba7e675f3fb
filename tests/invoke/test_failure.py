"""Errors of every runtime and their causes, and payloads that only look like one."""

import json

import pytest

from workbench.functions.invocations import Report
from workbench.invoke.payload import FailureCause, StackFrame, failure_cause, parse_failure, parse_frame


def _frames(stack: object, key: str = "stackTrace") -> list[tuple[str, int, str, bool]]:
    payload = json.dumps({"errorType": "E", "errorMessage": "m", key: stack}).encode()
    return [(f.file, f.line, f.function, f.is_own) for f in parse_failure("Unhandled", payload).frames]


def test_python_frames_point_into_the_package() -> None:
    stack = [
        '  File "/var/task/app.py", line 12, in handler\n    return total / count\n',
        '  File "/var/lang/lib/python3.13/json/__init__.py", line 346, in loads\n    return _d.decode(s)\n',
    ]
    assert _frames(stack) == [
        ("app.py", 12, "handler", True),
        ("/var/lang/lib/python3.13/json/__init__.py", 346, "loads", False),
    ]


def test_a_python_syntax_error_has_a_frame_without_a_function() -> None:
    for written in ('" Line 3', '", line 3'):  # Lambda's own words, and Python's
        assert _frames([f'  File "/var/task/app.py{written}\n    def f(:\n']) == [("app.py", 3, "", True)]


def test_pythons_old_frames_are_lists() -> None:
    assert _frames([["/var/task/app.py", 5, "handler", "raise X"]]) == [("app.py", 5, "handler", True)]


def test_node_frames_follow_the_message() -> None:
    trace = [
        "TypeError: Cannot read properties of undefined (reading 'name')",
        "    at Object.handler (/var/task/src/index.js:7:23)",
        "    at file:///var/task/index.mjs:3:9",
        "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
        "    at new Promise (<anonymous>)",
    ]
    assert _frames(trace, "trace") == [
        ("src/index.js", 7, "Object.handler", True),
        ("index.mjs", 3, "", True),
        ("node:internal/process/task_queues", 95, "process.processTicksAndRejections", False),
        ("", 0, "", False),
    ]


def test_the_other_runtimes() -> None:
    assert _frames(["/var/task/lambda_function.rb:5:in `handler'"]) == [
        ("lambda_function.rb", 5, "handler", True)
    ]
    assert _frames(["at Orders.Function.Handle(String id) in /home/me/Function.cs:line 21"]) == [
        ("/home/me/Function.cs", 21, "Orders.Function.Handle(String id)", False)
    ]
    assert _frames(["com.example.Handler.handleRequest(Handler.java:14)"]) == [
        ("Handler.java", 14, "com.example.Handler.handleRequest", False)
    ]


def test_a_timeout_has_no_frames() -> None:
    failure = parse_failure(
        "Unhandled", b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: x Error: Task timed out"}'
    )
    assert failure.error_type == "Sandbox.Timedout"
    assert failure.frames == ()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[1]",
        b"\xff\xfe{}",
        b'{"errorMessage": {"deep": [1]}, "errorType": 7, "stackTrace": "text", "trace": 3}',
        b'{"stackTrace": [null, 1, [], ["a"], {"x": 1}, "", "\\u0000", "at (:::1:1)"]}',
        b'{"trace": []}',
        json.dumps({"stackTrace": ['File "' + "a" * 100_000 + '", line ' + "9" * 5000]}).encode(),
        json.dumps({"stackTrace": ["at " + "(" * 50_000 + ":1:1"] * 20}).encode(),
        b"[" * 100_000,
    ],
)
def test_no_payload_breaks_the_reader(payload: bytes) -> None:
    failure = parse_failure("Unhandled", payload)
    assert failure.kind == "Unhandled"
    assert all(isinstance(frame, StackFrame) for frame in failure.frames)


def test_an_answer_that_is_not_json_is_the_message() -> None:
    assert parse_failure("Handled", b"went wrong \xff").error_message == "went wrong �"


@pytest.mark.parametrize("path", ["../../etc/passwd", "a/../../x.py", "/etc/passwd"])
def test_a_path_out_of_the_package_is_not_its_own(path: str) -> None:
    frame = parse_frame(f'  File "/var/task/{path}", line 1, in x')
    assert (frame.line, frame.is_own) == (1, False)


TIMED_OUT = "2026-11-26T12:00:03.005Z 7b1c Task timed out after 3.00 seconds"
KILLED = "RequestId: 7b1c Error: Runtime exited with error: signal: killed"
STATUS_1 = "RequestId: 7b1c Error: Runtime exited with error: exit status 1"


@pytest.mark.parametrize(
    ("error_type", "message", "used_mb", "status", "ending"),
    [
        ("Sandbox.Timedout", "RequestId: 7b1c Error: Task timed out after 3.00 seconds", 30, "", "TIMED_OUT"),
        ("", TIMED_OUT, 30, "", "TIMED_OUT"),
        ("Other", "", 30, "timeout", "TIMED_OUT"),
        ("Runtime.ExitError", KILLED, 128, "error", "OUT_OF_MEMORY"),
        ("Runtime.ExitError", KILLED, 90, "error", "EXITED"),
        ("Runtime.ExitError", STATUS_1, 40, "", "EXITED"),
        ("Runtime.OutOfMemory", "", 128, "", "OUT_OF_MEMORY"),
        ("Runtime.ImportModuleError", "Unable to import module 'app'", 30, "", "NO_MODULE"),
        ("Runtime.HandlerNotFound", "Handler 'x' missing on module 'app'", 30, "", "NO_HANDLER"),
        ("Runtime.UserCodeSyntaxError", "Syntax error in module 'app'", 30, "", "SYNTAX"),
        ("Function.ResponseSizeTooLarge", "Response payload size exceeded", 30, "", "TOO_LARGE"),
        ("ValueError", "boom", 128, "error", "OWN"),
    ],
)
def test_an_end_is_known(error_type: str, message: str, used_mb: int, status: str, ending: str) -> None:
    payload = json.dumps({"errorType": error_type, "errorMessage": message}).encode()
    report = Report("7b1c", 1.0, 2.0, 128, used_mb, status=status)
    assert failure_cause(parse_failure("Unhandled", payload), report) is FailureCause[ending]


def test_a_success_has_no_end_to_explain() -> None:
    assert failure_cause(None, None) is FailureCause.OWN


@pytest.mark.parametrize(
    ("message", "handler", "ending"),
    [
        ("Unable to import module 'nope': No module named 'nope'", "nope.main", "NO_HANDLER"),
        ("Unable to import module 'src.app': No module named 'src'", "src/app.main", "NO_HANDLER"),
        ("Unable to import module 'src.app': No module named 'src.app'", "src.app.main", "NO_HANDLER"),
        (
            "Error: Cannot find module 'nope'\nRequire stack:\n- /var/runtime/index.mjs",
            "nope.main",
            "NO_HANDLER",
        ),
        ("Unable to import module 'app': No module named 'requests'", "app.main", "NO_MODULE"),
        ("Unable to import module 'app': No module named 'app.parts'", "app.main", "NO_MODULE"),
        ("Error: Cannot find module 'express'\nRequire stack:\n- /var/task/app.js", "app.main", "NO_MODULE"),
    ],
)
def test_a_handler_whose_file_is_missing_is_not_taken_for_a_missing_dependency(
    message: str, handler: str, ending: str
) -> None:
    payload = json.dumps({"errorType": "Runtime.ImportModuleError", "errorMessage": message}).encode()
    failure = parse_failure("Unhandled", payload)
    assert failure_cause(failure, None, handler) is FailureCause[ending]

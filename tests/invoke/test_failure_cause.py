"""How an invocation ended is told by Lambda's marks, in the texts that AWS writes."""

import json

import pytest

from workbench.functions.invocations import Report
from workbench.invoke.failure import FailureCause, failure_cause, parse_failure

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

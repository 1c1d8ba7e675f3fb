"""Invokes the new code with a test event before anybody else gets it."""

import json

from workbench.core.errors import WorkbenchError
from workbench.deploy.expected import difference
from workbench.deploy.options import SmokeTest
from workbench.deploy.records import Facts
from workbench.deploy.steps.running import Answer, Invoke, Running
from workbench.functions.detail import get_function

_THROTTLED = "TooManyRequestsException"
_ATTEMPTS = 5
_FIRST_PAUSE_S = 0.2
_LONGEST_ANSWER = 300


def do(running: Running) -> Facts:
    """Invokes the function once, as its callers do who name no version.

    An answer that the function gives on purpose is a success, an error is none.
    """
    test = running.plan.options.smoke_test
    assert test is not None
    assert running.invoke is not None, "a plan with a smoke test needs an invoker"
    running.say(f"Testing the new code with {test.name}")
    answer = _invoke(running, running.invoke, test)
    if answer.function_error:
        raise WorkbenchError(
            f"The new code of {running.name} failed its test.",
            f"The response to the test event {test.name} was {_in_short(answer.payload)}.",
            "Correct the code or the test event, then deploy again.",
        )
    if test.expected and (words := difference(test.expected, answer.payload)):
        raise WorkbenchError(
            f"The new code of {running.name} failed its test.",
            f"The response to the test event {test.name} is not the expected one: {words}",
            "Correct the code or the expected response, then deploy again.",
        )
    return {}


def _invoke(running: Running, invoke: Invoke, test: SmokeTest) -> Answer:
    payload = test.payload.encode()
    detail = get_function(running.connection, running.name, "", running.ctx)
    qualifier, timeout_s = detail.invoked_qualifier(""), detail.longest_answer_s
    tenant = {"tenant_id": test.tenant_id} if test.tenant_id else {}
    name, ctx = running.name, running.ctx
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return invoke(running.connection, name, payload, qualifier, timeout_s, ctx, **tenant)
        except WorkbenchError as error:
            if error.aws_code != _THROTTLED or attempt == _ATTEMPTS:  # throttled, it did not run
                raise
        running.ctx.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1))
    raise AssertionError("the last attempt raises")


def _in_short(payload: bytes) -> str:
    """The error that a runtime describes, or the beginning of whatever came."""
    text = payload.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict) and "errorMessage" in value:
        text = f"{value.get('errorType', 'an error')}: {value['errorMessage']}"
    return text if len(text) <= _LONGEST_ANSWER else text[:_LONGEST_ANSWER] + "…"

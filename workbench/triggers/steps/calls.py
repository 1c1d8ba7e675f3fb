"""Test events that invoke the function directly or by HTTPS. They are never sent twice."""

import json
from collections.abc import Mapping

from workbench.aws.quotas import TIMEOUT_USUAL_LIMIT_S
from workbench.aws.web import post
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.invocations import send_qualified
from workbench.triggers.step import Args, Once, Running, Step, StepRun

INVOKE = "invoke"
_LONGEST_S, _SHOWN = float(TIMEOUT_USUAL_LIMIT_S), 500


def invoke_step(function_arn: str, qualifier: str, invocation_type: str, payload: str) -> Step:
    """Invokes the function directly.

    Args:
        function_arn: Without a qualifier.
        qualifier: Alias or version; empty for none.
        invocation_type: "RequestResponse", "Event", "DryRun".
    """
    args = {"function_arn": function_arn, "qualifier": qualifier, "type": invocation_type, "payload": payload}
    name = function_arn.split(":")[6]
    title = (
        _("Invoke {name}:{qualifier}").format(name=name, qualifier=qualifier)
        if qualifier
        else _("Invoke {name}").format(name=name)
    )
    return Step(INVOKE, title, "lambda:Invoke", function_arn.split(":")[3], args)


def _invoke(args: Args, running: Running) -> Facts:
    """Invokes the function. Facts: status, function_error, body.

    Raises:
        WorkbenchError: Lambda did not accept the event. An error of the function is a result.
    """
    running_on = running.connection
    running.ctx.check()
    failure = _("Could not invoke {function}.").format(function=args["function_arn"].split(":")[6])
    request = {
        "FunctionName": args["function_arn"],
        "InvocationType": args["type"],
        "Payload": args["payload"].encode(),
    }
    if args["qualifier"]:
        request["Qualifier"] = args["qualifier"]
    answer = send_qualified(
        lambda request: running_on.call(
            "lambda", "invoke", failure=failure, retries=False, read_timeout_s=_LONGEST_S, **request
        ),
        request,
    )
    with running_on.translated(failure):
        body = answer["Payload"].read() if "Payload" in answer else b""
    return {
        "status": int(answer.get("StatusCode", 0)),
        "function_error": str(answer.get("FunctionError") or ""),
        "body": body[:_SHOWN].decode("utf-8", "replace"),
    }


HTTPS_CALL = "https-call"


def https_call(
    url: str,
    mark: str,
    region: str,
    *,
    method: str = "POST",
    sign_for: str = "",
    known_by: str = "",
    timeout_s: int = 30,
) -> Step:
    """Sends a request to the function's endpoint.

    Args:
        mark: Text in the body by which the invocation is found.
        sign_for: The service to sign for; empty for unsigned requests.
        known_by: The service to sign for at a custom endpoint: the Sandbox finds the account of an API by the
            keys of the request.
        timeout_s: How long the function may take.
    """
    body = json.dumps({"workbench": mark})
    args = {"url": url, "method": method, "body": body, "sign_for": sign_for, "timeout_s": timeout_s}
    args |= {"known_by": known_by}
    signed = _(", signed with your credentials") if sign_for else ""
    return Step(
        HTTPS_CALL, _("Call {url}{signed}").format(url=url, signed=signed), f"HTTPS {method}", region, args
    )


def _call(args: Args, running: Running) -> Facts:
    """Sends the request. Facts: status, body.

    Raises:
        WorkbenchError: The endpoint was not reached, or did not invoke the function.
    """
    failure = _("Could not call {url}.").format(url=args["url"])
    known_by = args.get("known_by", "") if running.connection.is_custom_endpoint else ""
    running.ctx.check()
    answer = post(
        running.connection,
        args["url"],
        args["body"].encode(),
        method=args["method"],
        sign_for=args["sign_for"] or known_by,
        read_timeout_s=args["timeout_s"],
        failure=failure,
    )
    text = answer.body.decode("utf-8", "replace")[:_SHOWN]
    if answer.status in (401, 403, 404, 429):
        raise WorkbenchError(
            failure,
            _("The response status was {status}: {text}").format(status=answer.status, text=text),
            _REMEDIES[answer.status],
            aws_code=answer.error_type or str(answer.status),
            request_id=answer.request_id,
        )
    return {"status": answer.status, "body": text}


_REMEDIES = {
    401: _("The endpoint has an authorizer: call it with a token that the authorizer accepts."),
    403: _(
        "Check who can call it: the function's policy and, if callers sign requests, your own permissions."
    ),
    404: _("Check whether the route, the stage and the deployment exist."),
    429: _("Calls are throttled. Try again in a moment."),
}


RUNS: Mapping[str, StepRun] = {HTTPS_CALL: Once(_call), INVOKE: Once(_invoke)}

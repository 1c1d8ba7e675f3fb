"""Invokes the function: the test event of custom events. Never sent twice."""

from workbench.aws.quotas import TIMEOUT_USUAL_LIMIT_S
from workbench.functions.qualified import send_qualified
from workbench.triggers.step import Facts, Running, Step

INVOKE = "invoke"
_LONGEST_S, _SHOWN = float(TIMEOUT_USUAL_LIMIT_S), 500


def invoke_step(function_arn: str, qualifier: str, invocation_type: str, payload: str) -> Step:
    """The step.

    Args:
        function_arn: The function's, without a qualifier.
        qualifier: Alias or version; empty for none.
        invocation_type: "RequestResponse", "Event", "DryRun".
        payload: JSON.
    """
    args = {"function_arn": function_arn, "qualifier": qualifier, "type": invocation_type, "payload": payload}
    name = function_arn.split(":")[6]
    title = f"Invoke {name}:{qualifier}" if qualifier else f"Invoke {name}"
    return Step(INVOKE, title, "lambda:Invoke", function_arn.split(":")[3], args)


class InvokeStep:
    """args: function_arn, qualifier, type, payload."""

    def do(self, step: Step, running: Running) -> Facts:
        """Invokes it; facts: status, function_error, body.

        Raises:
            WorkbenchError: Lambda did not take the event. That the function failed is an answer.
        """
        args, running_on = step.args, running.connection
        running.ctx.check()
        failure = f"Could not invoke {args['function_arn'].split(':')[6]}."
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

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """An invocation cannot be taken back."""

"""Direct invocation. Nothing is created; the window shows who may invoke the function, and sends an event.

An event is never sent twice.
"""

import json
from collections.abc import Mapping

from workbench.aws.connection import Connection
from workbench.aws.quotas import (
    ASYNC_PAYLOAD_LIMIT_BYTES,
    SYNC_PAYLOAD_LIMIT_BYTES,
    TIMEOUT_USUAL_LIMIT_S,
)
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.invocations import send_qualified
from workbench.triggers.kinds.source import (
    ASYNC,
    BY_CALLER,
    SYNC,
    Source,
    Upstream,
    async_failures,
    async_invoke_retries,
    failure_names,
    source_retries,
    sync_invoke_retries,
)
from workbench.triggers.model import (
    Authority,
    Explanation,
    Findings,
    Grant,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Verdict,
    block,
    function_request,
    qualified,
)
from workbench.triggers.parameter import Entry, Parameter, check_values, choice_parameter
from workbench.triggers.steps import Args, Once, Running, Step, StepRun
from workbench.triggers.test_events import LOGGED, NO_TEXTS, EventField, TestEvent, json_fault, texts_of

_TYPE, PAYLOAD = "InvocationType", "Payload"
_SYNC, _ASYNC = "RequestResponse", "Event"
_RUNS = ("lambda:invokefunction", "lambda:*", "*")
INVOKE = "invoke"
_LONGEST_S, _SHOWN = float(TIMEOUT_USUAL_LIMIT_S), 500


class DirectInvoke(Source[None]):
    """Invoke, called by a program, the command line or this window."""

    kind = SourceKind("direct")
    title, icon = _("Direct invocation"), "terminal"
    description = _("Programs and users that call Invoke.")
    makes_its_source = True
    rule = Rule(
        _("caller"),
        _("Custom events"),
        Model.PUSH_ASYNC,
        region=Verdict.ALLOW,
        let_in_by=Authority.CALLER,
    )
    upstream = Upstream(1)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return (
            choice_parameter(
                _TYPE,
                _("Invocation type"),
                _SYNC,
                help=_(
                    "RequestResponse waits for the response; Event does not. DryRun checks whether "
                    "you have permission."
                ),
            ),
            Parameter(
                PAYLOAD, _("Event"), Entry.JSON, "{}", help=_("The input of the function: a JSON document.")
            ),
        )

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> None:
        ctx.check()

    def check(self, spec: TriggerSpec, observed: None, function: ObservedFunction) -> Findings:
        """Checks INV-SIZE and INV-JSON."""
        payload = str(spec.values.get(PAYLOAD) or "")
        is_sync = spec.values.get(_TYPE, _SYNC) != _ASYNC
        found = list(check_values(self.parameters(spec)[:1], spec.values))
        size, limit = (
            len(payload.encode()),
            SYNC_PAYLOAD_LIMIT_BYTES if is_sync else ASYNC_PAYLOAD_LIMIT_BYTES,
        )
        if size > limit:
            what = _("The event has {size:,} bytes; Lambda allows {limit:,}.").format(size=size, limit=limit)
            why = _("This is the limit for asynchronous invocations.")
            if is_sync:
                why = _("This is the limit for synchronous invocations.")
            found.append(block("INV-SIZE", what, why))
        if payload and (problem := _json_problem(payload)):
            what = _("The event is not JSON: {problem}").format(problem=problem)
            found.append(block("INV-JSON", what, _("Lambda only passes JSON to functions.")))
        return tuple(found)

    def plan(self, spec: TriggerSpec, observed: None) -> Steps:
        """No steps: every principal with permission can invoke the function."""
        return ()

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """None. Callers leave only statements in the function's policy, which find.py lists."""
        return ()

    def remove(self, trigger: Trigger) -> Steps:
        """No steps at a source; the general steps remove the statements."""
        return ()

    def test_event(
        self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS
    ) -> TestEvent | None:
        kind = str(trigger.values.get(_TYPE) or _SYNC)
        limit = ASYNC_PAYLOAD_LIMIT_BYTES if kind == _ASYNC else SYNC_PAYLOAD_LIMIT_BYTES
        text = json.dumps({"workbench": mark})
        fields = (EventField("payload", _("Payload"), text, limit, check=json_fault),)
        payload = texts_of(fields, texts)["payload"]
        step = invoke_step(trigger.source_arn, trigger.qualifier, kind, payload)
        what = _("Invokes the function ({kind}).").format(kind=kind)
        stays = _("An invocation cannot be undone: the function may still be running.")
        return TestEvent(what, (step,), mark, fields=fields, stays=stays)

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        is_async = trigger.values.get(_TYPE) == _ASYNC
        name = function.detail.function_name
        failures = async_failures(function.failure_arns)
        flow = ("Caller", "Lambda's queue", name, *failure_names(function.failure_arns))
        return Explanation(
            ASYNC if is_async else SYNC,
            _("None: each call is a separate invocation."),
            source_retries(self.upstream),
            async_invoke_retries(function) if is_async else sync_invoke_retries(),
            failures
            if is_async
            else _("They are returned to the caller: the response contains FunctionError."),
            f"{BY_CALLER} {who_may_invoke(function.grants)}",
            flow if is_async else (_("Caller"), name, _("Caller")),
            _("The Sandbox does not check permissions."),
        )


def who_may_invoke(grants: tuple[Grant, ...] | None) -> str:
    """A sentence that names the principals that the policy allows to invoke the function directly."""
    if grants is None:
        return _("The function's policy could not be read.")
    names = dict.fromkeys(
        f"{grant.principal} ({grant.sid})"
        for grant in grants
        if not grant.service
        and not grant.denies
        and "viafunctionurl" not in grant.other_conditions
        and any(action.lower() in _RUNS for action in grant.action.split(", "))
    )
    if not names:
        return _(
            "The policy names no callers: only principals in this account can call, if their "
            "own policies allow it."
        )
    return _("The policy allows these callers: {names}.").format(names=", ".join(names))


def _json_problem(text: str) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"{error}."
    return ""


def invoke_step(function_arn: str, qualifier: str, invocation_type: str, payload: str) -> Step:
    """Invokes the function directly.

    Args:
        function_arn: Without a qualifier.
        qualifier: Alias or version; empty for none.
        invocation_type: "RequestResponse", "Event", "DryRun".
    """
    args = {"function_arn": function_arn, "qualifier": qualifier, "type": invocation_type, "payload": payload}
    name = function_arn.split(":")[6]
    title = _("Invoke {name}").format(name=qualified(name, qualifier))
    return Step(INVOKE, title, "lambda:Invoke", function_arn.split(":")[3], args)


def _invoke(args: Args, running: Running) -> Facts:
    """Invokes the function. Facts: status, function_error, body.

    Raises:
        WorkbenchError: Lambda did not accept the event. An error of the function is a result.
    """
    running_on = running.connection
    running.ctx.check()
    failure = _("Could not invoke {function}.").format(function=args["function_arn"].split(":")[6])
    request = function_request(args["function_arn"], args["qualifier"])
    request |= {"InvocationType": args["type"], "Payload": args["payload"].encode()}
    answer = send_qualified(
        lambda request: running_on.call(
            "lambda", "invoke", failure=failure, retries=False, read_timeout_s=_LONGEST_S, **request
        ),
        request,
    )
    with running_on.translated(failure):
        body = answer["Payload"].read() if "Payload" in answer else b""
    return {
        LOGGED: str(answer.get("ResponseMetadata", {}).get("RequestId") or ""),
        "status": int(answer.get("StatusCode", 0)),
        "function_error": str(answer.get("FunctionError") or ""),
        "body": body[:_SHOWN].decode("utf-8", "replace"),
    }


RUNS: Mapping[str, StepRun] = {INVOKE: Once(_invoke)}

"""Settings of asynchronous invocation: retries, maximum event age, destinations, dead-letter queue.

They are read for every qualifier, checked, and changed by a plan. The dead-letter queue is part of the
function's configuration, so an alias has that of the version it points to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.configure import send_guarded
from workbench.functions.detail import find, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.triggers.model import (
    Finding,
    Findings,
    Fix,
    Severity,
    SourceKind,
    TriggerPlan,
    TriggerSpec,
    Values,
    block,
    function_request,
    qualified,
    steps_fix,
    warn,
)
from workbench.triggers.new_sources import queue_create_step
from workbench.triggers.parameter import (
    Entry,
    Parameter,
    check_values,
    flat,
    number_parameter,
    structured,
    text_parameter,
)
from workbench.triggers.queues import MAX_RETENTION_S
from workbench.triggers.role import check_role, inline_step, read_role
from workbench.triggers.steps import (
    Args,
    Ensure,
    Once,
    Refusal,
    Resource,
    Running,
    State,
    Step,
    StepRun,
    retry_on,
    seen_state,
)

_ASYNC_CONFIG, DEAD_LETTER_CONFIG = "async settings", "dead-letter queue"
RETRIES, AGE = "MaximumRetryAttempts", "MaximumEventAgeInSeconds"
ON_SUCCESS, ON_FAILURE = "DestinationConfig.OnSuccess.Destination", "DestinationConfig.OnFailure.Destination"
NAMES = (RETRIES, AGE, ON_SUCCESS, ON_FAILURE)
DEAD_LETTER = "DeadLetterConfig.TargetArn"
DEFAULT_RETRIES, DEFAULT_AGE_S = 2, 21_600
"""Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html"""
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "sqs": ("sqs:SendMessage",),
    "sns": ("sns:Publish",),
    "lambda": ("lambda:InvokeFunction",),
    "events": ("events:PutEvents",),
    "s3": ("s3:PutObject", "s3:ListBucket"),
}
"""Actions that the execution role needs for a destination. S3 can be a destination of failures only.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
_OBJECT_ACTIONS = ("s3:PutObject",)
"""Actions on the objects of a bucket, not on the bucket itself."""
_FAILED, _MAX_QUEUE_NAME = "-failed-events", 80
_DEFAULTS: Values = {RETRIES: DEFAULT_RETRIES, AGE: DEFAULT_AGE_S}
_NEW_PERMISSION: tuple[Refusal, ...] = (
    ("InvalidParameterValueException", "does not have permissions to call"),
)
"""Refusals while a policy that was just added to the execution role has not propagated."""


@dataclass(frozen=True, slots=True)
class AsyncSettings:
    """The asynchronous settings of a function, an alias or a version.

    Attributes:
        qualifier: Alias or version; empty for the unqualified function.
        values: The settings that are not AWS's defaults, by flat name; destinations are ARNs.
    """

    qualifier: str = ""
    values: Values = field(default_factory=dict)

    @property
    def retries(self) -> int:
        """Retries after a failed attempt."""
        return int(str(self.values.get(RETRIES, DEFAULT_RETRIES)))

    @property
    def age_s(self) -> int:
        """Maximum age of an event."""
        return int(str(self.values.get(AGE, DEFAULT_AGE_S)))

    @property
    def on_failure(self) -> str:
        """ARN of the destination for failed events; empty if there is none."""
        return str(self.values.get(ON_FAILURE) or "")


@dataclass(frozen=True, slots=True)
class PreparedSettings:
    """A change of the settings, with its findings and its plan."""

    findings: Findings
    plan: TriggerPlan

    @property
    def is_blocked(self) -> bool:
        return any(finding.severity is Severity.BLOCK for finding in self.findings)


def list_async_settings(
    connection: Connection, detail: FunctionDetail, ctx: JobContext
) -> tuple[AsyncSettings, ...]:
    """Reads the settings of the function and of those aliases and versions that have any.

    Raises:
        WorkbenchError: The settings may not be read, or AWS was not reached.
    """
    pages = connection.paginate(
        "lambda",
        "list_function_event_invoke_configs",
        ctx=ctx,
        failure=_("Could not read the asynchronous invocation settings of {function_name}.").format(
            function_name=detail.function_name
        ),
        FunctionName=detail.function_name,
    )
    found = (each for page in pages for each in page.get("FunctionEventInvokeConfigs") or ())
    return tuple(_settings_of(each) for each in found)


def read_async_settings(connection: Connection, function_name: str, qualifier: str) -> AsyncSettings:
    """Reads the settings of the function, or of an alias or version. Raises WorkbenchError."""
    failure = _("Could not read the asynchronous invocation settings of {function_name}.").format(
        function_name=function_name
    )
    request = function_request(function_name, qualifier)
    return _settings_of(find(connection, "get_function_event_invoke_config", failure, **request))


def _settings_of(answer: Mapping[str, Any]) -> AsyncSettings:
    """Reads a FunctionEventInvokeConfig."""
    parts = str(answer.get("FunctionArn") or "").split(":")
    qualifier = parts[7] if len(parts) > 7 else ""
    values = {name: value for name, value in flat(answer, NAMES).items() if value != ""}
    return AsyncSettings("" if qualifier == "$LATEST" else qualifier, values)


def parameters(qualifier: str = "") -> tuple[Parameter, ...]:
    """The settings that can be changed, for the function or for one of its aliases or versions."""
    return (
        number_parameter(
            RETRIES,
            _("Retry attempts"),
            DEFAULT_RETRIES,
            help=_(
                "How many times Lambda retries after the function returns an error: after 1 "
                "minute, then after 2 minutes."
            ),
        ),
        number_parameter(
            AGE,
            _("Maximum age of event"),
            DEFAULT_AGE_S,
            unit="s",
            help=_("How long Lambda keeps an event in its queue before it discards it."),
        ),
        text_parameter(
            ON_SUCCESS,
            _("On success"),
            shape="DestinationArn",
            entry=Entry.ARN,
            help=_(
                "A queue, topic, function or event bus that receives a record of each successful invocation."
            ),
        ),
        text_parameter(
            ON_FAILURE,
            _("On failure"),
            shape="DestinationArn",
            entry=Entry.ARN,
            help=_(
                "A queue, topic, function, event bus or bucket that receives a record of each failed event."
            ),
        ),
        *(() if qualifier else (_dead_letter(),)),
    )


def _dead_letter() -> Parameter:
    return text_parameter(
        DEAD_LETTER,
        _("Dead-letter queue"),
        shape="ResourceArn",
        entry=Entry.ARN,
        help=_("A standard queue or topic that also receives failed events, without details of the error."),
    )


def prepare_async_settings(
    connection: Connection, detail: FunctionDetail, before: AsyncSettings, values: Values, ctx: JobContext
) -> PreparedSettings:
    """Checks and plans a change, without changing anything.

    Args:
        before: The settings when they were read; an AsyncSettings without values if there are none.
        values: The new settings. A value that is missing or empty becomes AWS's default; without any value
            the settings are deleted. For the unqualified function they include the dead-letter queue.
    """
    wanted = {name: value for name in NAMES if (value := values.get(name)) not in (None, "")}
    dead_letter = detail.dead_letter_arn if before.qualifier else str(values.get(DEAD_LETTER) or "")
    findings = check_async_settings(detail, before.qualifier, wanted, dead_letter)
    needs = [
        (action, f"{arn}/*" if action in _OBJECT_ACTIONS else arn)
        for arn in (*(str(wanted.get(name, "")) for name in (ON_SUCCESS, ON_FAILURE)), dead_letter)
        for action in _ACTIONS.get(_service(arn), ())
    ]
    if needs and not any(finding.severity is Severity.BLOCK for finding in findings):
        role = read_role(connection, detail, tuple(dict.fromkeys(needs)), ctx)
        findings += check_role(TriggerSpec(SourceKind("direct"), "", detail, before.qualifier), role, "")
    plan = plan_async_settings(detail, before.qualifier, wanted)
    if dead_letter != detail.dead_letter_arn:
        is_same = wanted == {name: value for name, value in before.values.items() if name in NAMES}
        queue = plan_dead_letter(detail, dead_letter)
        plan = queue if is_same else replace(plan, steps=(*plan.steps, *queue.steps))
    return PreparedSettings(findings, plan)


def check_async_settings(
    detail: FunctionDetail, qualifier: str, wanted: Values, dead_letter: str | None = None
) -> Findings:
    """What AWS would refuse, and what would lose or repeat events. Pure.

    Args:
        dead_letter: ARN of the new dead-letter queue; None if it does not change.
    """
    found = list(check_values(parameters(), wanted))
    if dead_letter is None:
        dead_letter = detail.dead_letter_arn
    elif dead_letter:
        found += _dead_letter_target(dead_letter)
    for name, label in ((ON_SUCCESS, "success"), (ON_FAILURE, "failure")):
        if arn := str(wanted.get(name, "")):
            found += _destination(detail, qualifier, name, label, arn)
            if detail.is_durable:
                found.append(
                    block(
                        "ASYNC-DURABLE",
                        _(
                            "A durable function such as {function_name} has no destination for {label}."
                        ).format(function_name=detail.function_name, label=label),
                        _(
                            "Use a dead-letter queue for failed events, and the execution's "
                            "history for results."
                        ),
                    )
                )
    if not wanted.get(ON_FAILURE) and not dead_letter:
        found.append(lost(int(str(wanted.get(RETRIES, DEFAULT_RETRIES)))))
    return tuple(found)


def lost(retries: int, *fixes: Fix) -> Finding:
    """Finding ASYNC-LOSS: nothing keeps events that failed after so many retries."""
    what = _("Failed events are lost.")
    if retries:
        what = _("Events that fail {tries} times are lost.").format(tries=retries + 1)
    why = _("The function has no on-failure destination and no dead-letter queue.")
    return warn("ASYNC-LOSS", what, why, *fixes)


def failure_queue_fixes(detail: FunctionDetail, qualifier: str) -> tuple[Fix, ...]:
    """Creates a queue that keeps the failed events of the function, or of an alias or version. Pure.

    A durable function takes no destination, and a version's dead-letter queue cannot be changed: none then.
    """
    if detail.is_durable and qualifier:
        return ()
    own = Arn.parse(detail.function_arn)
    name = f"{detail.function_name[: _MAX_QUEUE_NAME - len(_FAILED)]}{_FAILED}"
    queue_arn = f"arn:{own.partition}:sqs:{own.region}:{own.account_id}:{name}"
    permission = inline_step(
        TriggerSpec(SourceKind("direct"), "", detail, qualifier, {ON_FAILURE: queue_arn}),
        [(action, queue_arn) for action in _ACTIONS["sqs"]],
    )
    if detail.is_durable:
        title = _("Send failed events to a new dead-letter queue {name}").format(name=name)
        last = plan_dead_letter(detail, queue_arn).steps
    else:
        title = _("Send failed events to a new queue {name}").format(name=name)
        args = {"function_name": detail.function_name, "qualifier": qualifier, "adds": True}
        args["values"] = {ON_FAILURE: queue_arn}
        words = _("Make the queue {name} the on-failure destination of {function}").format(
            name=name, function=qualified(detail.function_name, qualifier)
        )
        call, undo = "lambda:PutFunctionEventInvokeConfig", _("Restore the previous settings")
        last = (Step(_ASYNC_CONFIG, words, call, detail.region, args, undo),)
    return (steps_fix(title, queue_create_step(queue_arn, MAX_RETENTION_S), permission, *last),)


def plan_async_settings(detail: FunctionDetail, qualifier: str, wanted: Values) -> TriggerPlan:
    """A plan that sets these values, or deletes the settings if there are none. Pure."""
    name = qualified(detail.function_name, qualifier)
    if wanted:
        title = _("Change the asynchronous invocation settings of {name}").format(name=name)
        call = "lambda:UpdateFunctionEventInvokeConfig"
    else:
        title = _("Remove the asynchronous invocation settings of {name}").format(name=name)
        call = "lambda:DeleteFunctionEventInvokeConfig"
    args = {"function_name": detail.function_name, "qualifier": qualifier, "values": dict(wanted)}
    step = Step(_ASYNC_CONFIG, title, call, detail.region, args, _("Restore the previous settings"))
    return TriggerPlan(title, detail.function_arn, SourceKind("direct"), (step,))


def plan_dead_letter(detail: FunctionDetail, target: str) -> TriggerPlan:
    """A plan that sets the function's dead-letter queue, or removes it if `target` is empty. Pure."""
    name = detail.function_name
    title = (
        _("Set the dead-letter queue of {name}").format(name=name)
        if target
        else _("Remove the dead-letter queue of {name}").format(name=name)
    )
    args = {"function_name": name, "seen": detail.dead_letter_arn, "target": target}
    call = "lambda:UpdateFunctionConfiguration"
    step = Step(DEAD_LETTER_CONFIG, title, call, detail.region, args, _("Restore the previous setting"))
    return TriggerPlan(title, detail.function_arn, SourceKind("direct"), (step,))


def _dead_letter_target(arn: str) -> Iterator[Finding]:
    # Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    yield from check_values((_dead_letter(),), {DEAD_LETTER: arn})
    if (service := _service(arn)) and service not in ("sqs", "sns"):
        what = _("{arn} cannot be a dead-letter queue.").format(arn=arn)
        yield block("ASYNC-DEST", what, _("It must be a standard queue or topic."))
    yield from _standard(arn, _("A dead-letter queue"))


def _standard(arn: str, noun: str) -> Iterator[Finding]:
    if not arn.endswith(".fifo"):
        return
    what = _("{name} is a FIFO queue or topic.").format(name=arn.rpartition(":")[2])
    yield block("ASYNC-DEST", what, _("{noun} must be a standard queue or topic.").format(noun=noun))


def _destination(
    detail: FunctionDetail, qualifier: str, name: str, label: str, arn: str
) -> Iterator[Finding]:
    own = detail.function_arn
    if arn in (own, f"{own}:{qualifier}", f"{own}:$LATEST"):
        what = _("{function_name} would be its own destination for {label}.").format(
            function_name=detail.function_name, label=label
        )
        yield block("LOOP", what, _("It would invoke itself in an endless loop."))
        return
    service = _service(arn)
    if service == "s3" and name == ON_SUCCESS:
        why = _("A bucket can only be an on-failure destination.")
        yield block("ASYNC-DEST", _("A bucket cannot be an on-success destination."), why)
    elif service and service not in _ACTIONS:
        what = _("{arn} cannot be a destination.").format(arn=arn)
        why = _("Supported destinations: {names}.").format(names=", ".join(_ACTIONS))
        yield warn("ASYNC-DEST", what, why)
    yield from _standard(arn, _("A destination of asynchronous invocations"))


def _service(arn: str) -> str:
    try:
        return Arn.parse(arn).service
    except ValueError:
        return ""


def _configure(args: Args, running: Running) -> Facts:
    before = dict(read_async_settings(running.connection, args["function_name"], args["qualifier"]).values)
    wanted: Values = {**before, **args["values"]} if args.get("adds") else args["values"]
    if _effective(before) == _effective(wanted):
        return {"before": before, "after": before}
    facts = {"before": before, "after": dict(wanted)}
    running.note(facts)
    retry_on(lambda: _set_config(running.connection, args, before, wanted), running, _NEW_PERMISSION)
    return facts


def _configure_back(args: Args, facts: Facts, running: Running) -> None:
    """Restores the earlier settings, unless somebody changed them after this step."""
    before, after = facts.get("before"), facts.get("after")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping) or before == after:
        return
    now = dict(read_async_settings(running.connection, args["function_name"], args["qualifier"]).values)
    earlier, later, latest = _effective(before), _effective(after), _effective(now)
    target = dict(now)
    for name in NAMES:
        if earlier[name] != later[name] == latest[name]:
            target.pop(name, None)
            target |= {name: before[name]} if name in before else {}
    if not before and _effective(target) == _effective({}):
        target = {}  # there were no settings: AWS's defaults need not be written
    if target != now:
        _set_config(running.connection, args, now, target)


def _set_config(connection: Connection, args: Args, now: Values, wanted: Values) -> None:
    """Sends the new settings with Update, Put or DeleteFunctionEventInvokeConfig.

    Update keeps members that are not sent and Put does not, so Put is used only if there are no settings yet,
    or if a member must be removed.
    """
    name = args["function_name"]
    failure = _("Could not change the asynchronous invocation settings of {name}.").format(name=name)
    if not wanted:
        find(connection, "delete_function_event_invoke_config", failure, **_subject(args))
        return
    there, target = _effective(now), _effective(wanted)
    goes = [name for name in now if name not in wanted and there[name] != target[name]]
    if now and not goes:
        changed = [name for name in wanted if there[name] != target[name]]
        method, values = "update_function_event_invoke_config", structured(wanted, changed)
        # A structure replaces the stored one as a whole, so both destinations are sent.
        if "DestinationConfig" in values:
            values |= structured(wanted, [each for each in wanted if each.startswith("DestinationConfig.")])
    else:
        method, values = "put_function_event_invoke_config", structured(wanted, wanted)
    connection.call("lambda", method, failure=failure, **_subject(args), **values)


def _effective(values: Values) -> dict[str, object]:
    """Fills in AWS's defaults, which some answers contain and others leave out."""
    return {name: values.get(name, _DEFAULTS.get(name, "")) for name in NAMES}


def _subject(args: Mapping[str, Any]) -> dict[str, Any]:
    return function_request(args["function_name"], args["qualifier"])


def _read_dead_letter(args: Args, running: Running) -> str:
    return _now(args, running).dead_letter_arn


def _wanted_dead_letter(args: Args, _running: Running, present: State) -> str:
    """Raises WorkbenchError if somebody else has changed the queue in the meantime."""
    if present not in (seen_state(args), args["target"]):
        raise WorkbenchError(
            _("The dead-letter queue of {function_name} was not changed.").format(
                function_name=args["function_name"]
            ),
            _("It was changed to “{dead_letter_arn}” in the meantime.").format(dead_letter_arn=present),
            _("Check the current setting, then decide."),
            action="function.refresh",
        )
    return str(args["target"])


def _put_dead_letter(args: Args, running: Running, target: State, _present: State) -> None:
    """Sets it with UpdateFunctionConfiguration."""
    retry_on(lambda: _set_dead_letter(_now(args, running), target, running), running, _NEW_PERMISSION)


def _now(args: Args, running: Running) -> FunctionDetail:
    return wait_until_updated(running.connection, str(args["function_name"]), running.ctx)


def _set_dead_letter(now: FunctionDetail, target: str, running: Running) -> None:
    send_guarded(
        running.connection,
        now,
        lambda there: {} if there.dead_letter_arn == target else {"DeadLetterConfig": {"TargetArn": target}},
        running.ctx,
    )


RUNS: Mapping[str, StepRun] = {
    _ASYNC_CONFIG: Once(_configure, _configure_back),
    DEAD_LETTER_CONFIG: Ensure(
        Resource(_read_dead_letter, _put_dead_letter), _wanted_dead_letter, planned=True
    ),
}

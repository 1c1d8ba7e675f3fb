"""Whether a source may invoke a function of another region, account or partition. Pure.

Each kind of source has its own rules (`Source.rule`).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import LATEST
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import GONE, get_function
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import Policy
from workbench.functions.versions import list_aliases, list_versions
from workbench.triggers.async_settings import AsyncSettings, failure_queue_fixes, lost, read_async_settings
from workbench.triggers.grants import check_grants, parse_policy, read_policy, revoke_steps
from workbench.triggers.kinds.http_api import HTTP_API_DELETE
from workbench.triggers.kinds.mapping import MappingSource
from workbench.triggers.kinds.source import Source
from workbench.triggers.kinds.table import RULES, SOURCES
from workbench.triggers.mappings import name_of, part_of, part_of_values, trigger_of
from workbench.triggers.model import (
    Finding,
    Findings,
    Fix,
    FixKind,
    Grant,
    Location,
    Model,
    ObservedFunction,
    ObservedRole,
    Rule,
    Severity,
    SourceKind,
    Steps,
    Trigger,
    TriggerPlan,
    TriggerSpec,
    Verdict,
    block,
    notice,
    open_fix,
    policy_fix,
    qualified,
    region_fixes,
    warn,
)
from workbench.triggers.role import Needs, check_role, delete_step, detach_step, inline_name, read_role
from workbench.triggers.steps import Step
from workbench.triggers.steps.rest_api import REST_API_DELETE

PARTITION, REGION, _REGION_OK, ACCOUNT = "GEN-PARTITION", "GEN-REGION", "GEN-REGION-OK", "GEN-ACCOUNT"
_SEVERITIES = {Verdict.WARN: Severity.WARN, Verdict.BLOCK: Severity.BLOCK}
_NAMES = {
    "aws": "AWS's commercial Regions",
    "aws-cn": "AWS China Regions",
    "aws-us-gov": "AWS GovCloud (US)",
    "aws-eusc": "the AWS European Sovereign Cloud",
}


def check_locations(
    kind: SourceKind, source: Location, function: Location, source_arn: str = "", role_arn: str = ""
) -> Findings:
    """Compares partition, region and account, in this order; stops at the first mismatch that blocks.

    Args:
        source: The source's location; empty where unknown.
        source_arn: For the texts and the policy to copy.
        role_arn: The execution role, for the policy to copy.

    Returns:
        Empty if the locations are compatible.
    """
    if source == function:
        return ()
    rule = RULES[kind]
    called = SOURCES[kind].resource_name(source_arn) if source_arn else ""
    name = f"the {rule.noun} {called}".strip()
    if source.partition != function.partition:
        return (_partition(name, source, function),)
    found = []
    if source.region != function.region:
        finding = _region(rule, name, source, function)
        if finding.severity is Severity.BLOCK:
            return (finding,)
        found.append(finding)
    if source.account_id and source.account_id != function.account_id:
        found.append(_account(rule, name, source, function, source_arn, role_arn))
    return tuple(found)


def _start(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _partition(name: str, source: Location, function: Location) -> Finding:
    here, there = (_NAMES.get(location.partition, location.partition) for location in (function, source))
    return block(
        PARTITION,
        _("{name} is in {there}; the function is in {here}.").format(
            name=_start(name), there=there, here=here
        ),
        _("AWS partitions do not share accounts or networks, so a trigger cannot connect them."),
    )


def _region(rule: Rule, name: str, source: Location, function: Location) -> Finding:
    if not source.region:
        return warn(
            REGION,
            _("Could not determine the region of {name}.").format(name=name),
            _("The function is in {region}; AWS rejects a source in another region.").format(
                region=function.region
            ),
        )
    what = _("{name} is in {region}; the function is in {function_region}.").format(
        name=_start(name), region=source.region, function_region=function.region
    )
    if rule.region is Verdict.ALLOW:
        why = _("This source can invoke functions in another region. Cross-region events add latency.")
        return notice(_REGION_OK, what, why)
    if rule.region is Verdict.WARN:
        why = _(
            "AWS does not document whether this works across regions. Workbench will show AWS's response."
        )
        return warn(REGION, what, why)
    return block(REGION, what, rule.why_same_region, *_fixes(rule.hop, source.region))


def _fixes(hop: SourceKind | None, region: str) -> tuple[Fix, ...]:
    if hop is None:
        return region_fixes(region)
    title = _("Forward through a {noun} in {region}").format(noun=RULES[hop].noun, region=region)
    return (*region_fixes(region), Fix(FixKind.OTHER_SOURCE, title, region=region, source_kind=hop))


def _account(
    rule: Rule, name: str, source: Location, function: Location, source_arn: str, role_arn: str
) -> Finding:
    what = _("{name} belongs to account {account_id}; the function belongs to {function_account}.").format(
        name=_start(name), account_id=source.account_id, function_account=function.account_id
    )
    if rule.account is Verdict.BLOCK:
        return block(
            ACCOUNT, what, _("{title} cannot invoke functions in other accounts.").format(title=rule.title)
        )
    if rule.account is Verdict.WARN:
        why = _(
            "AWS does not document whether this works across accounts. Workbench will show AWS's response."
        )
        return warn(ACCOUNT, what, why)
    if not rule.account_actions:
        why = _("This source can invoke functions in another account if that account's owner allows it.")
        return notice(ACCOUNT, what, why)
    policy = _source_policy(rule, source_arn, role_arn)
    return notice(
        ACCOUNT,
        what,
        _("The owner of the {noun} must allow the function's execution role to read it.").format(
            noun=rule.noun
        ),
        policy_fix(_("Show the policy for the {noun}").format(noun=rule.noun), policy),
    )


def _source_policy(rule: Rule, source_arn: str, role_arn: str) -> str:
    """The statement that the source's owner must add to its resource policy."""
    statement = {
        "Sid": "LambdaReads",
        "Effect": "Allow",
        "Principal": {"AWS": role_arn},
        "Action": list(rule.account_actions),
        "Resource": source_arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


_WORKING_STATES = ("Active", "Inactive", "")
_STATES = {
    "Pending": _("AWS is still preparing it. Wait until it is active."),
    "Failed": _("AWS could not prepare it. Correct its configuration or deploy its code again."),
    "Deactivating": _("AWS is removing its capacity. It cannot be invoked until it is active again."),
    "Deactivated": _(
        "It has no capacity. Publish a version, or activate it again, before you add a trigger."
    ),
    "ActiveNonInvocable": _("Its code is ready, but it cannot be invoked. Publish a version first."),
    "Deleting": _("It is being deleted."),
}
"""What each state means, for AWS answers without a reason.
Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"""
_THROTTLED = _("All invocations are throttled until you raise it on the Configuration tab.")
_THROTTLED_EVENTS = _(
    "{throttled} Until then, new events go to the function's dead-letter queue or on-failure "
    "destination. Without one, they are lost."
).format(throttled=_THROTTLED)
_TENANT_SOURCES = (SourceKind("rest-api"), SourceKind("direct"), SourceKind("other"))
"""Sources that can pass a tenant ID.
Source: https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke.html"""
_NOTHING_TO_CHOOSE = _("Publish a version of it first, then choose that version or an alias of it.")
_MAX_QUALIFIERS = 3
"""Aliases and versions that are offered as buttons; the form has all of them."""
_LAST = (HTTP_API_DELETE, REST_API_DELETE)


def check_function(spec: TriggerSpec, function: ObservedFunction) -> Findings:
    """Checks FN-STATE, -CONC0, -QUALIFIER, -DURABLE, -TENANT and -LATEST, ASYNC-LOSS, LOOP and ESM-DUP."""
    found = [*_qualifier(spec, function), *_tenant(spec), *_state(function), *_loss(spec, function)]
    if function.detail.reserved_concurrency == 0:
        found.append(
            warn(
                "FN-CONC0",
                _("{function_name} is stopped: its reserved concurrency is 0.").format(
                    function_name=function.detail.function_name
                ),
                _what_becomes_of_events(spec.kind),
            )
        )
    found += [
        block(
            "ESM-DUP",
            _("The {noun} {name} already invokes this function ({state}).").format(
                noun=RULES[spec.kind].noun, name=each.name, state=each.state
            ),
            _("AWS allows one event source mapping for each source and function."),
            open_fix(each.identity),
        )
        for each in function.mappings
    ]
    return tuple(found)


def _qualifier(spec: TriggerSpec, function: ObservedFunction) -> Iterator[Finding]:
    name = spec.function.function_name
    if not function.qualifier_exists:
        yield block(
            "FN-QUALIFIER",
            _("{name} has no alias or version “{qualifier}”.").format(name=name, qualifier=spec.qualifier),
            _("Choose an alias or version that exists."),
        )
        return
    if spec.qualifier in ("", "$LATEST") and spec.function.is_durable:
        yield block(
            "FN-DURABLE",
            _("{name} is a durable function, which a trigger cannot invoke by its name alone.").format(
                name=name
            ),
            sentences(
                _("AWS refuses each event."),
                _("Choose an alias or a published version.") if function.qualifiers else _NOTHING_TO_CHOOSE,
            ),
            *(
                Fix(
                    FixKind.QUALIFIER,
                    _("Use the {kind} {name}").format(kind=_kind_of(each), name=each),
                    text=each,
                )
                for each in function.qualifiers[:_MAX_QUALIFIERS]
            ),
        )
        return
    if spec.qualifier in ("", "$LATEST") and spec.is_production:
        yield warn(
            "FN-LATEST",
            _("The trigger invokes whatever was last deployed to {name}.").format(name=name),
            _("In production, use an alias so that code you have not released does not receive real events."),
        )


def _what_becomes_of_events(kind: SourceKind) -> str:
    """Of a function that is stopped.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html and
        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    if SOURCES[kind].throttled:
        return f"{_THROTTLED} {SOURCES[kind].throttled}"
    return _THROTTLED_EVENTS if RULES[kind].model is Model.PUSH_ASYNC else _THROTTLED


def _kind_of(qualifier: str) -> str:
    return "version" if qualifier.isdecimal() else "alias"


def _tenant(spec: TriggerSpec) -> Iterator[Finding]:
    if not spec.function.has_tenants:
        return
    name = spec.function.function_name
    if spec.kind not in _TENANT_SOURCES:
        yield block(
            "FN-TENANT",
            _("{name} separates its tenants, and the {noun} cannot give a tenant ID.").format(
                name=name, noun=RULES[spec.kind].noun
            ),
            _("AWS refuses each event. Use a REST API, or invoke the function with a tenant ID."),
        )
        return
    if spec.kind == SourceKind("rest-api"):
        yield warn(
            "FN-TENANT",
            _("{name} separates its tenants, so each request needs a tenant ID.").format(name=name),
            _(
                "Map a header, a query parameter or a part of the path to the header X-Amz-Tenant-Id in the "
                "API's integration."
            ),
        )


def _state(function: ObservedFunction) -> Iterator[Finding]:
    detail = function.detail
    name = detail.function_name
    # On managed instances $LATEST stays in this state, and the published version is invoked.
    rests = detail.state == "ActiveNonInvocable" and detail.is_managed
    if detail.state not in _WORKING_STATES and not rests:
        severity = Severity.WARN if detail.state == "Pending" else Severity.BLOCK
        what = _("{name} is {state}.").format(name=name, state=detail.state)
        why = detail.state_reason or _STATES.get(detail.state, "It cannot process events now.")
        yield Finding("FN-STATE", severity, what, why)
        return
    if detail.last_update_status in ("InProgress", "Failed"):
        what = _("The last update of {name} has the status {last_update_status}.").format(
            name=name, last_update_status=detail.last_update_status
        )
        yield warn("FN-STATE", what, detail.last_update_status_reason)


def _loss(spec: TriggerSpec, function: ObservedFunction) -> Iterator[Finding]:
    if RULES[spec.kind].model is Model.PUSH_ASYNC and function.failure_arns == ():
        yield lost(function.async_retries, *failure_queue_fixes(spec.function, spec.qualifier))
    if spec.source_arn and spec.source_arn in (function.failure_arns or ()):
        yield block(
            "LOOP",
            _("The {noun} would feed itself: failed events of the function are sent to it.").format(
                noun=RULES[spec.kind].noun
            ),
            _("Each failure would invoke the function again in an endless loop."),
        )


def observe_function(
    connection: Connection, spec: TriggerSpec, needs: Needs, ctx: JobContext
) -> ObservedFunction:
    """Reads the function, its policy for the qualifier, its role, and its mappings for the same source.

    Args:
        needs: What the source needs of the execution role; if empty, IAM is not asked.

    Raises:
        WorkbenchError: The function does not exist or may not be read. Other parts become unknown.
    """
    name, qualifier = spec.function.function_name, spec.qualifier
    exists = True
    try:
        detail = get_function(connection, name, qualifier, ctx)
    except WorkbenchError as error:
        if error.aws_code != GONE or not qualifier:
            raise
        exists, detail = False, get_function(connection, name, "", ctx)
    ctx.check()
    grants, policy_bytes = _policy(connection, name, qualifier if exists else "")
    ctx.check()
    settings, failure_arns = _asynchronous(connection, detail, qualifier if exists else "")
    mappings = _same_source(connection, spec, ctx)
    names_needed = detail.is_durable and qualifier in ("", LATEST)
    qualifiers = _qualifiers(connection, name, ctx) if names_needed else ()
    return ObservedFunction(
        detail,
        exists,
        grants,
        policy_bytes,
        read_role(connection, detail, needs, ctx) if needs else ObservedRole(),
        mappings,
        failure_arns,
        settings.retries,
        settings.age_s,
        qualifiers,
    )


def _qualifiers(connection: Connection, name: str, ctx: JobContext) -> tuple[str, ...]:
    """What a trigger of a durable function may name: its aliases, and its versions, newest first."""
    silent = ctx.muted()
    try:
        aliases = [alias.name for alias in list_aliases(connection, name, silent)]
        versions = [each.version for each in list_versions(connection, name, silent)]
    except WorkbenchError:
        return ()
    return (*aliases, *(each for each in versions if each.isdecimal()))


def _policy(connection: Connection, name: str, qualifier: str) -> tuple[tuple[Grant, ...] | None, int]:
    """The grants for the qualifier, and the size of its policy; None if it may not be read."""
    grants: list[Grant] = []
    size = 0
    for each in dict.fromkeys((qualifier, "")):
        try:
            text, __ = read_policy(connection, name, each)
        except WorkbenchError:
            return None, 0
        grants += parse_policy(text, name) if text else ()
        size = len(text.encode()) if each == qualifier else size
    return tuple(grants), size


def _asynchronous(
    connection: Connection, detail: FunctionDetail, qualifier: str
) -> tuple[AsyncSettings, tuple[str, ...] | None]:
    """The settings of asynchronous invocation, and the destinations of failed events; None if unknown."""
    try:
        settings = read_async_settings(connection, detail.function_name, qualifier)
    except WorkbenchError:
        return AsyncSettings(), (detail.dead_letter_arn,) if detail.dead_letter_arn else None
    return settings, tuple(arn for arn in (settings.on_failure, detail.dead_letter_arn) if arn)


def _same_source(connection: Connection, spec: TriggerSpec, ctx: JobContext) -> tuple[Trigger, ...]:
    """Mappings from this part of the source to this function: AWS refuses a second one."""
    source = SOURCES[spec.kind]
    if not isinstance(source, MappingSource):
        return ()
    has_arn = spec.source_arn.startswith("arn:")
    by_source = {"EventSourceArn": spec.source_arn} if has_arn else {"FunctionName": spec.target_arn}
    pages = connection.paginate(
        "lambda",
        "list_event_source_mappings",
        ctx=ctx,
        failure=_("Could not list the event source mappings."),
        **by_source,
    )
    part = part_of_values(spec.values)
    try:
        return tuple(
            trigger_of(each, spec.kind)
            for page in pages
            for each in page.get("EventSourceMappings") or ()
            if each.get("FunctionArn") == spec.target_arn
            and part_of(each) == part
            and source.is_read_by(each)
        )
    except WorkbenchError:
        return ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """The findings before a change, and the steps that would be made.

    Attributes:
        location: The source's location.
        findings: The results of all checks, blocks first.
        own_steps: The source's steps.
        title: The plan's title.
        new_steps: The steps that create the source, before all others.
    """

    spec: TriggerSpec
    location: Location
    findings: Findings
    own_steps: Steps
    title: str
    new_steps: Steps = ()

    @property
    def standard_fixes(self) -> tuple[Fix, ...]:
        """The fixes that are part of the plan unless the user removes them."""
        return tuple(fix for finding in self.findings for fix in finding.fixes if fix.is_standard)

    def blocks(self, accepted: Iterable[Fix] = ()) -> Findings:
        """The findings that still block once these fixes are accepted."""
        chosen = tuple(accepted)
        return tuple(
            finding
            for finding in self.findings
            if finding.severity is Severity.BLOCK and not any(fix in chosen for fix in finding.fixes)
        )

    def plan(self, accepted: Sequence[Fix]) -> TriggerPlan:
        """The plan: creation of a new source, steps of the accepted fixes, then the source's own steps.

        Args:
            accepted: Fixes of the findings; start with `standard_fixes`.

        Raises:
            ValueError: A finding still blocks.
        """
        if self.blocks(accepted):
            raise ValueError("a blocked wiring has no plan")
        fixing = [step for fix in accepted if fix.kind is FixKind.STEPS for step in fix.steps]
        arn = self.spec.function.function_arn
        steps = (*self.new_steps, *_each_once(fixing), *self.own_steps)
        return TriggerPlan(self.title, arn, self.spec.kind, steps)


def prepare(connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Prepared:
    """Reads, checks and plans a new trigger.

    Raises:
        WorkbenchError: Source or function does not exist or may not be read.
    """
    source = SOURCES[spec.kind]
    arn = spec.source_arn  # the name of a stream ends with a time
    is_pulled = RULES[spec.kind].model is Model.PULL
    noun = (name_of(arn) if is_pulled else arn.rpartition(":")[2].removeprefix("rule/")) or source.title
    title = _("Connect {noun} to {function_name}").format(
        noun=noun, function_name=spec.function.function_name
    )
    return _prepare(connection, source, spec, ctx, title, None)


def prepare_update(connection: Connection, trigger: Trigger, spec: TriggerSpec, ctx: JobContext) -> Prepared:
    """Reads, checks and plans a change of a trigger's parameters. Raises as `prepare` does."""
    title = _("Change the trigger {name} of {function_name}").format(
        name=trigger.name, function_name=spec.function.function_name
    )
    source = SOURCES[spec.kind]
    settable = {each.name for each in source.parameters(spec) if not each.create_only}
    known = {name: value for name, value in trigger.values.items() if name not in settable}
    spec = replace(spec, values={**known, **spec.values}, identity=trigger.identity)
    return _prepare(connection, source, spec, ctx, title, trigger)


def _prepare(
    connection: Connection,
    source: Source[Any],
    spec: TriggerSpec,
    ctx: JobContext,
    title: str,
    existing: Trigger | None,
) -> Prepared:
    function_location = Location.of(spec.function.function_arn)
    new = source.new_resource if spec.is_new and spec.source_arn else None
    location = source.location(connection, spec, ctx) if new is None else function_location
    taken = new.check(connection, spec) if new is not None else ()
    if any(finding.severity is Severity.BLOCK for finding in taken):
        return Prepared(spec, location, taken, (), title)
    findings = check_locations(
        spec.kind, location, function_location, spec.source_arn, spec.function.role_arn
    )
    if any(finding.severity is Severity.BLOCK for finding in findings):
        return Prepared(spec, location, (*findings, *source.cross_region_findings(spec, location)), (), title)
    there = connection.in_region(location.region or connection.region)
    ctx.progress(0, 2, _("Reading {title}").format(title=source.title))
    try:
        observed = source.observe(there, spec, ctx)
    except WorkbenchError as error:
        if not any(finding.check_id == ACCOUNT for finding in findings):
            raise
        unread = (_unread(source, location, error), *findings)  # includes the policy that the owner must add
        return Prepared(spec, location, unread, (), title)
    ctx.progress(1, 2, _("Reading the function"))
    function = observe_function(connection, spec, source.role_actions(spec, observed), ctx)
    if existing is not None:  # a trigger is no duplicate of itself
        others = tuple(each for each in function.mappings if each.identity != existing.identity)
        function = replace(function, mappings=others)
    findings += (
        *taken,
        *source.check(spec, observed, function),
        *check_grants(spec, source.grants(spec, observed), function),
        *check_role(spec, function.role, source.managed_policy),
        *check_function(spec, function),
    )
    created = (new.step(spec.source_arn, spec),) if new is not None else ()
    steps = source.plan(spec, observed)
    if existing is not None:
        steps = source.update(existing, spec, observed)
    return Prepared(spec, location, tuple(sorted(findings, key=_by_severity)), steps, title, created)


def plan_removal(
    function: FunctionDetail,
    trigger: Trigger,
    others: Iterable[Trigger] = (),
    policies: Sequence[Policy] = (),
) -> TriggerPlan:
    """A plan that removes a trigger at its source, then the grants and our policies that no other one needs.

    An API of ours is deleted last: its address cannot be restored, so nothing may fail afterwards.

    Args:
        others: The function's other triggers.
        policies: The policies of the execution role, as far as they could be read.
    """
    rest = [other for other in others if other != trigger]
    needed = [grant for other in rest for grant in other.grants]
    grants = [grant for grant in trigger.grants if grant not in needed and not grant.denies]
    removal = SOURCES[trigger.kind].remove(trigger)
    steps = (
        *(step for step in removal if step.action not in _LAST),
        *revoke_steps(function.function_arn, grants),
        *own_policy_steps(function, trigger, rest, policies),
        *(step for step in removal if step.action in _LAST),
    )
    return TriggerPlan(
        _("Remove {name} from {function_name}").format(
            name=trigger.name, function_name=function.function_name
        ),
        function.function_arn,
        trigger.kind,
        steps,
    )


def plan_pause(function: FunctionDetail, trigger: Trigger) -> TriggerPlan:
    """A plan that pauses a trigger; without steps if AWS cannot do that."""
    title = _("Pause {name}").format(name=trigger.name)
    return TriggerPlan(title, function.function_arn, trigger.kind, SOURCES[trigger.kind].pause(trigger))


def plan_resume(function: FunctionDetail, trigger: Trigger) -> TriggerPlan:
    """A plan that resumes a trigger."""
    title = _("Resume {name}").format(name=trigger.name)
    return TriggerPlan(title, function.function_arn, trigger.kind, SOURCES[trigger.kind].resume(trigger))


def _unread(source: Source[Any], location: Location, error: WorkbenchError) -> Finding:
    """The finding for a resource of another account that cannot be checked until its owner allows it."""
    noun = RULES[source.kind].noun
    return block(
        ACCOUNT,
        _("The {noun} in account {account_id} could not be read, so nothing can be checked.").format(
            noun=noun, account_id=location.account_id
        ),
        _("Its owner must allow you to read it, in addition to what the function's execution role needs."),
        aws=" ".join(part for part in (error.aws_code, error.why) if part),
    )


def _each_once(steps: Iterable[Step]) -> list[Step]:
    """Removes duplicates: two findings may have the same fix."""
    found: list[Step] = []
    for step in steps:
        if step not in found:
            found.append(step)
    return found


def _by_severity(finding: Finding) -> int:
    return (Severity.BLOCK, Severity.WARN, Severity.NOTICE).index(finding.severity)


def own_policy_steps(
    function: FunctionDetail, trigger: Trigger, others: Iterable[Trigger], policies: Sequence[Policy]
) -> Steps:
    """Deletes the inline policies that Workbench added for this trigger and no other.

    Args:
        others: The function's other triggers.
        policies: The policies of the execution role, as far as they could be read.
    """
    needed = {name for other in others for name in _names(function, other)}
    own = _names(function, trigger) - needed
    return tuple(
        delete_step(function, policy.name) for policy in policies if not policy.arn and policy.name in own
    )


def offered_step(
    function: FunctionDetail, trigger: Trigger, others: Iterable[Trigger], policies: Sequence[Policy]
) -> Step | None:
    """Detaches the managed policy with which Lambda reads such sources; None if it is needed or not attached.

    Takes the arguments of `own_policy_steps`.
    """
    wanted = _managed(trigger.kind)
    if not wanted or any(_managed(other.kind) == wanted for other in others):
        return None
    ending = f"::aws:policy/service-role/{wanted}"
    attached = next((each for each in policies if each.arn.endswith(ending)), None)
    return detach_step(function, attached.arn) if attached is not None else None


def _managed(kind: SourceKind) -> str:
    """The managed policy of sources that Lambda polls; push sources need nothing of the role."""
    return SOURCES[kind].managed_policy if kind in SOURCES and RULES[kind].model is Model.PULL else ""


def _names(function: FunctionDetail, trigger: Trigger) -> set[str]:
    """The inline policy names for each ARN of the source; empty for an unknown kind."""
    source_arns = SOURCES[trigger.kind].arns_of(trigger.source_arn) if trigger.kind in SOURCES else ()
    target = qualified(function.function_arn, trigger.qualifier)
    return {inline_name(trigger.kind, each, target, trigger.values) for each in source_arns}

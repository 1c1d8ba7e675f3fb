"""The checks that all sources share, about the function and the link itself. Pure."""

from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import FunctionSeen, SourceKind, Wiring
from workbench.triggers.rules import RULES, Model

_WORKING_STATES = ("Active", "Inactive", "")
_STATES = {
    "Pending": "AWS is still preparing it. Wait until it is active.",
    "Failed": "AWS could not prepare it. Correct its configuration or deploy its code again.",
    "Deactivating": "AWS is removing its capacity. It cannot be invoked until it is active again.",
    "Deactivated": "It has no capacity. Publish a version, or activate it again, before you add a trigger.",
    "ActiveNonInvocable": "Its code is ready, but it cannot be invoked. Publish a version first.",
    "Deleting": "It is being deleted.",
}
"""State -> what it means, where AWS gives no reason.
Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"""
_THROTTLED = "All invocations are throttled until you raise it on the Configuration tab."
_THROTTLED_QUEUE = (
    f"{_THROTTLED} Until then, messages are received and throttled. They can go to the dead-letter queue."
)
_THROTTLED_EVENTS = (
    f"{_THROTTLED} Until then, new events go to the function's dead-letter queue or on-failure destination. "
    "Without one, they are lost."
)
_TENANT_SOURCES = (SourceKind.REST_API, SourceKind.DIRECT, SourceKind.OTHER)
"""What can give a tenant ID.
Source: https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke.html"""


_NOTHING_TO_CHOOSE = "Publish a version of it first, then choose that version or an alias of it."
_MAX_QUALIFIERS = 3
"""Aliases and versions offered on buttons: all of them are in the form."""


def check_function(wiring: Wiring, function: FunctionSeen) -> tuple[Finding, ...]:
    """Checks FN-STATE, -CONC0, -QUALIFIER, -DURABLE, -TENANT and -LATEST, ASYNC-LOSS, LOOP and ESM-DUP."""
    found = [
        *_qualifier(wiring, function),
        *_tenant(wiring),
        *_state(function),
        *_loss(wiring, function),
    ]
    if function.detail.reserved_concurrency == 0:
        found.append(
            Finding(
                "FN-CONC0",
                Severity.WARN,
                f"{function.detail.function_name} is stopped: its reserved concurrency is 0.",
                _what_becomes_of_events(wiring.kind),
            )
        )
    found += [
        Finding(
            "ESM-DUP",
            Severity.BLOCK,
            f"The {RULES[wiring.kind].noun} {each.name} already invokes this function ({each.state}).",
            "AWS allows one event source mapping for each source and function.",
            (Fix(FixKind.OPEN_EXISTING, "Open the existing trigger", text=each.identity),),
        )
        for each in function.mappings
    ]
    return tuple(found)


def _qualifier(wiring: Wiring, function: FunctionSeen) -> list[Finding]:
    name = wiring.function.function_name
    if not function.qualifier_exists:
        return [
            Finding(
                "FN-QUALIFIER",
                Severity.BLOCK,
                f"{name} has no alias or version “{wiring.qualifier}”.",
                "Choose an alias or version that exists.",
            )
        ]
    if wiring.qualifier in ("", "$LATEST") and wiring.function.is_durable:
        return [
            Finding(
                "FN-DURABLE",
                Severity.BLOCK,
                f"{name} is a durable function, which a trigger cannot invoke by its name alone.",
                "AWS refuses each event. "
                + ("Choose an alias or a published version." if function.qualifiers else _NOTHING_TO_CHOOSE),
                tuple(
                    Fix(FixKind.QUALIFIER, f"Use the {_kind_of(each)} {each}", text=each)
                    for each in function.qualifiers[:_MAX_QUALIFIERS]
                ),
            )
        ]
    if wiring.qualifier in ("", "$LATEST") and wiring.is_production:
        return [
            Finding(
                "FN-LATEST",
                Severity.WARN,
                f"The trigger invokes whatever was last deployed to {name}.",
                "In production, use an alias so that code you have not released does not receive "
                "real events.",
            )
        ]
    return []


def _what_becomes_of_events(kind: SourceKind) -> str:
    """Of a function that is stopped.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html and
        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    if kind is SourceKind.SQS:
        return _THROTTLED_QUEUE
    return _THROTTLED_EVENTS if RULES[kind].model is Model.PUSH_ASYNC else _THROTTLED


def _kind_of(qualifier: str) -> str:
    return "version" if qualifier.isdecimal() else "alias"


def _tenant(wiring: Wiring) -> list[Finding]:
    if not wiring.function.has_tenants:
        return []
    name = wiring.function.function_name
    if wiring.kind not in _TENANT_SOURCES:
        return [
            Finding(
                "FN-TENANT",
                Severity.BLOCK,
                f"{name} separates its tenants, and the {RULES[wiring.kind].noun} cannot give a tenant ID.",
                "AWS refuses each event. Use a REST API, or invoke the function with a tenant ID.",
            )
        ]
    if wiring.kind is SourceKind.REST_API:
        return [
            Finding(
                "FN-TENANT",
                Severity.WARN,
                f"{name} separates its tenants, so each request needs a tenant ID.",
                "Map a header, a query parameter or a part of the path to the header X-Amz-Tenant-Id in the "
                "API's integration.",
            )
        ]
    return []


def _state(function: FunctionSeen) -> list[Finding]:
    detail = function.detail
    name = detail.function_name
    # On managed instances, $LATEST rests in this state: what is invoked is the published version.
    rests = detail.state == "ActiveNonInvocable" and detail.is_managed
    if detail.state not in _WORKING_STATES and not rests:
        severity = Severity.WARN if detail.state == "Pending" else Severity.BLOCK
        what = f"{name} is {detail.state}."
        why = detail.state_reason or _STATES.get(detail.state, "It cannot process events now.")
        return [Finding("FN-STATE", severity, what, why)]
    if detail.last_update_status in ("InProgress", "Failed"):
        what = f"The last update of {name} has the status {detail.last_update_status}."
        return [Finding("FN-STATE", Severity.WARN, what, detail.last_update_status_reason)]
    return []


def _loss(wiring: Wiring, function: FunctionSeen) -> list[Finding]:
    found = []
    if RULES[wiring.kind].model is Model.PUSH_ASYNC and function.failure_arns == ():
        tries = function.async_retries + 1
        found.append(
            Finding(
                "ASYNC-LOSS",
                Severity.WARN,
                f"Events that fail {tries} times are lost." if tries > 1 else "Failed events are lost.",
                "The function has no on-failure destination and no dead-letter queue.",
            )
        )
    if wiring.source_arn and wiring.source_arn in (function.failure_arns or ()):
        found.append(
            Finding(
                "LOOP",
                Severity.BLOCK,
                f"The {RULES[wiring.kind].noun} would feed itself: failed events of the function "
                "are sent to it.",
                "Each failure would invoke the function again in an endless loop.",
            )
        )
    return found

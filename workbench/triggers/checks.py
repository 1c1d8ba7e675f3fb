"""The checks that all sources share, about the function and the link itself. Pure."""

from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import FunctionSeen, Wiring
from workbench.triggers.rules import RULES, Model

_WORKING_STATES = ("Active", "Inactive", "")


def check_function(wiring: Wiring, function: FunctionSeen) -> tuple[Finding, ...]:
    """Checks FN-STATE, FN-CONC0, FN-QUALIFIER, FN-LATEST, ASYNC-LOSS, LOOP and ESM-DUP."""
    found = [*_qualifier(wiring, function), *_state(function), *_loss(wiring, function)]
    if function.detail.reserved_concurrency == 0:
        found.append(
            Finding(
                "FN-CONC0",
                Severity.WARN,
                f"{function.detail.function_name} is stopped: its reserved concurrency is 0.",
                "All invocations are throttled until you raise it on the Configuration tab.",
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


def _state(function: FunctionSeen) -> list[Finding]:
    detail = function.detail
    name = detail.function_name
    if detail.state not in _WORKING_STATES:
        severity = Severity.WARN if detail.state == "Pending" else Severity.BLOCK
        what = f"{name} is {detail.state}."
        return [Finding("FN-STATE", severity, what, detail.state_reason or "It cannot process events now.")]
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

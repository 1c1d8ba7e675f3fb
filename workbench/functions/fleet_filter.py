"""Which functions of the fleet are shown: what a person has chosen, and what there is to choose from."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from workbench.functions.fleet import FleetRow

FACETS = ("runtime", "state", "region", "account", "architecture", "kind", "tag")
"""What can be chosen from, each a field of FleetFilter."""
PLAIN = "Zip"
STATES = (
    "Active",
    "Inactive",
    "Pending",
    "Failed",
    "LastUpdateStatus: InProgress",
    "LastUpdateStatus: Failed",
    "",
)
"""What is offered of states although no function may have it; "" for those that were never looked at."""
_NOTED_UPDATES = ("InProgress", "Failed")
"""A LastUpdateStatus that somebody looks for; "Successful" is how nearly all are."""


@dataclass(frozen=True, slots=True)
class FleetFilter:
    """What is chosen. Of one facet any value will do, and each facet that has any must be met.

    Attributes:
        query: What was typed.
        runtime: Names of runtimes; "" for functions that have none (container images).
        state: States, or "LastUpdateStatus: " and one of these; "" for functions that were never looked at.
        region: Names of regions.
        account: Account ids.
        architecture: "x86_64", "arm64".
        kind: "Zip", or words of FunctionSummary.kinds.
        tag: "name=value".
        end_of_life: Only runtimes that AWS has deprecated.
        drifted: Only functions whose code is not what this computer last opened or deployed.
    """

    query: str = ""
    runtime: frozenset[str] = frozenset()
    state: frozenset[str] = frozenset()
    region: frozenset[str] = frozenset()
    account: frozenset[str] = frozenset()
    architecture: frozenset[str] = frozenset()
    kind: frozenset[str] = frozenset()
    tag: frozenset[str] = frozenset()
    end_of_life: bool = False
    drifted: bool = False

    @property
    def chosen(self) -> bool:
        """Whether anything but the query narrows the rows."""
        return replace(self, query="") != FleetFilter()

    def values(self) -> dict[str, Any]:
        """For the settings, as JSON has it; `of` makes a filter of it again."""
        return {
            each.name: sorted(value) if isinstance(value, frozenset) else value
            for each in fields(self)
            if (value := getattr(self, each.name))
        }

    @classmethod
    def of(cls, values: object) -> "FleetFilter":
        """From what the settings hold; what makes no sense is left out."""
        if not isinstance(values, dict):
            return cls()
        chosen = {
            name: frozenset(each for each in found if isinstance(each, str))
            for name in FACETS
            if isinstance(found := values.get(name), list)
        }
        query = values.get("query")
        return cls(
            query=query if isinstance(query, str) else "",
            end_of_life=values.get("end_of_life") is True,
            drifted=values.get("drifted") is True,
            **chosen,
        )


def facets_of(row: FleetRow, facet: str) -> Sequence[str]:
    """What a function has of a facet: one value, or several."""
    function = row.function
    match facet:
        case "runtime":
            return (function.runtime,)
        case "state":
            return states_of(row)
        case "region":
            return (function.region,)
        case "account":
            return (function.account_id,)
        case "architecture":
            return function.architectures
        case "kind":
            return function.kinds or (PLAIN,)
        case "tag":
            return [f"{name}={value}" for name, value in function.tags]
    raise ValueError(facet)


def states_of(row: FleetRow) -> tuple[str, ...]:
    """Its State, and its LastUpdateStatus where that is worth a word; "" for one that was never looked at."""
    update = row.last_update_status
    return (row.state, f"LastUpdateStatus: {update}") if update in _NOTED_UPDATES else (row.state,)


def counted(rows: Iterable[FleetRow], facet: str) -> dict[str, int]:
    """How many functions have each value of a facet."""
    return dict(Counter(value for row in rows for value in facets_of(row, facet)))


def narrowed(rows: Sequence[FleetRow], chosen: FleetFilter, ended: frozenset[str]) -> list[int]:
    """The numbers of the rows that the facets let through; the query is not looked at.

    Args:
        rows: All rows.
        chosen: What is wanted.
        ended: The runtimes that AWS has deprecated.
    """
    numbers: Iterable[int] = range(len(rows))
    if chosen.end_of_life:
        numbers = [number for number in numbers if rows[number].function.runtime in ended]
    if chosen.drifted:
        numbers = [number for number in numbers if rows[number].is_drifted]
    for facet in FACETS:
        if wanted := getattr(chosen, facet):
            numbers = [number for number in numbers if not wanted.isdisjoint(facets_of(rows[number], facet))]
    return list(numbers)

"""Changes of many functions that were begun earlier: what was noted of them, and what can be done about it.

Values and plans. Must not know: how they are noted (bulk_journal.py), how a step is done (bulk_run.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.functions.bulk_change import Change, Configure, Delete, Retag, Retain, Seen, Target
from workbench.functions.bulk_plan import Standing, Step, plan_step, refused_step
from workbench.functions.configure import Wanted


@dataclass(frozen=True, slots=True)
class Noted:
    """One function of an earlier change.

    Attributes:
        target: Which.
        change: What was to be done to it, with nothing in it that it had already.
        back: What takes that back; None before it was begun, and where nothing does.
        is_begun: Whether the change may have been made.
        is_done: Whether nothing is left to do.
    """

    target: Target
    change: Change
    back: Change | None = None
    is_begun: bool = False
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class PastChange:
    """One change of many functions.

    Attributes:
        file: Its journal.
        when: ISO 8601, UTC.
        wish: What a person wanted.
        undoes: The name of the journal that it takes back; empty for none.
        functions: All that were to be changed.
        undone: Keys (see `key_of`) of those that were taken back since.
        is_over: Whether it came to an end, or a person let it be.
    """

    file: Path
    when: str
    wish: Change
    undoes: str
    functions: tuple[Noted, ...]
    undone: frozenset[str] = frozenset()
    is_over: bool = True

    @property
    def left(self) -> tuple[Noted, ...]:
        """What was not done, or of which nobody knows."""
        return tuple(each for each in self.functions if not each.is_done)

    @property
    def undoable(self) -> tuple[Noted, ...]:
        """What can be taken back, as far as nobody else has changed it."""
        return tuple(
            each
            for each in self.functions
            if each.is_begun and each.back is not None and key_of(each.target) not in self.undone
        )


def key_of(target: Target) -> str:
    """What a function is called in a journal: with the profile, for two may lead to one function."""
    return f"{target.profile_name} {target.function_arn}"


def plan_past(looked: Sequence[tuple[Noted, Seen | WorkbenchError]], *, undo: bool) -> tuple[Step, ...]:
    """What is to be done to go on with an earlier change, or to take it back, in the order given."""
    steps = []
    for noted, found in looked:
        change = noted.back if undo and noted.back else noted.change
        if isinstance(found, WorkbenchError):
            steps.append(refused_step(noted.target, change, found))
        elif undo:
            steps.append(_plan_undo(noted, change, found))
        else:
            steps.append(plan_step(noted.target, found, change))
    return tuple(steps)


def _plan_undo(noted: Noted, back: Change, now: Seen) -> Step:
    step = plan_step(noted.target, now, back)
    if step.standing is not Standing.CHANGE or _is_old_or_new(noted.change, back, now):
        return step
    why = "It was changed in the meantime. Your change was not applied."
    return replace(step, standing=Standing.REFUSED, why=why, calls=(), undo=())


def _is_old_or_new(change: Change, back: Change, now: Seen) -> bool:
    """Whether all of it is as it was, or as the change left it: a crash may come between two calls."""
    match change, back:
        case Configure(wanted), Configure(before):
            return all(
                getattr(now.detail, name) in (value, getattr(before, name))
                for name, value in wanted.values().items()
            )
        case Retag(), Retag():
            tags, new, old = dict(now.detail.tags), _tags_of(change), _tags_of(back)
            return all(tags.get(key) in (value, old.get(key)) for key, value in new.items())
        case Retain(days), Retain(before_days):
            return now.retention_days in (days, before_days)
    return False


def _tags_of(change: Retag) -> dict[str, str | None]:
    return dict(change.put) | dict.fromkeys(change.remove)


# As JSON ----------------------------------------------------------------------------------------------------


def change_to_json(change: Change) -> dict[str, Any]:
    """What `change_from_json` reads."""
    match change:
        case Configure(wanted):
            return {"kind": "configure", "wanted": wanted.values()}
        case Retag(put, remove):
            return {"kind": "retag", "put": put, "remove": remove}
        case Retain(days):
            return {"kind": "retain", "days": days}
        case Delete():
            return {"kind": "delete"}


def change_from_json(value: Mapping[str, Any]) -> Change:
    """Raises ValueError, KeyError or TypeError when it is something else."""
    match value["kind"]:
        case "configure":
            return Configure(Wanted.from_json(value["wanted"]))
        case "retag":
            put = tuple((str(key), str(text)) for key, text in value["put"])
            return Retag(put, tuple(map(str, value["remove"])))
        case "retain":
            return Retain(None if value["days"] is None else int(value["days"]))
        case "delete":
            return Delete()
    raise ValueError(f"no change of functions: {value['kind']!r}")


def noted_to_json(target: Target, change: Change) -> dict[str, Any]:
    """What `noted_from_json` reads."""
    return {"target": asdict(target), "change": change_to_json(change)}


def noted_from_json(value: Mapping[str, Any]) -> Noted:
    """Raises as `change_from_json`."""
    return Noted(Target(**value["target"]), change_from_json(value["change"]))

"""What the journals of work in steps tell, read back. Must not know: how they are written."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Facts = Mapping[str, Any]
"""What an event tells beside its step, as JSON has it."""


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work, as its journal tells it.

    Attributes:
        file: The journal.
        when: When it began; ISO 8601, UTC.
        about: What was noted of it when it began.
        begun: The steps that were begun and not taken back, in order. Each may have been made.
        done: The facts of the steps that were done and not taken back, by step.
        notes: What steps noted before they changed anything, by step.
        last_step: The last step that was begun; empty before the first.
        undoing: Whether it was being taken back.
        ending: The facts of its end; None while it runs, and after a crash.
    """

    file: Path
    when: str
    about: Facts
    begun: tuple[str, ...]
    done: Mapping[str, Facts]
    notes: Mapping[str, Facts]
    last_step: str
    undoing: bool
    ending: Facts | None


def read_work(path: Path) -> Work | None:
    """Reads a journal, or returns None when nothing of the work was begun."""
    begin: dict[str, Any] | None = None
    begun: list[str] = []
    done: dict[str, Facts] = {}
    notes: dict[str, Facts] = {}
    last_step, undoing, ending = "", False, None
    for event in _events(path):
        step = str(event.get("step", ""))
        match event["event"]:
            case "begin":
                begin = event
            case "before" if step:
                last_step = step
                ending = None  # what failed is tried again
                if step not in begun:
                    begun.append(step)
                if facts := _facts(event):
                    notes[step] = facts
            case "note" if step:
                notes[step] = _facts(event)
            case "after" if step:
                done[step] = _facts(event)
            case "undoing":
                undoing = True
            case "undone" if step:
                begun = [each for each in begun if each != step]
                done.pop(step, None)
            case "finish":
                ending = event
    if begin is None:
        return None
    about = {key: value for key, value in begin.items() if key not in ("at", "event")}
    return Work(path, begin["at"], about, tuple(begun), done, notes, last_step, undoing, ending)


def _events(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a journal that are whole."""
    try:
        lines = path.read_text("utf-8", "replace").split("\n")
    except OSError:
        return
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut short by a crash, or the blank line before the first event
        if isinstance(event, dict) and isinstance(event.get("at"), str) and "event" in event:
            yield event


def _facts(event: dict[str, Any]) -> Facts:
    facts = event.get("facts")
    return facts if isinstance(facts, dict) else {}

"""What a person has changed of a function's settings and not sent yet.

Owns: the settings as they were seen, and as they are wanted. Must not know: fields, AWS.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from workbench.functions.settings.model import (
    Reading,
    SettingChange,
    Settings,
    changes,
    value_at,
    with_changes,
)
from workbench.ui.configuring.together import wrong_together


class Draft(QObject):
    """One function's settings, being changed.

    Signals:
        changed: Other settings are wanted, or something is wrong now.
        refilled: The fields are to show other values than those typed into them.
    """

    changed = Signal()
    refilled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reading: Reading | None = None
        self.seen = Settings()
        self.wanted = Settings()
        self._faults: dict[str, str] = {}

    def open(self, reading: Reading, pending: Collection[SettingChange] = (), *, same: bool = False) -> None:
        """Shows a function as it was read, with changes that were made before.

        Args:
            reading: The function.
            pending: The changes.
            same: Whether it was shown before: what is typed and cannot be taken yet stays in its field.

        Those keep what they were made from: where somebody else changed the same since, that is noticed when
        they are sent, not overwritten.
        """
        there = [each for each in pending if value_at(reading.settings, *each.setting) != each.new]
        self.reading = reading
        self.seen = with_changes(reading.settings, [each.reversed() for each in there])
        self.wanted = with_changes(self.seen, there)
        if not same:
            self._faults = {}
        self.refilled.emit()
        self.changed.emit()

    def close(self) -> None:
        """Shows no function."""
        self.reading = None
        self.seen = self.wanted = Settings()
        self._faults = {}
        self.refilled.emit()
        self.changed.emit()

    def set(self, name: str, value: Any, fault: str = "") -> None:
        """Takes what a field holds. A faulty value is not taken, but keeps everything from being sent."""
        if fault:
            self._faults[name] = fault
        else:
            self._faults.pop(name, None)
            self.wanted = replace(self.wanted, **{name: value})
        self.changed.emit()

    def take(self, wanted: Collection[SettingChange]) -> None:
        """Makes changes as if they had been typed."""
        self._faults = {}
        self.wanted = with_changes(self.wanted, wanted)
        self.refilled.emit()
        self.changed.emit()

    def discard(self) -> None:
        """Forgets what was changed."""
        self._faults = {}
        self.wanted = self.seen
        self.refilled.emit()
        self.changed.emit()

    def changes(self) -> tuple[SettingChange, ...]:
        """What is wanted otherwise than it was seen."""
        return changes(self.seen, self.wanted)

    def is_changed(self, name: str) -> bool:
        """Whether a setting is wanted otherwise, or holds what cannot be taken."""
        return name in self.faults or getattr(self.seen, name) != getattr(self.wanted, name)

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong, by setting."""
        return {**wrong_together(self.wanted, self.seen), **self._faults}

    def is_faulty(self, name: str) -> bool:
        """Whether the field itself holds what cannot be taken."""
        return name in self._faults

    def unread(self, name: str) -> str:
        """Why a setting is not known; empty when it is."""
        return dict(self.reading.unread).get(name, "") if self.reading else ""

    def note(self, name: str) -> str:
        """What else is known of a setting."""
        notes = self.reading.notes if self.reading else ()
        return "\n".join(text for each, text in notes if each == name)

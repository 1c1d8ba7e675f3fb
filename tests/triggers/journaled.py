"""What the journal of a plan held before it was deleted."""

import pytest

from workbench.core.operations import JournalFile


def journaled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The events of all plans that finish from now on, one a line, without the description."""
    events: list[str] = []
    finish = JournalFile.finish

    def read_and_finish(self: JournalFile, **facts: object) -> None:
        finish(self, **facts)
        events.extend(self.path.read_text().split("\n")[1:])

    monkeypatch.setattr(JournalFile, "finish", read_and_finish)
    return events

"""The list of test events: a person's own, the shared ones, the samples."""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QComboBox

from workbench.invoke.events import TestEvent
from workbench.ui.named import named

_WIDTH, _FEWEST_LETTERS = 240, 10


class EventPicker(QComboBox):
    """Each row holds its event; lines between the kinds hold none."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "testEventPicker", self.tr("Test event"))
        # In a narrow window it gives way: the window's least width is that of this row.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_FEWEST_LETTERS)

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(_WIDTH, 0))

    def fill(self, groups: Sequence[Sequence[TestEvent]], chosen: TestEvent) -> None:
        """Shows events by kind, and chooses one.

        Args:
            groups: The events of each kind; empty kinds have no line.
            chosen: The event to choose, by its name and kind.
        """
        self.clear()
        for events in groups:
            if events and self.count():
                self.insertSeparator(self.count())
            for event in events:
                self.addItem(self._title(event), event)
        for row in range(self.count()):
            shown = self.event_at(row)
            if shown is not None and _kind(shown) == _kind(chosen):
                self.setCurrentIndex(row)

    def event_at(self, row: int) -> TestEvent | None:
        """The event of a row; None for a line between the kinds."""
        event = self.itemData(row)
        return event if isinstance(event, TestEvent) else None

    @property
    def chosen(self) -> TestEvent | None:
        """The event that is chosen, with the text that it was kept with."""
        return self.event_at(self.currentIndex())

    def _title(self, event: TestEvent) -> str:
        if event.is_sample:
            return self.tr("Sample: %1").replace("%1", event.name)
        return self.tr("Shared: %1").replace("%1", event.name) if event.is_shared else event.name


def _kind(event: TestEvent) -> tuple[str, bool, bool]:
    return event.name, event.is_sample, event.is_shared

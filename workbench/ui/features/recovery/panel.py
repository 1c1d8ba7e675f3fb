"""The panel of interrupted operations: what each was, how far it came, what it left, and how it is ended."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import sentences
from workbench.core.messages import _
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import named, show_message, text_label, tool_tip
from workbench.ui.kit.text_size import scaled

if TYPE_CHECKING:
    from workbench.ui.features.recovery.feature import Entry

_WIDTH, _MAX_LIST_HEIGHT = 640, 460
_SCROLL_BAR_PX = 12
_PAGE = 10  # rows that are made and laid out at once: hundreds would stall the window for a second
_STEPS = 1000


class RecoveryPanel(Dialog):
    """Lists them beside the window, which stays usable. Closing it decides nothing, and ends no work.

    Signals:
        finish_wanted: The Entry whose missing steps are to be made.
        undo_wanted: The Entry that is to be undone.
        discard_wanted: The Entry that is to be left as it is.
    """

    finish_wanted = Signal(object)
    undo_wanted = Signal(object)
    discard_wanted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("interruptions", _("Interrupted Operations"), parent)
        words = _(
            "Workbench closed or lost its connection before these were complete. "
            "Nothing changes until you decide."
        )
        self.content.addWidget(text_label("interruptionsWords", words, "muted"))
        self.setMinimumWidth(scaled(_WIDTH))
        self._entries: Sequence[Entry] = ()
        self._first = 0
        self._rows: dict[Entry, _Row] = {}
        self._numbers = 0
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, _SCROLL_BAR_PX, 0)
        self._column.setSpacing(16)
        self._column.addStretch(1)
        self._scroll = scroll = named(QScrollArea(), "interruptionsList", _("Interrupted operations"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        self.content.addWidget(scroll, 1)
        self._pages = self._make_pages()
        self.content.addWidget(self._pages)
        self.finish_layout(stretch=False)
        self.add_button("interruptionsClose", _("Close")).clicked.connect(self.reject)

    def show_entries(self, entries: "Sequence[Entry]") -> None:
        """Shows how each of them stands; of many, a page."""
        self._entries = entries
        self._show_page()

    def _show_page(self) -> None:
        count = len(self._entries)
        self._first = max(0, min(self._first, (count - 1) // _PAGE * _PAGE))
        entries = self._entries[self._first : self._first + _PAGE]
        words = _("{first}–{last} of {count}")
        last = self._first + len(entries)
        words = words.format(first=f"{self._first + 1:,}", last=f"{last:,}", count=f"{count:,}")
        show_message(self._page_text, words if count > _PAGE else "")
        self._previous.setEnabled(self._first > 0)
        self._next.setEnabled(last < count)
        self._pages.setVisible(count > _PAGE)
        for gone in [each for each in self._rows if each not in entries]:
            row = self._rows.pop(gone)
            self._column.removeWidget(row)
            row.setVisible(False)
            row.deleteLater()
        for place, entry in enumerate(entries):
            row = self._rows.get(entry) or self._add(entry)
            if self._column.indexOf(row) != place:
                self._column.insertWidget(place, row)
                row.setVisible(True)
            row.show_entry()
        show_message(self.state, "" if entries else _("No operation is interrupted."))
        self.resize_to_content()

    def focus_first(self) -> None:
        """Gives the keyboard to the first button that can be pressed."""
        buttons = (each for row in self._rows.values() for each in (row.finish, row.undo, row.discard))
        first = next((each for each in buttons if each.isEnabled() and each.isVisible()), None)
        if first is not None:
            first.setFocus()

    def show_work(self, entry: "Entry") -> None:
        """Shows how far the work on one of them is."""
        if entry in self._rows:
            self._rows[entry].show_work()

    def resize_to_content(self) -> None:
        """As high as its rows; many of them scroll."""
        margins = self.content.contentsMargins()
        width = max(self.width(), self.minimumWidth()) - margins.left() - margins.right() - _SCROLL_BAR_PX
        height, most = -self._column.spacing(), scaled(_MAX_LIST_HEIGHT)
        for row in self._rows.values():
            row.column.activate()
            height += self._column.spacing() + row.column.totalHeightForWidth(width)
            if height > most:
                break
        self._scroll.setMinimumHeight(max(0, min(most, height)))
        super().resize_to_content()

    def _make_pages(self) -> QWidget:
        """Which of many are shown, and the way to the others."""
        pages = QWidget()
        row = QHBoxLayout(pages)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._page_text = text_label("interruptionsPage", role="muted")
        row.addWidget(self._page_text, 1)
        self._previous, self._next = (
            named(QPushButton(text), name, text)
            for name, text in (("interruptionsPrevious", _("Previous")), ("interruptionsNext", _("Next")))
        )
        for button, step in ((self._previous, -_PAGE), (self._next, _PAGE)):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, step=step: self._turn(step))
            row.addWidget(button)
        return pages

    def _turn(self, step: int) -> None:
        self._first += step
        self._show_page()
        self._scroll.verticalScrollBar().setValue(0)

    def _add(self, entry: "Entry") -> "_Row":
        row = self._rows[entry] = _Row(entry, f"interruption{self._numbers}")
        self._numbers += 1
        row.finish.clicked.connect(lambda: self.finish_wanted.emit(entry))
        row.undo.clicked.connect(lambda: self.undo_wanted.emit(entry))
        row.discard.clicked.connect(lambda: self.discard_wanted.emit(entry))
        return row


class _Row(QWidget):
    """One operation."""

    def __init__(self, entry: "Entry", name: str) -> None:
        super().__init__()
        named(self, name, entry.title)
        self._entry = entry
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(4)
        self._what, self._where, self._left, self._choice, self._state = (
            text_label(f"{name}{part}", role=role)
            for part, role in (
                ("What", "heading"),
                ("Where", "muted"),
                ("Left", ""),
                ("Choice", "muted"),
                ("State", ""),
            )
        )
        self._bar = named(QProgressBar(), f"{name}Progress", _("Progress"))
        self._bar.setTextVisible(False)
        self.finish = self._button(f"{name}Finish", _("Finish"))
        self.undo = self._button(f"{name}Undo", _("Undo"))
        self.discard = self._button(f"{name}Discard", _("Discard…"))
        self.cancel = self._button(f"{name}Cancel", _("Cancel"))
        self.cancel.clicked.connect(self._cancel)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._bar, 4)
        buttons.addStretch(1)
        for button in (self.finish, self.undo, self.discard, self.cancel):
            buttons.addWidget(button)
        for label in (self._what, self._where, self._left, self._choice, self._state):
            self.column.addWidget(label)
        self.column.addLayout(buttons)

    def show_entry(self) -> None:
        entry, found = self._entry, self._entry.found
        shown = found.shown
        what = entry.title if shown else _("{name}: its journal cannot be read").format(name=found.name)
        show_message(self._what, what, "heading")
        show_message(self._where, _where_text(entry), "muted")
        steps = ""
        if shown is not None and shown.steps:
            steps = _("Steps done: {done} of {count}.").format(
                done=f"{shown.steps_done:,}", count=f"{shown.steps:,}"
            )
        is_waiting = entry.job is None and not entry.is_over
        left = found.problem
        if shown is not None:  # what has lines of its own begins with one
            left = f"{steps}\n{shown.left}" if "\n" in shown.left else sentences(steps, shown.left)
        show_message(self._left, "" if entry.is_over else left, "")
        show_message(self._choice, _choice_text(entry) if is_waiting else "", "muted")
        refusals = _refusals(entry)
        for button, why in zip((self.finish, self.undo, self.discard), refusals, strict=True):
            button.setEnabled(not why)
            button.setToolTip(tool_tip(why))
            button.setVisible(is_waiting)
        self.show_work()

    def show_work(self) -> None:
        entry = self._entry
        handle, progress = entry.job, entry.progress
        for widget in (self._bar, self.cancel):
            widget.setVisible(handle is not None)
        if handle is None:
            show_message(self._state, entry.text, entry.tone)
            return
        known = progress.total > 0
        self._bar.setRange(0, _STEPS if known else 0)
        if known:
            self._bar.setValue(round(_STEPS * min(1, progress.done / progress.total)))
        show_message(
            self._state, _("Cancelling…") if handle.cancelling else progress.text or handle.job.title
        )
        self.cancel.setEnabled(not handle.cancelling)

    def _button(self, name: str, text: str) -> QPushButton:
        button = named(QPushButton(text), name, f"{text}: {self._entry.title}")
        button.setAutoDefault(False)
        return button

    def _cancel(self) -> None:
        if self._entry.job is not None:
            self._entry.job.cancel()
            self.show_work()


def _where_text(entry: "Entry") -> str:
    """When and where it began; the journal has the moment as ISO 8601, UTC."""
    found, time = entry.found, entry.found.when[:16].replace("T", " ")
    if found.account_id:
        words = _("Started on {time} UTC in {region}, account {account_id}.")
        return words.format(time=time, region=found.region, account_id=found.account_id)
    words = _("Started on {time} UTC.") if found.shown else _("Recorded on {time} UTC.")
    return words.format(time=time) if time else ""


def _refusals(entry: "Entry") -> tuple[str, str, str]:
    """Why it cannot be finished, undone and discarded; empty where it can."""
    found, shown = entry.found, entry.found.shown
    if shown is None:
        return found.problem, found.problem, ""
    ways = tuple(way if isinstance(way, str) else "" for way in (shown.finish, shown.undo))
    if not entry.is_here:
        elsewhere = _other_account_text(entry)
        return ways[0] or elsewhere, ways[1] or elsewhere, shown.kept
    return ways[0], ways[1], shown.kept


def _other_account_text(entry: "Entry") -> str:
    words = _(
        "It belongs to another account or region. Choose a profile of account {account_id} in {region}."
    )
    return words.format(account_id=entry.found.account_id, region=entry.found.region)


def _choice_text(entry: "Entry") -> str:
    """What the buttons do, and why some of them are off."""
    shown = entry.found.shown
    if shown is None:
        return _("It cannot be finished or undone. Discard deletes the journal.")
    lines = [shown.choice]
    if not entry.is_here:
        lines.append(_other_account_text(entry))
    for way, words in (
        (shown.finish, _("It cannot be finished: {why}")),
        (shown.undo, _("It cannot be undone: {why}")),
        (shown.kept, _("It cannot be discarded: {why}")),
    ):
        if isinstance(way, str) and way:
            lines.append(words.format(why=way))
    return "\n".join(filter(None, lines))

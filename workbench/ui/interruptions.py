"""What a crash or a failure interrupted, whatever it was: said in one message, and decided in one list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError, sentences
from workbench.ui.actions import ActionRegistry
from workbench.ui.message_center import MessageCenter
from workbench.ui.named import named
from workbench.ui.sign_in.form import Form, text_label

ACTION = "operations.interrupted"
_KEY = "interrupted"
_GATHER_MS = 150  # several parts look at the same time: what they find is one message
_WIDTH, _MAX_LIST_HEIGHT = 560, 320


@dataclass(frozen=True, slots=True)
class Interruption:
    """One operation that was interrupted.

    Attributes:
        error: What it was, how far it came, and what can be done.
        decide: Opens the question what becomes of it.
    """

    error: WorkbenchError
    decide: Callable[[], object]


class Interruptions(QObject):
    """Gathers what all parts of the window find.

    Args:
        window: The dialog's parent.
        actions: Has ACTION.
        messages: Where it is said.

    Signals:
        outdated: Something ended late: every part looks again.
    """

    outdated = Signal()

    def __init__(self, window: QWidget, actions: ActionRegistry, messages: MessageCenter) -> None:
        super().__init__(window)
        self._window, self._actions, self._messages = window, actions, messages
        self._found: dict[str, tuple[Interruption, ...]] = {}
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._gather.timeout.connect(self._say)
        if ACTION in actions:
            actions.bind(ACTION, self.open)

    @property
    def all(self) -> tuple[Interruption, ...]:
        """Everything that waits for a decision."""
        return tuple(chain.from_iterable(self._found.values()))

    def tell(self, source: str, found: Sequence[Interruption]) -> None:
        """Takes what one part of the window has found, in place of what it found before."""
        if not found and not self._found.get(source):
            return
        self._found[source] = tuple(found)
        self._actions.set_there(ACTION, there=bool(self.all))
        if found:
            self._gather.start()
        else:
            self._say()

    def clear(self) -> None:
        """Forgets everything: the account was left."""
        self._found.clear()
        self._actions.set_there(ACTION, there=False)
        self._say()

    def open(self) -> None:
        """Opens the list; for a single operation its question at once."""
        found = self.all
        if len(found) == 1:
            found[0].decide()
        elif found:
            dialog = InterruptionsDialog(found, self._window)
            dialog.finished.connect(self._say)
            dialog.open()

    def _say(self) -> None:
        found = self.all
        if not found:
            self._gather.stop()
            self._messages.dismiss(_KEY)
            return
        error = found[0].error
        if len(found) > 1:
            error = WorkbenchError(
                self.tr("%1 operations were interrupted.").replace("%1", f"{len(found):,}"),
                " ".join(each.error.what for each in found),
                self.tr("Decide what happens to each."),
                action=ACTION,
            )
        self._messages.show_error(error, "warning", key=_KEY, decision=True)


class InterruptionsDialog(Form):
    """One row for each operation, with a button that opens its question. Escape decides nothing."""

    def __init__(self, found: Sequence[Interruption], parent: QWidget) -> None:
        super().__init__("interruptions", "", parent)
        self.set_title(self.tr("Interrupted Operations"))
        words = self.tr("Workbench ended, or lost AWS, before these ended. Nothing changes until you decide.")
        self.content.addWidget(text_label("interruptionsWords", words, "muted"))
        self.setMinimumWidth(_WIDTH)
        rows = QWidget()
        self._rows = column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for number, each in enumerate(found):
            column.addLayout(self._row(number, each))
        column.addStretch(1)
        self._scroll = scroll = named(QScrollArea(), "interruptionsList", self.tr("Interrupted operations"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(rows)
        self.content.addWidget(scroll, 1)
        self.finish_layout(stretch=False)
        self.add_button("interruptionsLater", self.tr("Later")).clicked.connect(self.reject)

    def fit(self) -> None:
        """As high as its rows; many of them scroll."""
        margins = self.content.contentsMargins()
        width = max(self.width(), self.minimumWidth()) - margins.left() - margins.right()
        self._scroll.setFixedHeight(min(_MAX_LIST_HEIGHT, self._rows.totalHeightForWidth(width)))
        super().fit()

    def _row(self, number: int, interruption: Interruption) -> QHBoxLayout:
        error = interruption.error
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(text_label(f"interruption{number}What", error.what, "heading"))
        if why := sentences(error.why, error.remedy):
            texts.addWidget(text_label(f"interruption{number}Why", why))
        row = QHBoxLayout()
        row.addLayout(texts, 1)
        words = self.tr("Decide: %1").replace("%1", error.what)
        decide = named(QPushButton(self.tr("Decide…")), f"interruption{number}Decide", words)
        decide.clicked.connect(lambda: self._decide(interruption))
        row.addWidget(decide)
        return row

    def _decide(self, interruption: Interruption) -> None:
        self.accept()
        interruption.decide()

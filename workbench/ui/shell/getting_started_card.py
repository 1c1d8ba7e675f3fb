"""Getting Started: the four steps of the main job, as a card while no function is open, and as a panel."""

from collections.abc import Collection
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.messages import _
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import IconLabel
from workbench.ui.kit.text import PlainLabel, named, tool_tip
from workbench.ui.shell.actions import ActionRegistry

_WIDTH = 620
_MARK_PX = 20


class Step(Enum):
    """A step; its value is what the settings file holds."""

    EDIT = "edit"
    DEPLOY = "deploy"
    INVOKE = "invoke"
    METRICS = "metrics"


class Steps(QWidget):
    """The four steps, each with a button that does it and a check mark once it is done.

    Args:
        icons: Draws the check marks.
        name: Object name; those of the buttons are derived from it.
        is_compact: Whether each step is one button and nothing else, for a narrow column.

    Signals:
        wanted: The button of a step was pressed; a Step.
    """

    wanted = Signal(object)

    def __init__(self, icons: Icons, name: str, *, is_compact: bool = False) -> None:
        super().__init__()
        named(self, name, _("Steps"))
        self.pressed: Step | None = None
        """The step that was last asked for."""
        self._titles = {
            Step.EDIT: (_("Edit the code"), _("Edit")),
            Step.DEPLOY: (_("Deploy it"), _("Deploy")),
            Step.INVOKE: (_("Invoke the function"), _("Invoke")),
            Step.METRICS: (_("View the metrics"), _("Show Metrics")),
        }
        texts = {
            Step.EDIT: _("Open hello-http, change its greeting, and press Ctrl+S to save."),
            Step.DEPLOY: _("Ctrl+Shift+D sends the code to Lambda. It takes about a second."),
            Step.INVOKE: _("Ctrl+Shift+I runs it, and shows the response and the log."),
            Step.METRICS: _("Alt+6 charts invocations, errors, and duration."),
        }
        self.buttons: dict[Step, QPushButton] = {}
        self._numbers: dict[Step, PlainLabel] = {}
        self._checks: dict[Step, IconLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8 if is_compact else 12)
        grid.setVerticalSpacing(4 if is_compact else 12)
        grid.setColumnStretch(1, 1)
        for row, (step, (title, verb)) in enumerate(self._titles.items()):
            number = self._numbers[step] = named(PlainLabel(str(row + 1)), f"{name}Number", role="muted")
            number.setFixedSize(_MARK_PX, _MARK_PX)
            number.setAlignment(Qt.AlignmentFlag.AlignCenter)
            check = self._checks[step] = IconLabel(icons, "circle-check", "good", _MARK_PX)
            check.hide()
            button = named(QPushButton(title if is_compact else verb), f"{name}.{step.value}", title)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, wanted=step: self._press(wanted))
            self.buttons[step] = button
            for mark in (number, check):
                grid.addWidget(mark, row, 0)
            if is_compact:
                button.setToolTip(tool_tip(texts[step]))
                grid.addWidget(button, row, 1)
                continue
            words = QVBoxLayout()
            words.setSpacing(2)
            words.addWidget(named(PlainLabel(title), f"{name}Title", role="heading"))
            text = named(PlainLabel(texts[step]), f"{name}Text", role="muted")
            text.setWordWrap(True)
            words.addWidget(text)
            grid.addLayout(words, row, 1)
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            grid.addWidget(button, row, 2)

    def set_done(self, done: Collection[Step]) -> None:
        """Shows a check mark at each step that is done, and the number of each other one."""
        for step, button in self.buttons.items():
            self._checks[step].setVisible(step in done)
            self._numbers[step].setVisible(step not in done)
            button.setAccessibleDescription(_("Done") if step in done else _("Not done yet"))

    def is_marked(self, step: Step) -> bool:
        """Whether the check mark of a step is shown."""
        return not self._checks[step].isHidden()

    def focus_next(self) -> None:
        """Gives the keyboard to the first step that is not done, or to the first one."""
        left = [step for step in self.buttons if not self.is_marked(step)]
        self.buttons[(left or list(self.buttons))[0]].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _press(self, step: Step) -> None:
        self.pressed = step
        self.wanted.emit(step)


class GettingStarted(QScrollArea):
    """The card in the place of the function while none is open. It scrolls where the window is too small.

    Args:
        actions: `profile.manage` and `file.open_project` have buttons here.
        icons: Draws the check marks.
        is_sandbox: Whether the session's profile is the Sandbox.
    """

    def __init__(self, actions: ActionRegistry, icons: Icons, *, is_sandbox: bool) -> None:
        super().__init__()
        named(self, "functionPageEmpty", _("Getting started"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its buttons have the keyboard
        self._buttons: list[tuple[QPushButton, QAction]] = []
        self._title = named(PlainLabel(), "gettingStartedTitle", role="title")
        self._text = named(PlainLabel(), "gettingStartedText", role="muted")
        for label in (self._title, self._text):
            label.setWordWrap(True)
        self.steps = Steps(icons, "gettingStarted")
        card = named(QFrame(), "gettingStartedCard", role="card")
        card.setMaximumWidth(_WIDTH)
        rows = QVBoxLayout(card)
        rows.setContentsMargins(24, 20, 24, 20)
        rows.setSpacing(8)
        rows.addWidget(self._title)
        rows.addWidget(self._text)
        rows.addSpacing(8)
        rows.addWidget(self.steps)
        rows.addSpacing(12)
        others = QHBoxLayout()
        others.setSpacing(8)
        others.addWidget(self._button(actions, "profile.manage", _("Use My AWS Account")))
        others.addWidget(self._button(actions, "file.open_project", _("Open a Project")))
        others.addStretch(1)
        rows.addLayout(others)
        content = QWidget()
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card, 1000)
        middle.addStretch(1)
        outer = QVBoxLayout(content)
        outer.setContentsMargins(24, 16, 24, 16)
        outer.addStretch(2)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.setWidget(content)
        self.set_sandbox(is_sandbox=is_sandbox)

    def set_sandbox(self, *, is_sandbox: bool) -> None:
        """Says where the functions of the list are."""
        if is_sandbox:
            self._title.setText(_("Get Started with Workbench"))
            self._text.setText(
                _(
                    "This is a local AWS with sample functions and sample traffic. "
                    "It runs on this computer, and nothing that you do in it reaches an AWS account."
                )
            )
        else:
            self._title.setText(_("No function open"))
            self._text.setText(_("Choose a function on the left, or press Ctrl+P to search."))
        self.setAccessibleName(self._title.text())
        self.setAccessibleDescription(self._text.text())

    def _button(self, actions: ActionRegistry, name: str, text: str) -> QPushButton:
        action = actions[name]
        button = named(QPushButton(text), f"gettingStarted.{name}")
        button.setAutoDefault(False)
        button.setEnabled(action.isEnabled())
        self._buttons.append((button, action))
        action.changed.connect(self._enable_buttons)  # a method: the action may outlive the card
        button.clicked.connect(action.trigger)
        return button

    def _enable_buttons(self) -> None:
        for button, action in self._buttons:
            button.setEnabled(action.isEnabled())


class StepsPanel(QFrame):
    """The steps below the list of functions, while a function is open.

    Signals:
        closed: Its close button was pressed.
    """

    closed = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        named(self, "gettingStartedPanel", _("Getting started"))
        self.steps = Steps(icons, "gettingStartedSteps", is_compact=True)
        close = named(QToolButton(), "gettingStartedClose", _("Close Getting Started"), "quiet")
        icons.attach(close, "x", "muted")
        close.setToolTip(_("Close. The Help menu opens it again."))
        close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        close.clicked.connect(self.closed)
        top = QHBoxLayout()
        top.addWidget(named(PlainLabel(_("Getting Started")), "gettingStartedHeading", role="heading"))
        top.addStretch(1)
        top.addWidget(close)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 8, 8, 8)
        rows.setSpacing(6)
        rows.addLayout(top)
        rows.addWidget(self.steps)

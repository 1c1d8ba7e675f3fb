"""What stands in the place of the function while none is open, and the same steps as a panel beside it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QToolButton, QVBoxLayout, QWidget

from workbench.ui.actions import ActionRegistry
from workbench.ui.getting_started.steps import Steps
from workbench.ui.icons import Icons
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named

_WIDTH = 620


class GettingStarted(QScrollArea):
    """The card. It scrolls where the window is too small for it.

    Args:
        actions: `profile.manage` and `file.open_project` have buttons here.
        icons: Draws the check marks.
        is_sandbox: Whether the session's profile is the Sandbox.
    """

    def __init__(self, actions: ActionRegistry, icons: Icons, *, is_sandbox: bool) -> None:
        super().__init__()
        named(self, "functionPageEmpty", self.tr("Getting started"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its buttons have the keyboard
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
        others.addWidget(self._button(actions, "profile.manage", self.tr("Use My AWS Account")))
        others.addWidget(self._button(actions, "file.open_project", self.tr("Open a Project")))
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
            self._title.setText(self.tr("Get Started with Workbench"))
            self._text.setText(
                self.tr(
                    "This is a local AWS with sample functions and sample traffic. "
                    "It runs on this computer, and nothing that you do in it reaches an AWS account."
                )
            )
        else:
            self._title.setText(self.tr("No Function Open"))
            self._text.setText(self.tr("Choose a function on the left, or press Ctrl+P to search."))
        self.setAccessibleName(self._title.text())
        self.setAccessibleDescription(self._text.text())

    def _button(self, actions: ActionRegistry, name: str, text: str) -> QPushButton:
        action = actions[name]
        button = named(QPushButton(text), f"gettingStarted.{name}")
        button.setAutoDefault(False)
        button.setEnabled(action.isEnabled())
        action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
        button.clicked.connect(action.trigger)
        return button


class StepsPanel(QFrame):
    """The steps below the list of functions, while a function is open.

    Signals:
        closed: Its close button was pressed.
    """

    closed = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        named(self, "gettingStartedPanel", self.tr("Getting started"))
        self.steps = Steps(icons, "gettingStartedSteps", is_compact=True)
        close = named(QToolButton(), "gettingStartedClose", self.tr("Close Getting Started"), "quiet")
        icons.attach(close, "x", "muted")
        close.setToolTip(self.tr("Close. The Help menu opens it again."))
        close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        close.clicked.connect(self.closed)
        top = QHBoxLayout()
        top.addWidget(named(PlainLabel(self.tr("Getting Started")), "gettingStartedHeading", role="heading"))
        top.addStretch(1)
        top.addWidget(close)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 8, 8, 8)
        rows.setSpacing(6)
        rows.addLayout(top)
        rows.addWidget(self.steps)

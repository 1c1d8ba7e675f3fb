"""The four steps of the main job, each with a button that does it and a check mark once it is done."""

from collections.abc import Collection
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from workbench.ui.icon_label import IconLabel
from workbench.ui.icons import Icons
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.named import named

_MARK_PX = 20


class Step(Enum):
    """A step; its value is what the settings file holds."""

    EDIT = "edit"
    DEPLOY = "deploy"
    INVOKE = "invoke"
    METRICS = "metrics"


class Steps(QWidget):
    """The steps, one below the other.

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
        named(self, name, self.tr("Steps"))
        self.pressed: Step | None = None
        """The step that was last asked for."""
        self._titles = {
            Step.EDIT: (self.tr("Edit the code"), self.tr("Edit")),
            Step.DEPLOY: (self.tr("Deploy it"), self.tr("Deploy")),
            Step.INVOKE: (self.tr("Invoke the function"), self.tr("Invoke")),
            Step.METRICS: (self.tr("View the metrics"), self.tr("Show Metrics")),
        }
        texts = {
            Step.EDIT: self.tr("Open hello-http, change its greeting, and press Ctrl+S to save."),
            Step.DEPLOY: self.tr("Ctrl+Shift+D sends the code to Lambda. It takes about a second."),
            Step.INVOKE: self.tr("Ctrl+Shift+I runs it. The response and the log appear below."),
            Step.METRICS: self.tr("Alt+6 charts invocations, errors, and duration."),
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
            button.setAccessibleDescription(self.tr("Done") if step in done else self.tr("Not done yet"))

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

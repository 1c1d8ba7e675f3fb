"""Fields of settings that look up what the account has; the others are those of the kit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QCheckBox, QLineEdit

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext, JobRunner
from workbench.core.messages import _
from workbench.functions.account_resources import Resource
from workbench.functions.settings.limits import Limits
from workbench.ui.configuring.pick_dialog import PickDialog
from workbench.ui.kit.fields import NUMBER_WIDTH, BrowseButton, Editor
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.services import OpenFunction

_USUAL_RESERVED = "10"


@dataclass(frozen=True, slots=True, eq=False)
class EditorContext:
    """What the fields of one form look things up with.

    Attributes:
        limits: What AWS allows.
        jobs: Runs what they look up.
        function: The function that is shown now.
        before_write: Asks where that is due, before something is changed in AWS at once; calls what it is
            given after a yes.
    """

    limits: Limits
    jobs: JobRunner
    function: Callable[[], OpenFunction | None]
    before_write: Callable[[OpenFunction, Callable[[], None]], None] = lambda _function, then: then()


Lister = Callable[[Connection, JobContext], object]
"""Reads what the account has: emits tuples of it."""


class ArnButton(BrowseButton):
    """Chooses an ARN of the account.

    Args:
        name: Of the setting.
        title: What is chosen.
        context: Where to look.
        lister: Reads what there is.
    """

    def __init__(self, name: str, title: str, context: EditorContext, lister: Lister) -> None:
        words = _("Choose…")
        super().__init__(words)
        named(self, f"browse.{name}", f"{words} {title}")
        self._name, self._title, self._context, self._lister = name, title, context, lister
        self.clicked.connect(self._browse)

    def _browse(self) -> None:
        function = self._context.function()
        if function is None:
            return
        columns = (
            Column[Resource](_("Name"), lambda row: row.name, 210, full=lambda row: row.arn),
            Column[Resource](_("Details"), lambda row: row.about, 180),
            Column[Resource](_("ARN"), lambda row: row.arn),
        )
        dialog = PickDialog(f"pick.{self._name}", self._title, columns, self.window())
        dialog.picked.connect(self.picked)
        dialog.read(self._context.jobs, lambda ctx: self._lister(function.connection, ctx))
        dialog.open()


class ReservedEditor(Editor):
    """A switch, and a number while it is on."""

    def __init__(self, title: str) -> None:
        super().__init__()
        words = _("Reserve")
        self.switch = named(QCheckBox(words), "reserve.reserved_concurrency", f"{title}: {words}")
        self.line = named(QLineEdit(), "setting.reserved_concurrency", title)
        self.line.setFixedWidth(scaled(NUMBER_WIDTH))
        self._hold(self.switch, self.line, stretch=False)
        self.switch.clicked.connect(self._switched)
        self.line.textEdited.connect(self.edited)

    def show_value(self, value: Any) -> None:
        self.switch.setChecked(value is not None)
        text = "" if value is None else str(value)
        if self.line.text() != text:
            self.line.setText(text)
        self.line.setEnabled(value is not None)

    def value(self) -> int | None:
        return int(self.line.text().strip()) if self.switch.isChecked() else None

    def fault(self) -> str:
        text = self.line.text().strip()
        if self.switch.isChecked() and not (text.isascii() and text.isdigit()):
            return _("Enter a whole number of at least 0.")
        return ""

    def warning(self) -> str:
        if self.switch.isChecked() and self.line.text().strip() == "0":
            return _(
                "0: all invocations are throttled. Messages of SQS queues are still received and can go to "
                "the dead-letter queue. Emergency Stop can disable the triggers too."
            )
        return ""

    def _switched(self) -> None:
        on = self.switch.isChecked()
        self.line.setEnabled(on)
        if on and not self.line.text():
            self.line.setText(_USUAL_RESERVED)
            self.line.selectAll()
            self.line.setFocus()
        self.edited.emit()

"""A button that opens a list of what the account has; the ARN can be typed all the same."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QPushButton

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.account_resources import Resource
from workbench.ui.configuring.pick_dialog import PickDialog
from workbench.ui.configuring.supply import Supply
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow

Lister = Callable[[Connection, JobContext], object]
"""Emits tuples of Resource."""


class BrowseButton(QPushButton):
    """Chooses an ARN.

    Args:
        name: Of the setting.
        title: What is chosen.
        supply: Where to look.
        lister: Reads what there is.

    Signals:
        picked: The ARN.
    """

    picked = Signal(str)

    def __init__(self, name: str, title: str, supply: Supply, lister: Lister) -> None:
        words = QCoreApplication.translate("Configuration", "Choose…")
        super().__init__(words)
        named(self, f"browse.{name}", f"{words} {title}")
        self._name, self._title, self._supply, self._lister = name, title, supply, lister
        self.clicked.connect(self._browse)

    def _browse(self) -> None:
        function = self._supply.function()
        if function is None:
            return
        translate = QCoreApplication.translate
        headers = (
            translate("Configuration", "Name"),
            translate("Configuration", "Details"),
            translate("Configuration", "ARN"),
        )
        dialog = PickDialog(f"pick.{self._name}", self._title, headers, (210, 180, 0), self.window())
        dialog.picked.connect(self.picked)
        dialog.read(self._supply.jobs, lambda ctx: self._lister(function.connection, ctx), _row)
        dialog.open()


def _row(resource: object) -> TableRow:
    assert isinstance(resource, Resource)
    return TableRow((resource.name, resource.about, resource.arn), ((0, resource.arn),))

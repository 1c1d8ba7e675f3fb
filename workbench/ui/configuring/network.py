"""Subnets and security groups: lines of ids, and a list of what the region has."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QPushButton

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.account_resources import NetworkPart
from workbench.ui.configuring.lines import LinesEditor
from workbench.ui.configuring.pick_dialog import PickDialog
from workbench.ui.configuring.supply import Supply
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow

Lister = Callable[[Connection, JobContext], tuple[NetworkPart, ...]]


class NetworkEditor(LinesEditor):
    """Ids, one a line.

    Args:
        name: Of the setting.
        title: What they are called.
        supply: Where to look.
        lister: Reads what there is.
        most: How many there may be.
        wrong: Said of one that has not the right form, with %1 for it.
    """

    def __init__(self, name: str, title: str, supply: Supply, lister: Lister, most: int, wrong: str) -> None:
        translate = QCoreApplication.translate
        super().__init__(
            name,
            title,
            supply.limits.text(name),
            most,
            translate("Configuration", "One ID per line"),
            wrong,
        )
        self._name, self._title, self._supply, self._lister = name, title, supply, lister
        words = translate("Configuration", "Choose…")
        self.browse = named(QPushButton(words), f"browse.{name}", f"{words} {title}")
        self.browse.clicked.connect(self._browse)
        row = self.layout()
        assert row is not None
        row.addWidget(self.browse)

    def add(self, id_: str) -> None:
        """Puts one at the end, unless it is there."""
        if id_ not in self.value():
            self.text.setPlainText("\n".join((*self.value(), id_)))

    def _browse(self) -> None:
        function = self._supply.function()
        if function is None:
            return
        translate = QCoreApplication.translate
        headers = (
            translate("Configuration", "ID"),
            translate("Configuration", "Name"),
            translate("Configuration", "VPC"),
            translate("Configuration", "Details"),
        )
        dialog = PickDialog(f"pick.{self._name}", self._title, headers, (220, 160, 200, 0), self.window())
        dialog.picked.connect(self.add)
        dialog.read(self._supply.jobs, lambda ctx: self._lister(function.connection, ctx), _row)
        dialog.open()


def _row(part: object) -> TableRow:
    assert isinstance(part, NetworkPart)
    return TableRow((part.id, part.name, part.vpc_id, part.about))

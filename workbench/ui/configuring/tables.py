"""The tables of the form beside the environment: tags, and provisioned concurrency."""

from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QPushButton

from workbench.aws.quotas import TextLimit
from workbench.core.jobs import JobContext
from workbench.functions.versions import Alias, Version, list_aliases, list_versions
from workbench.ui.configuring.pairs import PairsEditor
from workbench.ui.configuring.pick_dialog import PickDialog
from workbench.ui.configuring.supply import Supply
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow


class ProvisionedEditor(PairsEditor):
    """How many environments stand ready, by alias or version.

    Args:
        title: What it is called.
        supply: Where to look.
    """

    def __init__(self, title: str, supply: Supply) -> None:
        translate = QCoreApplication.translate
        headers = (
            translate("Configuration", "Alias or version"),
            translate("Configuration", "Concurrency"),
        )
        super().__init__("provisioned", title, headers, translate("Configuration", "Add"))
        self._supply = supply
        words = translate("Configuration", "Choose Alias or Version…")
        self.browse = named(QPushButton(words), "browse.provisioned", words)
        self.buttons.insertWidget(0, self.browse)
        self.browse.clicked.connect(self._browse)

    def setEnabled(self, enabled: bool) -> None:
        """As PairsEditor."""
        super().setEnabled(enabled)
        self.browse.setEnabled(enabled)

    def _browse(self) -> None:
        function = self._supply.function()
        if function is None:
            return
        translate = QCoreApplication.translate
        name, connection = function.detail.function_name, function.connection

        def read(ctx: JobContext) -> None:
            ctx.emit(list_aliases(connection, name, ctx))
            list_versions(connection, name, ctx)

        headers = (translate("Configuration", "Alias or version"), translate("Configuration", "Description"))
        title = translate("Configuration", "Choose Alias or Version")
        dialog = PickDialog("pickQualifier", title, headers, (220, 0), self.window())
        dialog.picked.connect(self.provision)
        dialog.read(self._supply.jobs, read, _row)
        dialog.open()

    def provision(self, qualifier: str) -> None:
        """Goes to the number of an alias or a version, which is added unless it is there."""
        names = [name for name, _number in self.model.pairs()]
        if qualifier not in names:
            index = self.model.add()
            self.model.setData(index, qualifier)
            self.model.setData(index.siblingAtColumn(1), "1")
            row = index.row()
        else:
            row = names.index(qualifier)
        self.view.setCurrentIndex(self.model.index(row, 1))
        self.view.setFocus()

    def value(self) -> Any:
        return tuple(sorted((name, int(number)) for name, number in self.model.pairs()))

    def fault(self) -> str:
        translate = QCoreApplication.translate
        if wrong := self.twice():
            return wrong
        for name, number in self.model.pairs():
            if name == "$LATEST":
                return translate(
                    "Configuration", "$LATEST cannot have provisioned concurrency. Publish a version."
                )
            if not (number.isascii() and number.isdigit() and int(number) > 0):
                return translate("Configuration", "%1: enter a whole number of at least 1.").replace(
                    "%1", name
                )
        return ""


class TagsEditor(PairsEditor):
    """The function's tags.

    Args:
        title: What they are called.
        key: The model's limits for a key.
        value: And for a value.
        most: How many there may be.
    """

    def __init__(self, title: str, key: TextLimit | None, value: TextLimit | None, most: int) -> None:
        translate = QCoreApplication.translate
        headers = (translate("Configuration", "Key"), translate("Configuration", "Value"))
        super().__init__("tags", title, headers, translate("Configuration", "Add Tag"))
        self._key, self._value, self._most = key, value, most

    def fault(self) -> str:
        translate = QCoreApplication.translate
        pairs = self.model.pairs()
        if wrong := self.twice():
            return wrong
        for name, text in pairs:
            if (name, text) in self._shown:
                continue
            if name.lower().startswith("aws:"):
                return translate(
                    "Configuration", "%1: keys that begin with “aws:” are reserved by AWS."
                ).replace("%1", name)
            if not (self._key is None or self._key.accepts(name)) or not (
                self._value is None or self._value.accepts(text)
            ):
                words = translate(
                    "Configuration",
                    "%1: use letters, digits, spaces and _ . : / = + - @. Keys can have up to "
                    "128 characters, values up to 256.",
                )
                return words.replace("%1", name[:60])
        own = [name for name, _text in pairs if not name.lower().startswith("aws:")]
        if len(own) > self._most:
            words = translate("Configuration", "%1 tags. The maximum is %2.")
            return words.replace("%1", str(len(own))).replace("%2", str(self._most))
        return ""


def _row(each: object) -> TableRow:
    assert isinstance(each, Alias | Version)
    if isinstance(each, Alias):
        return TableRow((each.name, each.description or f"→ {each.version}"))
    return TableRow((each.version, each.description))

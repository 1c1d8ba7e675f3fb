"""The layers of a function, in their order: chosen from the account's, moved, brought up to date."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QListWidget, QPushButton, QVBoxLayout

from workbench.aws.quotas import LAYERS_LIMIT
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.functions.layers import LayerVersion, list_layers, newest_version
from workbench.ui.configuring.editors import Editor
from workbench.ui.configuring.pick_dialog import PickDialog
from workbench.ui.configuring.publish_layer import PublishLayerDialog
from workbench.ui.configuring.supply import Supply
from workbench.ui.kit.empty_message import EmptyMessage
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import text_label

_HEIGHT = 150


class LayersEditor(Editor):
    """A list of ARNs. The first layer is unpacked first; a later one's files win.

    Args:
        title: What they are called.
        supply: Where to look.
    """

    def __init__(self, title: str, supply: Supply) -> None:
        super().__init__()
        translate = QCoreApplication.translate
        self._supply = supply
        self._shown: tuple[str, ...] = ()
        self.list = named(QListWidget(), "setting.layers", title)
        self.list.setFixedHeight(scaled(_HEIGHT))
        EmptyMessage(self.list, translate("Configuration", "This function has no layers."))
        words = translate("Configuration", "Layer version ARN")
        self.arn = named(QLineEdit(), "arn.layers", words)
        self.arn.setPlaceholderText(words)
        self.said = text_label("said.layers", "", "warning")
        self.said.setVisible(False)
        self.buttons: dict[str, QPushButton] = {}
        for name, words in (
            ("browse", translate("Configuration", "Choose Layer…")),
            ("publish", translate("Configuration", "Publish Folder…")),
            ("up", translate("Configuration", "Move Up")),
            ("down", translate("Configuration", "Move Down")),
            ("newest", translate("Configuration", "Newest Version")),
            ("remove", translate("Configuration", "Remove")),
            ("add", translate("Configuration", "Add ARN")),
        ):
            self.buttons[name] = named(QPushButton(words), f"{name}.layers", words)
        row = QHBoxLayout()
        row.setSpacing(8)
        for name in ("browse", "publish", "up", "down", "newest", "remove"):
            row.addWidget(self.buttons[name])
        row.addStretch(1)
        typed = QHBoxLayout()
        typed.setSpacing(8)
        typed.addWidget(self.arn, 1)
        typed.addWidget(self.buttons["add"])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.list)
        column.addLayout(row)
        column.addLayout(typed)
        column.addWidget(self.said)
        self.setFocusProxy(self.list)
        self.buttons["browse"].clicked.connect(self._browse)
        self.buttons["publish"].clicked.connect(self._choose_folder)
        self.buttons["up"].clicked.connect(lambda: self._move(-1))
        self.buttons["down"].clicked.connect(lambda: self._move(1))
        self.buttons["newest"].clicked.connect(self._look_for_newest)
        self.buttons["remove"].clicked.connect(self._remove)
        self.buttons["add"].clicked.connect(lambda: self.add(self.arn.text()))
        self.arn.returnPressed.connect(lambda: self.add(self.arn.text()))
        self.list.currentRowChanged.connect(lambda _row: self._switch())
        self._switch()

    def show_value(self, value: Any) -> None:
        self._shown = tuple(value)
        if self.value() == self._shown:
            return
        self._say("")
        self._put(list(self._shown), self.list.currentRow())

    def value(self) -> tuple[str, ...]:
        return tuple(self.list.item(row).text() for row in range(self.list.count()))

    def fault(self) -> str:
        translate = QCoreApplication.translate
        arns = self.value()
        if arns == self._shown:
            return ""
        if len(arns) > LAYERS_LIMIT:
            words = translate("Configuration", "%1 layers. The maximum is %2.")
            return words.replace("%1", str(len(arns))).replace("%2", str(LAYERS_LIMIT))
        names = [arn.rpartition(":")[0] for arn in arns]
        for number, name in enumerate(names):
            if name in names[:number]:
                words = translate(
                    "Configuration", "%1 is listed twice. AWS accepts one version of each layer."
                )
                return words.replace("%1", name.rpartition(":")[2])
        limit = self._supply.limits.text("layers")
        for arn in arns:
            if arn not in self._shown and limit is not None and not limit.accepts(arn):
                words = translate("Configuration", "“%1” is not a layer version ARN.")
                return words.replace("%1", arn[:60])
        return ""

    def add(self, arn: str) -> None:
        """Puts a layer at the end; another version of one that is there takes its place."""
        arn = arn.strip()
        if not arn:
            return
        arns = list(self.value())
        layer = arn.rpartition(":")[0]
        place = next((row for row, each in enumerate(arns) if each.rpartition(":")[0] == layer), len(arns))
        arns[place : place + 1] = [arn]
        self.arn.clear()
        self._edit(arns, place)

    def _edit(self, arns: list[str], current: int) -> None:
        self._say("")
        self._put(arns, current)
        self.edited.emit()

    def _put(self, arns: list[str], current: int) -> None:
        self.list.clear()
        self.list.addItems(arns)
        self.list.setCurrentRow(min(max(current, 0), len(arns) - 1))
        self._switch()

    def _move(self, by: int) -> None:
        arns, row = list(self.value()), self.list.currentRow()
        arns.insert(row + by, arns.pop(row))
        self._edit(arns, row + by)

    def _remove(self) -> None:
        arns, row = list(self.value()), self.list.currentRow()
        del arns[row]
        self._edit(arns, row)

    def _switch(self) -> None:
        row, count = self.list.currentRow(), self.list.count()
        there = 0 <= row < count
        for name in ("newest", "remove"):
            self.buttons[name].setEnabled(there)
        self.buttons["up"].setEnabled(there and row > 0)
        self.buttons["down"].setEnabled(there and row < count - 1)

    def _browse(self) -> None:
        function = self._supply.function()
        if function is None:
            return
        translate = QCoreApplication.translate
        headers = (
            translate("Configuration", "Layer"),
            translate("Configuration", "Version"),
            translate("Configuration", "Runtimes"),
            translate("Configuration", "Description"),
        )
        dialog = PickDialog(
            "pickLayer", translate("Configuration", "Choose Layer"), headers, (220, 70, 220, 0), self.window()
        )
        dialog.picked.connect(self.add)
        dialog.read(self._supply.jobs, lambda ctx: list_layers(function.connection, ctx), _row)
        dialog.open()

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self.window(), QCoreApplication.translate("Configuration", "Choose Folder"))
        dialog.setObjectName("chooseLayerFolder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda folder: self.publish(Path(folder)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def publish(self, folder: Path) -> None:
        """Asks how a folder is to be published as a layer; the version then joins the list."""
        if (function := self._supply.function()) is not None:
            dialog = PublishLayerDialog(folder, function, self._supply, self.window())
            dialog.published.connect(self.add)
            dialog.open()

    def _look_for_newest(self) -> None:
        function, row = self._supply.function(), self.list.currentRow()
        if function is None or not 0 <= row < self.list.count():
            return
        arn = self.list.item(row).text()

        def run(ctx: JobContext) -> str:
            return newest_version(function.connection, arn, ctx)

        self._say(QCoreApplication.translate("Configuration", "Checking…"), "muted")
        self._supply.jobs.submit(
            Job(
                QCoreApplication.translate("Configuration", "Checking for newer versions"),
                run,
                replaces="configuration.newest",
                quiet=True,
                on_done=lambda newest: self._newest(arn, newest),
                on_error=self._failed,
            )
        )

    def _newest(self, arn: str, newest: str) -> None:
        if newest == arn:
            self._say(QCoreApplication.translate("Configuration", "This is the latest version."), "muted")
        elif arn in self.value():
            self.add(newest)

    def _failed(self, error: WorkbenchError) -> None:
        self._say(str(error), "danger")

    def _say(self, words: str, role: str = "muted") -> None:
        self.said.setText(words)
        self.said.setAccessibleName(words)
        self.said.setProperty("role", role)
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)
        self.said.setVisible(bool(words))


def _row(layer: object) -> TableRow:
    assert isinstance(layer, LayerVersion)
    texts = (layer.name, str(layer.version), ", ".join(layer.runtimes), layer.description)
    return TableRow(texts, full=((0, layer.arn),))

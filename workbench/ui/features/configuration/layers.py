"""The layers of a function: chosen from the account's, moved, updated, or published from a folder."""

import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.quotas import LAYERS_LIMIT, ZIP_LIMIT_BYTES
from workbench.code.package import Secret
from workbench.code.package.scan import left_out_notes
from workbench.code.package_contents import (
    PROJECT,
    PackagePreview,
    folder_workspace,
    material_of_folder,
    outlook,
)
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, megabytes
from workbench.core.jobs import Job, JobContext, JobHandle, Progress
from workbench.core.messages import _
from workbench.functions.account_resources import (
    LayerVersion,
    NewLayer,
    find_layer,
    is_layer_name,
    layer_name,
    list_layers,
    newest_version,
    publish_layer,
)
from workbench.ui.features.configuration.fields import EditorContext, PickDialog
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.empty import EmptyMessage
from workbench.ui.kit.fields import Editor
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.form import Form
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLine, named, show_message, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.services import OpenFunction

_RUNTIME_FOLDERS = {"python": "python", "nodejs": "nodejs", "ruby": "ruby", "java": "java"}
"""Family of runtimes -> the folder of a layer in which they look for packages.
Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html"""
_INSPECT = "layer.look"
_LIST_HEIGHT = 150
_DESCRIPTION_LIMIT = 256


class PublishLayerDialog(Dialog):
    """Publishes a folder. `published` carries the ARN of the version.

    Args:
        folder: What becomes the layer.
        function: For whose account, region, runtime and architecture.
        context: Runs it.
        parent: The window.
    """

    published = Signal(str)

    def __init__(self, folder: Path, function: OpenFunction, context: EditorContext, parent: QWidget) -> None:
        super().__init__("publishLayer", "", parent)
        self.set_title(_("Publish Folder as Layer"))
        self._folder, self._function, self._context = folder, function, context
        self._running: JobHandle | None = None
        detail = function.detail
        self.name = named(
            PlainLine(layer_name(folder.name).strip("-") or "layer"), "publishLayerName", _("Name")
        )
        self.description = named(PlainLine(), "publishLayerDescription", _("Description"))
        self.description.setMaxLength(_DESCRIPTION_LIMIT)
        form = Form(spacing=8)
        form.add(text_label("publishLayerFolder", str(folder)), _("Folder"))
        form.add(self.name, _("Name"))
        form.add(self.description, _("Description"))
        self.secrets = text_label("publishLayerSecrets", "", "muted")
        self.secrets.setVisible(False)
        form.add_widget(self.secrets)
        compatible = ", ".join(filter(None, (detail.runtime, *detail.architectures)))
        form.add(text_label("publishLayerFor", compatible, "muted"), _("Compatible with"))
        self.content.addWidget(form)
        self.publish = self.add_button("publishLayerGo", _("Publish"), "primary")
        self._cancel = self.add_button("publishLayerCancel", _("Cancel"))
        self.publish.clicked.connect(self._ask)
        self._cancel.clicked.connect(self.reject)
        self.name.textChanged.connect(self._check)
        self.finish_layout()
        self._check()
        self._inspect()
        self.name.setFocus()

    def reject(self) -> None:
        """Cancels the sending first, if there is one."""
        if self._running is not None:
            self._running.cancel()
        else:
            super().reject()

    def _check(self) -> None:
        self.publish.setEnabled(is_layer_name(self.name.text().strip()))

    def _inspect(self) -> None:
        """Says what stays out, and when the runtime will not find what is in the folder."""
        folder = self._folder
        self._context.jobs.submit(
            Job(
                _("Checking {folder}").format(folder=folder.name),
                lambda ctx: outlook(material_of_folder(folder, ctx), PROJECT),
                replaces=_INSPECT,
                quiet=True,
                on_done=self._show_secrets,
                on_error=lambda error: self.set_message(str(error), "warning"),
            )
        )
        self.finished.connect(lambda _result: self._context.jobs.drop(_INSPECT))
        runtime = self._function.detail.runtime
        family = next((each for each in _RUNTIME_FOLDERS if runtime.startswith(each)), "")
        if family and not (self._folder / _RUNTIME_FOLDERS[family]).is_dir():
            words = _("The folder does not contain “{runtime_folders}”, where this runtime expects packages.")
            self.set_message(words.format(runtime_folders=_RUNTIME_FOLDERS[family]), "warning")

    def _show_secrets(self, seen: PackagePreview) -> None:
        if notes := left_out_notes(dict.fromkeys(seen.secrets(Secret.LEFT_OUT), Secret.LEFT_OUT)):
            self.secrets.setText("\n".join(notes))
            self.secrets.setVisible(True)
            self.resize_to_content()

    def _ask(self) -> None:
        self._context.before_write(self._function, self._publish)

    def _publish(self) -> None:
        name, description = self.name.text().strip(), self.description.text().strip()
        folder, function = self._folder, self._function
        self._work(working=True)
        self._running = self._context.jobs.submit(
            Job(
                _("Publishing {name}").format(name=name),
                lambda ctx: publish_folder(function, folder, name, description, ctx),
                on_progress=self._show,
                on_done=self._done,
                on_error=self._failed,
                on_cancelled=self._cancelled,
            )
        )

    def _show(self, progress: Progress) -> None:
        if self._running is not None:
            self.set_message(progress.text or _("Packing…"))

    def _done(self, arn: str) -> None:
        self._running = None
        self.published.emit(arn)
        self.accept()

    def _failed(self, error: WorkbenchError) -> None:
        self._work(working=False)
        self.set_error(error)

    def _cancelled(self) -> None:
        self._work(working=False)
        self.set_message(_("Cancelled."))

    def _work(self, *, working: bool) -> None:
        self._running = None
        for widget in (self.name, self.description, self.publish):
            widget.setEnabled(not working)
        if working:
            self.set_message(_("Packing…"))
        else:
            self._check()


def publish_folder(function: OpenFunction, folder: Path, name: str, description: str, ctx: JobContext) -> str:
    """Packs a folder and publishes it, unless its latest versions have this very content.

    Returns:
        The ARN of the version.

    Raises:
        WorkbenchError: It cannot be read, is empty or too large; AWS refuses.
        Cancelled: Nothing was published.
    """
    connection, detail = function.connection, function.detail
    what = _("The layer {name} was not published.").format(name=name)
    try:
        with tempfile.TemporaryDirectory(prefix="workbench-layer-") as scratch:
            package = folder_workspace(folder, Path(scratch)).package(ctx)
            if package.size_bytes > ZIP_LIMIT_BYTES:
                raise WorkbenchError(
                    what,
                    _("The .zip file has {size} MB; the maximum for a direct upload is {maximum} MB.").format(
                        size=megabytes(package.size_bytes), maximum=megabytes(ZIP_LIMIT_BYTES)
                    ),
                    _("Publish it from S3 with the AWS CLI, then choose it here."),
                )
            if found := find_layer(connection, name, package.code_sha256, ctx):
                return found
            ctx.progress(0, 0, _("Uploading {size} MB").format(size=megabytes(package.size_bytes)))
            content = {"ZipFile": package.path.read_bytes()}
    except OSError as error:
        raise explain_os_error(error, what, folder) from error
    architecture = detail.architectures[0]
    layer = NewLayer(name, description, content, package.code_sha256, detail.runtime, architecture)
    return publish_layer(connection, layer)


class LayersEditor(Editor):
    """A list of ARNs. The first layer is unpacked first; a later one's files win.

    Args:
        title: What they are called.
        context: Where to look.
    """

    def __init__(self, title: str, context: EditorContext) -> None:
        super().__init__()
        self._context = context
        self._shown: tuple[str, ...] = ()
        self.list = named(QListWidget(), "setting.layers", title)
        self.list.setFixedHeight(scaled(_LIST_HEIGHT))
        EmptyMessage(self.list, _("This function has no layers."))
        words = _("Layer version ARN")
        self.arn = named(PlainLine(), "arn.layers", words)
        self.arn.setPlaceholderText(words)
        self.said = text_label("said.layers", "", "warning")
        self.said.setVisible(False)
        self.buttons: dict[str, QPushButton] = {}
        for name, words in (
            ("browse", _("Choose Layer…")),
            ("publish", _("Publish Folder…")),
            ("up", _("Move Up")),
            ("down", _("Move Down")),
            ("newest", _("Newest Version")),
            ("remove", _("Remove")),
            ("add", _("Add ARN")),
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
        self.buttons["newest"].clicked.connect(self._find_newest)
        self.buttons["remove"].clicked.connect(self._remove)
        self.buttons["add"].clicked.connect(lambda: self.add(self.arn.text()))
        self.arn.returnPressed.connect(lambda: self.add(self.arn.text()))
        self.list.currentRowChanged.connect(lambda _row: self._switch())
        self._switch()

    def show_value(self, value: Any) -> None:
        self._shown = tuple(value)
        if self.value() == self._shown:
            return
        self._show_message("")
        self._put(list(self._shown), self.list.currentRow())

    def value(self) -> tuple[str, ...]:
        return tuple(self.list.item(row).text() for row in range(self.list.count()))

    def fault(self) -> str:
        arns = self.value()
        if arns == self._shown:
            return ""
        if len(arns) > LAYERS_LIMIT:
            words = _("{count} layers. The maximum is {layers_limit}.")
            return words.format(count=str(len(arns)), layers_limit=str(LAYERS_LIMIT))
        names = [arn.rpartition(":")[0] for arn in arns]
        for number, name in enumerate(names):
            if name in names[:number]:
                words = _("{layer} is listed twice. AWS accepts one version of each layer.")
                return words.format(layer=name.rpartition(":")[2])
        limit = self._context.limits.text("layers")
        for arn in arns:
            if arn not in self._shown and limit is not None and not limit.accepts(arn):
                words = _("“{arn}” is not a layer version ARN.")
                return words.format(arn=arn[:60])
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
        self._show_message("")
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
        function = self._context.function()
        if function is None:
            return
        columns = (
            Column[LayerVersion](_("Layer"), lambda layer: layer.name, 220, full=lambda layer: layer.arn),
            Column[LayerVersion](_("Version"), lambda layer: str(layer.version), 70),
            Column[LayerVersion](_("Runtimes"), lambda layer: ", ".join(layer.runtimes), 220),
            Column[LayerVersion](_("Description"), lambda layer: layer.description),
        )
        dialog = PickDialog("pickLayer", _("Choose Layer"), columns, self.window())
        dialog.picked.connect(self.add)
        dialog.read(self._context.jobs, lambda ctx: list_layers(function.connection, ctx))
        dialog.open()

    def _choose_folder(self) -> None:
        dialog = FileDialog("chooseLayerFolder", _("Choose Folder"), self.window())
        dialog.ask_for_folder()
        dialog.fileSelected.connect(lambda folder: self.publish(Path(folder)))
        dialog.open()

    def publish(self, folder: Path) -> None:
        """Asks how a folder is to be published as a layer; the version then joins the list."""
        if (function := self._context.function()) is not None:
            dialog = PublishLayerDialog(folder, function, self._context, self.window())
            dialog.published.connect(self.add)
            dialog.open()

    def _find_newest(self) -> None:
        function, row = self._context.function(), self.list.currentRow()
        if function is None or not 0 <= row < self.list.count():
            return
        arn = self.list.item(row).text()

        def run(ctx: JobContext) -> str:
            return newest_version(function.connection, arn, ctx)

        self._show_message(_("Checking…"), "muted")
        self._context.jobs.submit(
            Job(
                _("Checking for newer versions"),
                run,
                replaces="configuration.newest",
                quiet=True,
                on_done=lambda newest: self._newest(arn, newest),
                on_error=self._failed,
            )
        )

    def _newest(self, arn: str, newest: str) -> None:
        if newest == arn:
            self._show_message(_("This is the latest version."), "muted")
        elif arn in self.value():
            self.add(newest)

    def _failed(self, error: WorkbenchError) -> None:
        self._show_message(str(error), "danger")

    def _show_message(self, words: str, role: str = "muted") -> None:
        show_message(self.said, words, role)

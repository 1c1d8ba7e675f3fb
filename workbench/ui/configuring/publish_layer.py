"""Publishing a folder as a layer, from the form: its name, what is wrong with the folder, the sending."""

import tempfile
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.code.package import Secret
from workbench.code.package.secrets_found import left_out_notes
from workbench.code.package_contents import PROJECT, Outlook, folder_workspace, material_of_folder, outlook
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, megabytes
from workbench.core.jobs import Job, JobContext, JobHandle, Progress
from workbench.functions.layers import NewLayer, find_layer, is_layer_name, layer_name, publish_layer
from workbench.ui.configuring.supply import Supply
from workbench.ui.named import named
from workbench.ui.services import OpenFunction
from workbench.ui.sign_in.form import Form, text_label

_PLACES = {"python": "python", "nodejs": "nodejs", "ruby": "ruby", "java": "java"}
"""Family of runtimes -> the folder of a layer in which they look for packages.
Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html"""
_LOOK = "layer.look"
_DESCRIPTION_LIMIT = 256


class PublishLayerDialog(Form):
    """Publishes a folder. `published` carries the ARN of the version.

    Args:
        folder: What becomes the layer.
        function: For whose account, region, runtime and architecture.
        supply: Runs it.
        parent: The window.
    """

    published = Signal(str)

    def __init__(self, folder: Path, function: OpenFunction, supply: Supply, parent: QWidget) -> None:
        super().__init__("publishLayer", "", parent)
        self.set_title(self.tr("Publish Folder as Layer"))
        self._folder, self._function, self._supply = folder, function, supply
        self._running: JobHandle | None = None
        detail = function.detail
        self.name = named(
            QLineEdit(layer_name(folder.name).strip("-") or "layer"), "publishLayerName", self.tr("Name")
        )
        self.description = named(QLineEdit(), "publishLayerDescription", self.tr("Description"))
        self.description.setMaxLength(_DESCRIPTION_LIMIT)
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow(self.tr("Folder"), text_label("publishLayerFolder", str(folder)))
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Description"), self.description)
        self.secrets = text_label("publishLayerSecrets", "", "muted")
        self.secrets.setVisible(False)
        form.addRow(self.secrets)
        compatible = ", ".join(filter(None, (detail.runtime, *detail.architectures)))
        form.addRow(self.tr("Compatible with"), text_label("publishLayerFor", compatible, "muted"))
        self.content.addLayout(form)
        self.publish = self.add_button("publishLayerGo", self.tr("Publish"), "primary")
        self._cancel = self.add_button("publishLayerCancel", self.tr("Cancel"))
        self.publish.clicked.connect(self._ask)
        self._cancel.clicked.connect(self.reject)
        self.name.textChanged.connect(self._check)
        self.finish_layout()
        self._check()
        self._look()
        self.name.setFocus()

    def reject(self) -> None:
        """Cancels the sending first, if there is one."""
        if self._running is not None:
            self._running.cancel()
        else:
            super().reject()

    def _check(self) -> None:
        self.publish.setEnabled(is_layer_name(self.name.text().strip()))

    def _look(self) -> None:
        """Says what stays out, and when the runtime will not find what is in the folder."""
        folder = self._folder
        self._supply.jobs.submit(
            Job(
                self.tr("Checking %1").replace("%1", folder.name),
                lambda ctx: outlook(material_of_folder(folder, ctx), PROJECT),
                replaces=_LOOK,
                quiet=True,
                on_done=self._show_secrets,
                on_error=lambda error: self.say(str(error), "warning"),
            )
        )
        self.finished.connect(lambda _result: self._supply.jobs.drop(_LOOK))
        runtime = self._function.detail.runtime
        family = next((each for each in _PLACES if runtime.startswith(each)), "")
        if family and not (self._folder / _PLACES[family]).is_dir():
            words = self.tr("The folder does not contain “%1”, where this runtime expects packages.")
            self.say(words.replace("%1", _PLACES[family]), "warning")

    def _show_secrets(self, seen: Outlook) -> None:
        if notes := left_out_notes(dict.fromkeys(seen.secrets(Secret.LEFT_OUT), Secret.LEFT_OUT)):
            self.secrets.setText("\n".join(notes))
            self.secrets.setVisible(True)
            self.fit()

    def _ask(self) -> None:
        self._supply.before_write(self._function, self._publish)

    def _publish(self) -> None:
        name, description = self.name.text().strip(), self.description.text().strip()
        folder, function = self._folder, self._function
        self._work(working=True)
        self._running = self._supply.jobs.submit(
            Job(
                self.tr("Publishing %1").replace("%1", name),
                lambda ctx: publish_folder(function, folder, name, description, ctx),
                on_progress=self._show,
                on_done=self._done,
                on_error=self._failed,
                on_cancelled=self._cancelled,
            )
        )

    def _show(self, progress: Progress) -> None:
        if self._running is not None:
            self.say(progress.text or self.tr("Packing…"))

    def _done(self, arn: str) -> None:
        self._running = None
        self.published.emit(arn)
        self.accept()

    def _failed(self, error: WorkbenchError) -> None:
        self._work(working=False)
        self.say_error(error)

    def _cancelled(self) -> None:
        self._work(working=False)
        self.say(self.tr("Cancelled."))

    def _work(self, *, working: bool) -> None:
        self._running = None
        for widget in (self.name, self.description, self.publish):
            widget.setEnabled(not working)
        if working:
            self.say(self.tr("Packing…"))
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
    what = f"The layer {name} was not published."
    try:
        with tempfile.TemporaryDirectory(prefix="workbench-layer-") as scratch:
            package = folder_workspace(folder, Path(scratch)).package(ctx)
            if package.size_bytes > ZIP_LIMIT_BYTES:
                raise WorkbenchError(
                    what,
                    f"The .zip file has {megabytes(package.size_bytes)} MB; the maximum for a "
                    f"direct upload is {megabytes(ZIP_LIMIT_BYTES)} MB.",
                    "Publish it from S3 with the AWS CLI, then choose it here.",
                )
            if found := find_layer(connection, name, package.code_sha256, ctx):
                return found
            ctx.progress(0, 0, f"Uploading {megabytes(package.size_bytes)} MB")
            content = {"ZipFile": package.path.read_bytes()}
    except OSError as error:
        raise explain_os_error(error, what, folder) from error
    architecture = detail.architectures[0]
    layer = NewLayer(name, description, content, package.code_sha256, detail.runtime, architecture)
    return publish_layer(connection, layer)

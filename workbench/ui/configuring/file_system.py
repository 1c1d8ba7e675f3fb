"""The file system that a function mounts: its access point, where, and how S3 Files is read."""

from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLineEdit

from workbench.functions.account_resources import list_access_points
from workbench.functions.configuration import FileSystem
from workbench.ui.configuring.browsing import BrowseButton
from workbench.ui.configuring.editors import Editor
from workbench.ui.configuring.supply import Supply
from workbench.ui.named import named


class FileSystemEditor(Editor):
    """One file system, or none: AWS takes no more. Others that a function has are kept."""

    def __init__(self, title: str, supply: Supply) -> None:
        super().__init__()
        translate = QCoreApplication.translate
        limits = self._limits = supply.limits
        self._shown: tuple[FileSystem, ...] = ()
        arn, mount = translate("Configuration", "Access point ARN"), translate("Configuration", "Mount path")
        direct = translate("Configuration", "Direct S3 read")
        self.arn = named(QLineEdit(), "setting.file_systems", f"{title}: {arn}")
        self.arn.setPlaceholderText(translate("Configuration", "None"))
        self.mount = named(QLineEdit(), "mount.file_systems", f"{title}: {mount}")
        self.mount.setPlaceholderText("/mnt/data")
        self.direct = named(QComboBox(), "direct.file_systems", f"{title}: {direct}")
        self.direct.addItem(translate("Configuration", "AWS default"), "")
        for value in limits.known("direct_s3_read"):
            self.direct.addItem(value, value)
        self.browse = BrowseButton("file_systems", arn, supply, list_access_points)
        self.browse.picked.connect(self._take)
        access_point = QHBoxLayout()
        access_point.setSpacing(8)
        access_point.addWidget(self.arn, 1)
        access_point.addWidget(self.browse)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(8)
        form.addRow(arn, access_point)
        form.addRow(mount, self.mount)
        form.addRow(direct, self.direct)
        self.setFocusProxy(self.arn)
        for line in (self.arn, self.mount):
            line.textEdited.connect(self.edited)
        self.direct.activated.connect(self.edited)

    def show_value(self, value: Any) -> None:
        self._shown = tuple(value)
        first = self._shown[0] if self._shown else FileSystem("", "")
        for line, text in ((self.arn, first.arn), (self.mount, first.mount_path)):
            if line.text() != text:
                line.setText(text)
        if self.direct.findData(first.direct_s3_read) < 0:
            self.direct.addItem(first.direct_s3_read, first.direct_s3_read)
        self.direct.setCurrentIndex(self.direct.findData(first.direct_s3_read))

    def _take(self, arn: str) -> None:
        self.arn.setText(arn)
        self.arn.setCursorPosition(0)
        self.edited.emit()

    def value(self) -> tuple[FileSystem, ...]:
        arn, mount = self.arn.text().strip(), self.mount.text().strip()
        if not arn and not mount:
            return self._shown[1:]
        return (FileSystem(arn, mount, self.direct.currentData() or ""), *self._shown[1:])

    def fault(self) -> str:
        value = self.value()
        if value == self._shown or not value:
            return ""
        translate = QCoreApplication.translate
        arn, mount = self._limits.text("file_systems"), self._limits.text("mount_path")
        if arn is not None and not arn.accepts(value[0].arn):
            return translate("Configuration", "Enter the ARN of an Amazon EFS or S3 Files access point.")
        if mount is not None and not mount.accepts(value[0].mount_path):
            return translate("Configuration", "Enter a path below /mnt, such as /mnt/data.")
        return ""

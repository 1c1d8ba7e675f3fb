"""The Dependencies panel: what the package weighs, what in it is large, and what is wrong with it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES, ZIP_LIMIT_BYTES
from workbench.code.dependencies.inventory import SizeNode
from workbench.code.package_contents import WorkspaceXRay
from workbench.core.errors import WorkbenchError
from workbench.ui.actions import ActionRegistry
from workbench.ui.dependencies.findings import FindingList
from workbench.ui.dependencies.gauge import Gauge
from workbench.ui.dependencies.size_view import SizeView
from workbench.ui.dependencies.treemap import TreeMap
from workbench.ui.dependencies.words import standing_words
from workbench.ui.empty_state import EmptyState
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.theme import Theme


class DependenciesPanel(QWidget):
    """Shows one look at the open code.

    Signals:
        shown: It came to the front: what it shows should be as things are now.
        opened(path, line, column): A file is wanted.
    """

    shown = Signal()
    opened = Signal(str, int, int)

    def __init__(self, actions: ActionRegistry, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("dependenciesPanel")
        self.status = named(PlainLabel(), "dependenciesStatus")
        self.status.setWordWrap(True)  # two lines are as high as the buttons beside it
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.unpacked = Gauge("dependenciesUnpacked", self.tr("Unpacked"), UNZIPPED_LIMIT_BYTES, theme)
        self.packed = Gauge("dependenciesPacked", self.tr("Zip"), ZIP_LIMIT_BYTES, theme)
        self.unpacked.setToolTip(self.tr("Includes the layer with the dependencies. Other layers count too."))
        self.packed.setToolTip(self.tr("A larger .zip file is uploaded through S3."))
        self.sizes = SizeView()
        self.map = TreeMap(theme)
        self.findings = FindingList(actions, theme)
        self._empty = named(EmptyState(), "dependenciesEmpty")
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._lay_out(actions)
        self.map.chosen.connect(self.sizes.choose)
        self.sizes.part_chosen.connect(self.map.mark)
        self.findings.opened.connect(self.opened)
        self.clear()

    def clear(self) -> None:
        """Says that no code is open."""
        self._say(
            self.tr("No code open"), self.tr("Open a function's code to see its contents and dependencies.")
        )
        self.status.setText("")

    def show_looking(self) -> None:
        """Says that the first look is under way; what an earlier one found stays."""
        if self._stack.currentIndex() == 0:
            self._say(self.tr("Analyzing the code…"), "")

    def show_error(self, error: WorkbenchError) -> None:
        """Says why the code cannot be looked through."""
        self._say(error.what, " ".join(part for part in (error.why, error.remedy) if part))
        self.status.setText("")

    def show_look(self, look: WorkspaceXRay, nodes: Sequence[SizeNode]) -> None:
        """Shows what was found."""
        xray = look.xray
        self.status.setText(standing_words(look.status, len(xray.inventory.installed)))
        self.unpacked.show_size(xray.inventory.size_bytes + xray.layer_bytes)
        self.packed.show_size(xray.packed_bytes)
        self.sizes.show_nodes(nodes)
        self.map.show_nodes(nodes)
        self.findings.show_findings(xray.findings)
        self._stack.setCurrentIndex(1)
        for gauge in (self.unpacked, self.packed):
            gauge.setVisible(True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def _say(self, title: str, text: str) -> None:
        self._empty.set_text(title, text)
        self._stack.setCurrentIndex(0)
        for gauge in (self.unpacked, self.packed):
            gauge.setVisible(False)

    def _lay_out(self, actions: ActionRegistry) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.status, 1)
        row.addWidget(self.unpacked)
        row.addWidget(self.packed)
        for name, text in (  # their whole names are in the menu; here there is little room
            ("dependencies.install", self.tr("Install")),
            ("dependencies.move_to_layer", self.tr("Move to Layer…")),
            ("dependencies.look", ""),
        ):
            action, button = actions[name], named(QToolButton(), f"{name.replace('.', '_')}Button")
            button.setDefaultAction(action)
            button.setAccessibleName(action.text())
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            if text:
                action.setIconText(text)
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            row.addWidget(button)
        split = named(QSplitter(Qt.Orientation.Horizontal), "dependenciesSplitter")
        split.setChildrenCollapsible(False)
        for widget in (self.sizes, self.map, self.findings):
            split.addWidget(widget)
        split.setSizes([400, 270, 470])
        self._stack.addWidget(split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addLayout(self._stack, 1)

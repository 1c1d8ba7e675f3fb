"""Trigger Doctor…: the findings of the triggers in a region, by function, and what is to be repaired."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QProgressBar, QTreeWidget, QTreeWidgetItem, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Progress
from workbench.core.messages import _, ngettext
from workbench.triggers.doctor import REPAIRABLE, FleetRow, diagnose
from workbench.triggers.model import Trigger
from workbench.ui.icons import Icons
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import text_label, tool_tip
from workbench.ui.named import named
from workbench.ui.triggers.labels import SEVERITY_ICONS, kind_icon, link_label, trigger_name

_SIZE = QSize(960, 600)
_NAME_WIDTH, _LINK_WIDTH = 320, 150
_ROW, _TRIGGER = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1

Chosen = tuple[FleetRow, tuple[Trigger, ...]]
"""A function, and those of its triggers that shall be repaired."""


class DoctorWindow(Dialog):
    """Functions with findings; those without problems are only counted.

    Args:
        where: Account and region, as text.
        icons: For kinds and findings.
        parent: The main window.

    Signals:
        examine_wanted: All functions are to be checked again.
        cancel_wanted: Cancel was pressed during a check or a repair.
        repair_wanted: What is ticked, as a tuple of Chosen.
        open_wanted: The name of a function to open.
    """

    examine_wanted = Signal()
    cancel_wanted = Signal()
    repair_wanted = Signal(object)
    open_wanted = Signal(str)

    def __init__(self, where: str, icons: Icons, parent: QWidget) -> None:
        super().__init__("triggerDoctor", "", parent)
        self.set_title(_("Trigger Doctor"))
        self.setSizeGripEnabled(True)
        self._icons, self._rows = icons, list[FleetRow]()
        self.is_working = False
        words = _(
            "Checks the triggers of all functions in {where}. Nothing is changed until you choose Repair."
        )
        self.content.addWidget(text_label("doctorWords", words.format(where=where), "muted"))
        self.tree = named(QTreeWidget(), "doctorFindings", _("Findings by function"))
        self.tree.setHeaderLabels([_("Function and trigger"), _("Link"), _("Finding")])
        self.tree.setUniformRowHeights(True)
        header = self.tree.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.tree.setColumnWidth(0, _NAME_WIDTH)
        self.tree.setColumnWidth(1, _LINK_WIDTH)
        self.bar = named(QProgressBar(), "doctorProgress", _("Progress"))
        self.bar.setTextVisible(False)
        self.content.addWidget(self.tree, 1)
        self.content.addWidget(self.bar)
        self.finish_layout(stretch=False)
        self.again = self.add_button("doctorAgain", _("Check Again"))
        self.open_function = self.add_button("doctorOpen", _("Open Function"))
        self.close_button = self.add_button("doctorClose", _("Close"))
        self.repair = self.add_button("doctorRepair", _("Repair…"), "primary")
        self.again.clicked.connect(self.examine_wanted)
        self.close_button.clicked.connect(self.reject)
        self.repair.clicked.connect(lambda: self.repair_wanted.emit(self.chosen()))
        self.open_function.clicked.connect(self._open)
        self.tree.itemChanged.connect(lambda *__: self._switch())
        self.tree.itemSelectionChanged.connect(self._switch)
        self.tree.itemActivated.connect(lambda *__: self._open())
        self.resize(_SIZE)
        self._switch()

    def fit(self) -> None:
        """Keeps its size: the table takes what room there is."""

    # What comes ---------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A check begins."""
        self._rows = []
        self.tree.clear()
        self.set_working(working=True)
        self.say(_("Listing the functions…"))

    def add_row(self, row: FleetRow) -> None:
        """Adds a function that was checked; one without problems is only counted."""
        self._rows.append(row)
        findings = [
            (trigger, finding)
            for trigger in row.report.triggers
            if (finding := diagnose(trigger, row.report.observed)) is not None
        ]
        if not findings and not row.report.problems:
            return
        name = row.detail.function_name
        title = name if row.exists else _("{name} (does not exist)").format(name=name)
        top = QTreeWidgetItem([title])
        top.setData(0, _ROW, row)
        top.setIcon(0, self._icons.get("square-function", "muted"))
        for trigger, finding in findings:
            texts = [trigger_name(trigger), link_label(trigger.link), f"{finding.what} {finding.why}".strip()]
            child = self._child(top, row, texts, kind_icon(trigger.kind), SEVERITY_ICONS[finding.severity])
            child.setData(0, _TRIGGER, trigger)
            if trigger.link in REPAIRABLE:
                child.setCheckState(0, Qt.CheckState.Checked)
        for problem in row.report.problems:
            texts = [problem.part, _("unknown"), str(problem.error)]
            self._child(top, row, texts, "info", ("info", "muted"))
        self.tree.addTopLevelItem(top)
        top.setExpanded(True)
        self._switch()

    def show_progress(self, progress: Progress) -> None:
        """Shows the progress of the check."""
        if self.is_working:
            self.bar.setRange(0, round(progress.total))
            self.bar.setValue(round(progress.done))
            self.say(_("{progress}…").format(progress=progress.text) if progress.text else "")

    def finish(self) -> None:
        """All functions were checked."""
        self.set_working(working=False)
        self.tree.sortItems(0, Qt.SortOrder.AscendingOrder)
        broken = sum(len(row.ill) for row in self._rows)
        unknown = sum(len(row.unknown) + len(row.report.problems) for row in self._rows)
        count = len(self._rows)
        words = [ngettext("{count} function checked", "{count} functions checked", count).format(count=count)]
        if broken:
            words.append(
                ngettext(
                    "{count} trigger can be repaired", "{count} triggers can be repaired", broken
                ).format(count=broken)
            )
        if unknown:
            words.append(
                ngettext("{count} item could not be read", "{count} items could not be read", unknown).format(
                    count=unknown
                )
            )
        if not broken and not unknown:
            words.append(_("no problems found"))
        self.say(" · ".join(words) + ".", "warning" if broken else "good" if not unknown else "muted")

    def show_cancelled(self) -> None:
        """The check was cancelled."""
        self.set_working(working=False)
        self.say(_("Cancelled. The results are incomplete."), "warning")

    def show_failure(self, error: WorkbenchError) -> None:
        """Says why not."""
        self.set_working(working=False)
        self.say_error(error)

    def set_working(self, *, working: bool) -> None:
        """While it checks or repairs, nothing else can be started, and Cancel stops it."""
        self.is_working = working
        self.bar.setVisible(working)
        self.bar.setRange(0, 0)
        self.close_button.setText(_("Cancel") if working else _("Close"))
        self.close_button.setEnabled(True)
        self._switch()

    # What is chosen -----------------------------------------------------------------------------------------

    def chosen(self) -> tuple[Chosen, ...]:
        """What is ticked, by function."""
        found: list[Chosen] = []
        for index in range(self.tree.topLevelItemCount()):
            top = self.tree.topLevelItem(index)
            children = [] if top is None else [top.child(each) for each in range(top.childCount())]
            ticked = tuple(
                child.data(0, _TRIGGER)
                for child in children
                if child is not None
                and child.data(0, _TRIGGER) is not None
                and child.data(0, Qt.ItemDataRole.CheckStateRole) is not None
                and child.checkState(0) is Qt.CheckState.Checked
            )
            if top is not None and ticked:
                found.append((top.data(0, _ROW), ticked))
        return tuple(found)

    def reject(self) -> None:
        if self.is_working:
            self.close_button.setEnabled(False)
            self.cancel_wanted.emit()
        else:
            super().reject()

    def _selected(self) -> str:
        """The selected function, if it is there."""
        for item in self.tree.selectedItems():
            row = item.data(0, _ROW)
            if isinstance(row, FleetRow) and row.exists:
                return row.detail.function_name
        return ""

    def _open(self) -> None:
        if name := self._selected():
            self.open_wanted.emit(name)

    def _switch(self) -> None:
        self.again.setEnabled(not self.is_working)
        self.open_function.setEnabled(bool(self._selected()))
        count = sum(len(triggers) for __, triggers in self.chosen())
        self.repair.setEnabled(bool(count) and not self.is_working)
        self.repair.setText(_("Repair {count}…").format(count=str(count)) if count else _("Repair…"))

    def _child(
        self,
        top: QTreeWidgetItem,
        row: FleetRow,
        texts: Sequence[str],
        icon: str,
        finding_icon: tuple[str, str],
    ) -> QTreeWidgetItem:
        child = QTreeWidgetItem(top, list(texts))
        child.setData(0, _ROW, row)
        child.setIcon(0, self._icons.get(icon, "muted"))
        child.setIcon(2, self._icons.get(*finding_icon))
        child.setToolTip(2, tool_tip(texts[2]))
        return child

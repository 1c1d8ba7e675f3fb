"""The resources that may become a source: the function's region first, those of other regions below."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.triggers.model import Candidate, Finding, Severity
from workbench.ui.kit.text import text_label, tool_tip
from workbench.ui.named import named

_REGION_WIDTH, _DETAIL_WIDTH = 130, 200
_CANDIDATE = Qt.ItemDataRole.UserRole
_CREATES = Qt.ItemDataRole.UserRole + 1

RegionCheck = Callable[[Candidate], tuple[Finding, ...]]
"""Findings of the region rules for a resource; makes no request, as it is called for each row."""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """The entry that creates a resource.

    Attributes:
        title: In the list ("New bucket…").
        problem: What is wrong with a name, as a sentence; an empty text when nothing is.
        rule: What a name may be, in a sentence.
    """

    title: str
    problem: Callable[[str], str]
    rule: str


class CandidatesView(QWidget):
    """A line to search in, or to paste an ARN into, and the resources by region.

    Args:
        region: The function's.

    Signals:
        chosen_changed: Another one is chosen, or another ARN typed.
        activated: The chosen one is meant (Enter, double click).
    """

    chosen_changed = Signal()
    activated = Signal()

    def __init__(self, region: str) -> None:
        super().__init__()
        self._region = region
        self._check_region: RegionCheck = lambda _candidate: ()
        self._listed: set[str] = set()
        self._makes = False
        self._entry: NewEntry | None = None
        self._groups: dict[bool, QTreeWidgetItem] = {}
        self.search = named(QLineEdit(clearButtonEnabled=True), "sourceSearch", _("Search or paste"))
        self.search.setPlaceholderText(_("Search names and regions, or paste an ARN"))
        self.tree = named(QTreeWidget(), "sourceTree", _("Resources"))
        self.tree.setHeaderLabels([_("Name"), _("Region"), _("Details")])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.setColumnWidth(1, _REGION_WIDTH)
        self.tree.setColumnWidth(2, _DETAIL_WIDTH)
        self.status = text_label("sourceStatus", "", "muted")
        self.new_name = named(QLineEdit(), "newSourceName", _("Name of the new resource"))
        self.new_name_help = text_label("newSourceWords", "", "muted")
        self._new = self._make_new_row()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.search, self.tree, self._new, self.status):
            column.addWidget(widget, int(widget is self.tree))
        self.setFocusProxy(self.search)
        self.search.textChanged.connect(self._searched)
        self.search.returnPressed.connect(self.activated)
        self.tree.itemSelectionChanged.connect(self._chosen_another)
        self.tree.itemActivated.connect(lambda *__: self._activate())
        self.tree.itemClicked.connect(self._clicked)
        self.new_name.textChanged.connect(self._chosen_another)
        self.new_name.returnPressed.connect(self.activated)

    def begin(self, check_region: RegionCheck, new: str = "", entry: NewEntry | None = None) -> None:
        """Forgets what was listed, for another kind of source.

        Args:
            check_region: Finds what the region rules say of a resource.
            new: The entry for a resource that the plan creates itself; selected at first. Empty for none.
            entry: What can be created under a name, as part of the plan.
        """
        with QSignalBlocker(self.tree), QSignalBlocker(self.search), QSignalBlocker(self.new_name):
            self.tree.clear()
            self.search.clear()
            self.new_name.clear()
        self._entry = entry
        self._check_region, self._groups = check_region, {}
        self._listed.clear()
        self._makes = bool(new)
        if new:
            item = QTreeWidgetItem([new])
            self.tree.addTopLevelItem(item)
            item.setFirstColumnSpanned(True)
            self.tree.setCurrentItem(item)
        if entry is not None:
            item = QTreeWidgetItem([entry.title])
            item.setData(0, _CREATES, True)
            self.tree.addTopLevelItem(item)
            item.setFirstColumnSpanned(True)
        self._show_name()
        self.show_status(_("Finding resources…"))
        self.chosen_changed.emit()

    def add(self, candidates: Iterable[Candidate]) -> None:
        """Takes some that have just come."""
        needle = self._needle()
        for candidate in candidates:
            if candidate.source_arn in self._listed:
                continue  # a bucket is listed in every region
            self._listed.add(candidate.source_arn)
            item = QTreeWidgetItem([candidate.name, candidate.location.region, candidate.detail])
            item.setData(0, _CANDIDATE, candidate)
            item.setToolTip(0, tool_tip(candidate.source_arn))
            findings = self._check_region(candidate)
            worst = next((each for each in findings if each.severity is Severity.BLOCK), None)
            if worst is not None:
                self._grey(item, worst)
            self._group(here=candidate.location.region in (self._region, "")).addChild(item)
            item.setHidden(not _matches(item, needle))
        self._hide_empty()

    def finish(self, problems: Iterable[WorkbenchError] = ()) -> None:
        """All were listed, or could not be."""
        words = [str(problem) for problem in problems]
        if words:
            self.show_status(
                _("Some resources could not be listed. You can type an ARN instead: {names}").format(
                    names=" ".join(words)
                ),
                "warning",
            )
        elif not self._listed and self._makes:
            self.show_status(_("None found in any region."))
        elif not self._listed and self._entry is not None:
            self.show_status(_("None found in any region. Create one here, or paste an ARN."))
        elif not self._listed:
            self.show_status(_("None found in any region. Create one in AWS, or paste an ARN."))
        else:
            count = len(self._listed)
            self.show_status(ngettext("{count} found", "{count} found", count).format(count=count))

    def show_status(self, words: str, role: str = "muted") -> None:
        """Says how the listing stands."""
        self.status.setText(words)
        self.status.setAccessibleName(words)
        self.status.setProperty("role", role)
        self.status.style().unpolish(self.status)
        self.status.style().polish(self.status)

    @property
    def wants_new(self) -> bool:
        """Whether one is to be made: nothing else is chosen."""
        return self._makes and self.chosen() is None and not self.typed_arn() and not self.wants_created

    @property
    def wants_created(self) -> bool:
        """Whether the entry that creates a resource is selected."""
        selected = self.tree.selectedItems()
        return not self.typed_arn() and any(bool(item.data(0, _CREATES)) for item in selected)

    @property
    def created_name(self) -> str:
        """The name of the resource that is to be created; empty while it is not a valid one."""
        name = self.new_name.text().strip()
        is_good = self.wants_created and self._entry is not None and not self._entry.problem(name)
        return name if is_good else ""

    @property
    def count(self) -> int:
        """How many were found."""
        return len(self._listed)

    def chosen(self) -> Candidate | None:
        """The selected one; None if an ARN is typed, or nothing is chosen."""
        if self.typed_arn():
            return None
        for item in self.tree.selectedItems():
            found = item.data(0, _CANDIDATE)
            if isinstance(found, Candidate):
                return found
        return None

    def typed_arn(self) -> str:
        """The ARN that was typed or pasted; empty for a word to search."""
        text = self.search.text().strip()
        return text if text.startswith("arn:") else ""

    def choose(self, source_arn: str) -> None:
        """Chooses a resource; one that is not listed stands in the line."""
        for group in self._groups.values():
            for item in _children(group):
                if item.data(0, _CANDIDATE).source_arn == source_arn:
                    self.tree.setCurrentItem(item)
                    return
        self.search.setText(source_arn)

    def _group(self, *, here: bool) -> QTreeWidgetItem:
        if here not in self._groups:
            words = _("{region}: the function's region").format(region=self._region)
            group = QTreeWidgetItem([words if here else _("Other regions")])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            first = int(self._makes) + int(self._entry is not None)
            self.tree.insertTopLevelItem(first if here else self.tree.topLevelItemCount(), group)
            group.setFirstColumnSpanned(True)
            group.setExpanded(True)
            self._groups[here] = group
        return self._groups[here]

    def _make_new_row(self) -> QWidget:
        row = QWidget()
        form = QFormLayout(row)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(_("Name"), self.new_name)
        form.addRow(self.new_name_help)
        return row

    def _chosen_another(self) -> None:
        self._show_name()
        self.chosen_changed.emit()

    def _clicked(self, item: QTreeWidgetItem) -> None:
        if item.data(0, _CREATES):
            self.new_name.setFocus()

    def _activate(self) -> None:
        """Enter or a double click; the entry that creates needs a name first."""
        if self.wants_created and not self.created_name:
            self.new_name.setFocus()
        else:
            self.activated.emit()

    def _show_name(self) -> None:
        """The field for the name is there for the entry that needs it, with what is wrong with the name."""
        entry = self._entry if self.wants_created else None
        self._new.setVisible(entry is not None)
        if entry is None:
            return
        name = self.new_name.text().strip()
        problem = entry.problem(name) if name else ""
        where = _("It will be created in {region}, the function's region, when the plan runs.")
        words = problem or f"{entry.rule} {where.format(region=self._region)}"
        self.new_name_help.setText(words)
        self.new_name.setAccessibleDescription(words)
        self.new_name_help.setProperty("role", "danger" if problem else "muted")
        self.new_name_help.style().unpolish(self.new_name_help)
        self.new_name_help.style().polish(self.new_name_help)

    def _grey(self, item: QTreeWidgetItem, finding: Finding) -> None:
        """It can still be chosen, so that the reason and the ways out can be read."""
        muted: QColor = self.palette().color(QPalette.ColorRole.PlaceholderText)
        for column in range(3):
            item.setForeground(column, muted)
            item.setToolTip(column, tool_tip(finding.what))
        item.setData(0, Qt.ItemDataRole.AccessibleDescriptionRole, finding.what)

    def _hide_empty(self) -> None:
        for group in self._groups.values():
            group.setHidden(all(child.isHidden() for child in _children(group)))

    def _needle(self) -> str:
        return "" if self.typed_arn() else self.search.text().strip().lower()

    def _searched(self) -> None:
        needle = self._needle()
        for group in self._groups.values():
            for child in _children(group):
                child.setHidden(not _matches(child, needle))
        self._hide_empty()
        if self.typed_arn():
            with QSignalBlocker(self.tree):
                self.tree.clearSelection()
        self._chosen_another()


def _matches(item: QTreeWidgetItem, needle: str) -> bool:
    """A name is searched for, or a region."""
    return needle in item.text(0).lower() or needle == item.text(1)


def _children(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found = (group.child(index) for index in range(group.childCount()))
    return [child for child in found if child is not None]

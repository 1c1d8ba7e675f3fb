"""Add Trigger…: the kind of source, the resource, its parameters, the plan."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from PySide6.QtCore import QElapsedTimer, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.functions.model import FunctionDetail
from workbench.triggers.kinds.rule_parameters import BUS
from workbench.triggers.kinds.sns_hops import FED_BY, FED_EVENTS
from workbench.triggers.kinds.source import Source
from workbench.triggers.kinds.table import NEW_RESOURCES, RULES, SOURCES
from workbench.triggers.model import Candidate, Finding, Fix, FixKind, Severity, SourceKind, TriggerSpec
from workbench.triggers.steps.s3 import ALL_CREATED
from workbench.ui.features.triggers.labels import kind_title
from workbench.ui.features.triggers.plan_form import FindingsView
from workbench.ui.features.triggers.trigger_dialog import TriggerDialog
from workbench.ui.kit.form import FormRow
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import PlainLine, named, show_message, text_label, tool_tip

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
        self.search = named(PlainLine(clearButtonEnabled=True), "sourceSearch", _("Search or paste"))
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
        self.new_name = named(PlainLine(), "newSourceName", _("Name of the new resource"))
        self._new = FormRow("newSourceName", _("Name"), self.new_name, label_width=0)
        self.new_name_help = named(self._new.message, "newSourceWords")
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
        show_message(self.status, words, role)

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
        self._new.hint = f"{entry.rule} {where.format(region=self._region)}"
        self._new.set_message(problem)

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


_KINDS, _SOURCES, _VALUES, _PLAN = range(4)
DIRECT_EVENT = "Payload"
_KIND = Qt.ItemDataRole.UserRole
_ROW = QSize(0, 34)


class _KindList(QListWidget):
    """Letters find a kind by any word of its title, not only by the first: "s3", "kafka"."""

    def __init__(self) -> None:
        super().__init__()
        self._typed, self._last_key = "", QElapsedTimer()

    def keyboardSearch(self, search: str) -> None:
        if not self._last_key.isValid() or self._last_key.hasExpired(QApplication.keyboardInputInterval()):
            self._typed = ""
        self._last_key.start()
        self._typed += search.lower()
        first = self.currentRow() + (len(self._typed) == 1)  # the same letter again finds the next one
        rows = (row % self.count() for row in range(first, first + self.count()))
        found = next((row for row in rows if f" {self._typed}" in self._search_text(row)), None)
        if found is not None:
            self.setCurrentRow(found)

    def _search_text(self, row: int) -> str:
        title = self.item(row).text().partition("–")[0]
        return f" {title.replace('(', '').replace('-', ' ').lower()}"


class KindsView(QWidget):
    """The kinds of source to choose from; kinds that cannot be created are named below.

    Args:
        icons: For the kinds.
    """

    chosen_changed = Signal()
    activated = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self.list = named(_KindList(), "sourceKinds", _("Source types"))
        self.later = text_label("sourceKindsLater", "", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.list, 1)
        column.addWidget(self.later)
        self.setFocusProxy(self.list)
        self.list.currentItemChanged.connect(lambda *__: self.chosen_changed.emit())
        self.list.itemActivated.connect(lambda __: self.activated.emit())

    def show_kinds(self, kinds: Iterable[SourceKind], later: Iterable[SourceKind]) -> None:
        """Shows the kinds that can be created, and names those that can only be found and explained."""
        self.list.clear()
        for kind in kinds:
            source = SOURCES[kind]
            item = QListWidgetItem(f"{source.title}  –  {source.description}")
            item.setIcon(self._icons.get(source.icon, "accent"))
            item.setData(_KIND, kind)
            item.setSizeHint(_ROW)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        names = ", ".join(map(kind_title, later))
        words = _(
            "Triggers of these types can be found, explained, paused and removed, but not created: {names}."
        )
        self.later.setText(words.format(names=names))
        self.later.setVisible(bool(names))

    def chosen(self) -> SourceKind | None:
        """The kind that is selected."""
        item = self.list.currentItem()
        return SourceKind(item.data(_KIND)) if item is not None else None

    def choose(self, kind: SourceKind) -> None:
        """Selects a kind."""
        for row in range(self.list.count()):
            if self.list.item(row).data(_KIND) == kind:
                self.list.setCurrentRow(row)


@dataclass(slots=True)
class Chosen:
    """What was chosen so far; `new_name` is the name of what the plan creates."""

    kind: SourceKind | None = None
    source_arn: str = ""
    values: dict[str, object] = field(default_factory=dict)
    new_name: str = ""


class AddTriggerDialog(TriggerDialog):
    """Four pages: kind, resource, settings, plan. It asks for resources and checks by signals.

    Args:
        detail: The function.
        icons: For kinds and findings.
        check_region: The region engine, for a candidate of a kind.
        is_production: Of the profile.
        parent: The window.

    Signals:
        candidates_wanted: The resources of this kind.
        invoke_wanted: The function shall be invoked directly, with this event.
    """

    candidates_wanted = Signal(object)
    invoke_wanted = Signal(str)

    def __init__(
        self,
        detail: FunctionDetail,
        icons: Icons,
        check_region: Callable[[SourceKind, Candidate], tuple[Finding, ...]],
        *,
        is_production: bool,
        parent: QWidget,
    ) -> None:
        super().__init__("addTrigger", "", "", icons, parent)
        self.set_title(_("Add Trigger to {function_name}").format(function_name=detail.function_name))
        self.yes.setText(_("Create Trigger"))
        self._detail, self._check_region, self._is_production = detail, check_region, is_production
        self._chosen = Chosen()
        self._feeds = ""  # the bucket that a topic is chosen for
        self.steps_label = text_label("addTriggerWay", "", "muted")
        self.content.insertWidget(1, self.steps_label)
        self.kinds = KindsView(icons)
        self.sources = CandidatesView(detail.region)
        self.source_findings = FindingsView(icons)
        self.pages.addWidget(self.kinds)
        self.pages.addWidget(self._source_page())
        self.pages.addWidget(self.settings)
        self.add_plan_page()
        self.kinds.activated.connect(self.go_on)
        self.kinds.chosen_changed.connect(self.switch)
        self.sources.chosen_changed.connect(self._source_chosen)
        self.sources.activated.connect(self.go_on)
        self.source_findings.fix_wanted.connect(self.apply_fix)
        creatable = [kind for kind, source in SOURCES.items() if source.can_create]
        later = [kind for kind, source in SOURCES.items() if not source.can_create]
        self.kinds.show_kinds(creatable, later)
        self._show(_KINDS)
        self.kinds.list.setFocus()

    # Where it stands ----------------------------------------------------------------------------------------

    @property
    def kind(self) -> SourceKind:
        """The kind that was chosen."""
        assert self._chosen.kind is not None
        return self._chosen.kind

    def spec(self) -> TriggerSpec:
        return TriggerSpec(
            self.kind,
            self._chosen.source_arn,
            self._detail,
            self.settings.chosen_qualifier(),
            self.settings.form.values(),
            self._is_production,
            is_new=bool(self._chosen.new_name),
        )

    def begin_with(self, kind: SourceKind, source_arn: str = "") -> None:
        """Begins with a kind, and perhaps its resource, that something else led to."""
        self.kinds.choose(kind)
        self._show(_KINDS)
        self.go_on()
        if source_arn:
            self.sources.choose(source_arn)

    # From page to page --------------------------------------------------------------------------------------

    def go_on(self) -> None:
        if not self.next.isEnabled():
            return
        page = self.pages.currentIndex()
        if page == _KINDS:
            self._choose_kind()
        elif page == _SOURCES:
            self._choose_source()
        elif page == _VALUES and self.kind == SourceKind("direct"):
            self.invoke_wanted.emit(str(self.settings.form.values().get(DIRECT_EVENT) or "{}"))
        elif page == _VALUES:
            super().go_on()
            self._describe()

    def go_back(self) -> None:
        page = self.pages.currentIndex()
        skips = self._chosen.kind is not None and not _has_candidates(self._chosen.kind)
        self._show(_KINDS if page == _VALUES and skips else max(_KINDS, page - 1))

    def _choose_kind(self) -> None:
        kind = self.kinds.chosen()
        if kind is None:
            return
        is_other = kind != self._chosen.kind
        self._feeds = ""
        if is_other:
            self._chosen = Chosen(kind)
        if not _has_candidates(kind):
            self._show_values()
        else:
            self._show(_SOURCES)
            if is_other:
                made = _("Create a new {noun}").format(noun=RULES[kind].noun)
                new = made if SOURCES[kind].makes_its_source else ""
                self.sources.begin(
                    lambda candidate: self._check_region(kind, candidate), new, _new_entry(kind)
                )
                self.candidates_wanted.emit(kind)
            self.sources.search.setFocus()

    def _choose_source(self) -> None:
        chosen = self.sources.chosen()
        arn = chosen.source_arn if chosen is not None else self.sources.typed_arn()
        name = self.sources.created_name
        values: dict[str, object] = {}
        if name and SOURCES[self.kind].makes_its_source:  # the rule is new anyway; its bus is created
            values = {BUS: name}
        elif name:
            arn = NEW_RESOURCES[self.kind].arn(name, self._detail.function_arn)
        if (arn, name) != (self._chosen.source_arn, self._chosen.new_name):
            self._chosen = Chosen(self.kind, arn, values, name)
        self._show_values()
        if self._feeds:
            self.settings.form.set_value(FED_BY, self._feeds)
            self.settings.form.set_value(FED_EVENTS, (ALL_CREATED,))

    def _show_values(self) -> None:
        empty = TriggerSpec(self.kind, self._chosen.source_arn, self._detail)
        try:
            parameters = SOURCES[self.kind].parameters(empty)
        except WorkbenchError as error:  # what was typed is no resource of this kind
            self.set_error(error)
            return
        self.prepared = None
        self.settings.show_parameters(parameters, self._chosen.values)
        self._show(_VALUES)
        self.settings.form.focus_first()
        self.changed()

    def changed(self) -> None:
        super().changed()
        if not self.settings.form.faults():
            self._chosen.values = self.settings.form.values()

    def _show(self, page: int) -> None:
        self.pages.setCurrentIndex(page)
        self.set_message("")
        self._describe()
        self.switch()

    def apply_fix(self, fix: Fix) -> None:
        if fix.kind is FixKind.OTHER_SOURCE and fix.source_kind is not None:
            first, is_bucket = self._greyed() or self._chosen.source_arn, self.kind == SourceKind("s3")
            self.begin_with(fix.source_kind, fix.source_arn)
            if fix.region:
                self.sources.search.setText(fix.region)
                words = _(
                    "Choose one in {region} and allow {name} to send to it. This is configured at the source."
                )
                if is_bucket:
                    self._feeds = first
                    words = _("Choose one in {region}. {name} will send to it.")
                name = first.rpartition(":")[2]
                self.set_message(words.format(region=fix.region, name=name))
        elif fix.kind is FixKind.EDIT and self.pages.currentIndex() == _SOURCES:
            self._choose_source()  # what is greyed can be taken after all, with this setting
            super().apply_fix(fix)
        else:
            super().apply_fix(fix)

    def _greyed(self) -> str:
        chosen = self.sources.chosen()
        return chosen.source_arn if chosen is not None else ""

    def _source_chosen(self) -> None:
        chosen = self.sources.chosen()
        self.source_findings.clear()
        self.source_findings.show_findings(
            self._check_region(self.kind, chosen) if chosen is not None else ()
        )
        self.switch()

    # What can be pressed ------------------------------------------------------------------------------------

    def switch(self) -> None:
        super().switch()
        if not hasattr(self, "source_findings"):
            return  # it is still being made
        page = self.pages.currentIndex()
        if page == _KINDS:
            ready = self.kinds.chosen() is not None
        elif page == _SOURCES:
            sources = self.sources
            meant = bool(sources.chosen() or sources.typed_arn() or sources.wants_new or sources.created_name)
            ready = meant and not self.source_findings.is_blocked
        else:
            ready = self.next.isEnabled()
        self.next.setEnabled(ready)
        last = _("Show Plan")
        if self._chosen.kind == SourceKind("direct"):  # there is nothing to wire
            last = _("Open in Test Tab")
        self.next.setText(last if page == _VALUES else _("Next"))
        self.back.setVisible(page != _KINDS)

    def _describe(self) -> None:
        page = self.pages.currentIndex()
        titles = [_("Kind"), _("Resource"), _("Settings"), _("Plan")]
        parts = [f"{number}. {title}" for number, title in enumerate(titles, 1)]
        parts[page] = f"▸ {parts[page]}"
        what = [kind_title(self.kind)] if page > _KINDS and self._chosen.kind is not None else []
        if page > _SOURCES and self._chosen.source_arn:
            what.append(self._chosen.source_arn)
        self.steps_label.setText("    ".join(parts) + (f"\n{' · '.join(what)}" if what else ""))

    def _source_page(self) -> QWidget:
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(self.source_findings)
        column.addStretch(1)
        page = QSplitter(Qt.Orientation.Vertical)
        page.setChildrenCollapsible(False)
        page.addWidget(self.sources)
        page.addWidget(below)
        page.setStretchFactor(0, 1)
        return page


def _new_entry(kind: SourceKind) -> NewEntry | None:
    """What creates such a resource; None for kinds that the plan cannot create under a name."""
    if kind not in NEW_RESOURCES:
        return None
    new = NEW_RESOURCES[kind]
    return NewEntry(new.entry or _("New {noun}…").format(noun=new.noun), new.name_problem, new.rule)


def _has_candidates(kind: SourceKind) -> bool:
    """Whether there are resources to choose from, also where one can be made instead."""
    return type(SOURCES[kind]).candidates is not Source.candidates

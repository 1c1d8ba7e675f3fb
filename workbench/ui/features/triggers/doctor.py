"""Trigger Doctor…: the findings of the triggers in a region, by function, and what is to be repaired."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.profiles.safety import Tier
from workbench.triggers import doctor
from workbench.triggers import execute as executing
from workbench.triggers.doctor import REPAIRABLE, FleetRow, diagnose
from workbench.triggers.model import SourceKind, Trigger, TriggerPlan
from workbench.ui.features.triggers.labels import SEVERITY_ICONS, kind_icon, link_label, trigger_name
from workbench.ui.features.triggers.plan_form import RepairDialog
from workbench.ui.features.triggers.work import DOCTOR, TriggersWork
from workbench.ui.kit.dialog import Dialog, confirm_by_name
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import named, text_label, tool_tip
from workbench.ui.shell.plan_run import cancel_with

_PLAN = "triggers.doctor.plan"
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
        repair_wanted: What is ticked, as a tuple of Chosen.
        open_wanted: The name of a function to open.
    """

    examine_wanted = Signal()
    repair_wanted = Signal(object)
    open_wanted = Signal(str)

    def __init__(self, where: str, icons: Icons, parent: QWidget) -> None:
        super().__init__("triggerDoctor", "", parent)
        self.set_title(_("Trigger Doctor"))
        self.setSizeGripEnabled(True)
        self._icons, self._rows = icons, list[FleetRow]()
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
        self.content.addWidget(self.tree, 1)
        self.add_progress("doctorProgress")
        self.finish_layout(stretch=False)
        self.again = self.add_button("doctorAgain", _("Check Again"))
        self.open_function = self.add_button("doctorOpen", _("Open Function"))
        self.close_button = self.add_button("doctorClose", _("Close"))
        self.repair = self.add_button("doctorRepair", _("Repair…"), "primary")
        self.again.clicked.connect(self.examine_wanted)
        self.close_button.clicked.connect(self.reject)
        self.repair.clicked.connect(lambda: self.repair_wanted.emit(self.chosen()))
        self.open_function.clicked.connect(self._open)
        self.tree.itemChanged.connect(lambda *__: self.switch())
        self.tree.itemSelectionChanged.connect(self.switch)
        self.tree.itemActivated.connect(lambda *__: self._open())
        self.resize(_SIZE)
        self.switch()

    def resize_to_content(self) -> None:
        """Keeps its size: the table takes what room there is."""

    # What comes ---------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A check begins."""
        self._rows = []
        self.tree.clear()
        self.set_busy(busy=True, text=_("Listing the functions…"))

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
        self.switch()

    def finish(self) -> None:
        """All functions were checked."""
        self.set_busy(busy=False)
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
        self.set_message(" · ".join(words) + ".", "warning" if broken else "good" if not unknown else "muted")

    def show_cancelled(self) -> None:
        """The check was cancelled."""
        self.set_busy(busy=False)
        self.set_message(_("Cancelled. The results are incomplete."), "warning")

    def show_failure(self, error: WorkbenchError) -> None:
        """Says why not."""
        self.set_busy(busy=False)
        self.set_error(error)

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

    def switch(self) -> None:
        self.again.setEnabled(not self.is_busy)
        self.open_function.setEnabled(bool(self._selected()))
        count = sum(len(triggers) for __, triggers in self.chosen())
        self.repair.setEnabled(bool(count) and not self.is_busy)
        words = ngettext("Repair {count:,} Trigger…", "Repair {count:,} Triggers…", count)
        self.repair.setText(words.format(count=count) if count else _("Repair…"))

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


def open_doctor(work: TriggersWork) -> None:
    """Opens the window for the region that is shown, and starts the check."""
    connection = work.context.session.connection
    if connection is not None and not any(
        each.isVisible() for each in work.window.findChildren(DoctorWindow)
    ):
        Doctor(work, connection).begin()


class Doctor(QObject):
    """Checks all functions of a region, and repairs the triggers that are ticked.

    Args:
        work: What changes of triggers share.
        connection: To the region.
    """

    def __init__(self, work: TriggersWork, connection: Connection) -> None:
        where = _("account {account_id}, {region}")
        window = DoctorWindow(
            where.format(account_id=connection.account_id, region=connection.region), work.icons, work.window
        )
        super().__init__(window)
        self._work, self._context, self._connection, self._window = work, work.context, connection, window
        self._running: JobHandle | None = None
        self._is_open = True

    def begin(self) -> None:
        """Opens the window, and checks."""
        window = self._window
        window.examine_wanted.connect(self._examine)
        window.cancel_wanted.connect(self._cancel)
        window.repair_wanted.connect(self._plan)
        window.open_wanted.connect(self._open_function)
        window.finished.connect(lambda _result: self._closed())
        window.open()
        self._examine()

    def _closed(self) -> None:
        self._is_open = False
        self._cancel()
        self._context.services.jobs.drop(_PLAN)

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _open_function(self, name: str) -> None:
        self._window.set_busy(busy=False)
        self._window.reject()
        self._context.open_function(name)

    # Checking -----------------------------------------------------------------------------------------------

    def _examine(self) -> None:
        connection, budget, window = self._connection, self._context.budget, self._window
        window.begin()

        def add(item: object) -> None:
            if isinstance(item, FleetRow) and self._is_open:
                window.add_row(item)

        self._running = self._context.read(
            _("Checking the triggers in {region}").format(region=connection.region),
            lambda ctx: doctor.examine_fleet(connection, budget, ctx),
            lambda _rows: self._if_open(window.finish),
            action=DOCTOR,
            failed=lambda error: self._if_open(lambda: window.show_failure(error)),
            cancelled=lambda: self._if_open(window.show_cancelled),
            on_item=add,
            on_progress=lambda progress: self._if_open(lambda: window.show_progress(progress)),
        )

    def _if_open(self, then: Callable[[], object]) -> None:
        if self._is_open:
            then()

    # Repairing ----------------------------------------------------------------------------------------------

    def _plan(self, chosen: Sequence[Chosen]) -> None:
        def run(ctx: JobContext) -> tuple[TriggerPlan, ...]:
            plans = (
                doctor.plan_repair(self._connection, triggers, row.report.observed, ctx)
                for row, triggers in chosen
            )
            return tuple(plan for plan in plans if plan is not None)

        self._context.read(
            _("Planning the repairs"),
            run,
            self._offer,
            action=DOCTOR,
            key=_PLAN,
            failed=self._window.show_failure,
        )

    def _offer(self, plans: tuple[TriggerPlan, ...]) -> None:
        """Shows all steps of all functions as one plan; each function's steps are carried out separately."""
        if not plans:
            self._window.set_message(_("No trigger needs a repair."), "good")
            return
        count = len(plans)
        several = _("Repair the triggers of {count} functions").format(count=str(count))
        title = plans[0].title if count == 1 else several
        steps = tuple(step for plan in plans for step in plan.steps)
        whole = TriggerPlan(title, plans[0].function_arn, SourceKind("other"), steps)
        words = _("Each function is repaired separately. A failure does not affect the others.")
        dialog = RepairDialog(whole, words, self._window)
        dialog.agreed.connect(lambda _plan: self._confirm(title, lambda: self._repair(dialog, title, plans)))
        dialog.open()

    def _confirm(self, title: str, then: Callable[[], object]) -> None:
        """Asks for the account before many functions are changed in production."""
        connection = self._connection
        if self._context.tier_for(connection) is not Tier.PRODUCTION:
            then()
            return
        where = _("This is production (account {account_id}, {region}).")
        confirm_by_name(
            self._work.window,
            _("Repair Triggers in Production"),
            f"{title}. {where.format(account_id=connection.account_id, region=connection.region)}",
            connection.account_id,
            _("Repair in {account_id}").format(account_id=connection.account_id),
            then,
        )

    def _repair(self, dialog: RepairDialog, title: str, plans: tuple[TriggerPlan, ...]) -> None:
        def run(ctx: JobContext) -> tuple[WorkbenchError, ...]:
            failures = []
            for plan in plans:
                ctx.check()
                try:
                    executing.execute(self._connection, plan, self._work.journal, ctx)
                except WorkbenchError as error:
                    failures.append(error)
            return tuple(failures)

        def done(failures: tuple[WorkbenchError, ...]) -> None:
            dialog.finish()
            self._work.page.refresh()
            for failure in failures:
                self._context.report(failure, action=DOCTOR)
            self._if_open(self._examine)

        dialog.set_busy(busy=True)
        handle = self._context.read(  # many functions: no lane of one
            title,
            run,
            done,
            failed=dialog.show_failure,
            cancelled=dialog.show_cancelled,
            on_progress=dialog.show_progress,
        )
        cancel_with(dialog, handle)

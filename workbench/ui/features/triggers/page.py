"""The Triggers tab: what invokes the function, how each trigger works, and both permissions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.iam import is_missing
from workbench.aws.retry import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.roles import Policy, read_policies
from workbench.triggers import find as finding
from workbench.triggers.kinds import table as sources
from workbench.triggers.mappings import states_of
from workbench.triggers.model import PASSING_STATES, Explanation, Link, Trigger, TriggerState
from workbench.ui.features.triggers.details import ExplainPanel, FlowDrawing, PermissionsView
from workbench.ui.features.triggers.labels import (
    TONES,
    broken_triggers,
    kind_icon,
    kind_title,
    link_help,
    link_label,
    missing_trigger_text,
    source_name,
    state_text,
    summary_text,
)
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme
from workbench.ui.pages.base import ReadingPage
from workbench.ui.shell.banners import BannerStack
from workbench.ui.shell.services import OpenFunction, Services


@dataclass(frozen=True, slots=True)
class Read:
    """What was read.

    Attributes:
        report: The triggers, and what could not be read.
        policies: Of the execution role; an error when they may not be read.
    """

    report: "finding.TriggerReport"
    policies: tuple[Policy, ...] | WorkbenchError


def read_triggers(function: OpenFunction, budget: RateBudget | None, ctx: JobContext) -> Read:
    """Reads the triggers, emitting them as they are found, and the role's policies. Raises Cancelled."""
    connection, detail = function.connection, function.detail
    report = finding.find_triggers(connection, detail, ctx, budget)
    ctx.check()
    try:
        policies = read_policies(connection, detail.role_arn, JobContext())
    except WorkbenchError as error:
        return Read(report, error)
    return Read(report, policies)


_ROW_HEIGHT = 32
KIND = 0
_MIN_SOURCE_WIDTH = 160
_KIND_WIDTH, _OTHERS_WIDTH = 142, 72 + 80 + 146
_MIN_ROWS, _MAX_ROWS = 3, 8  # visible rows


def _columns(icons: Icons) -> tuple[Column[Trigger], ...]:
    return (
        Column(
            _("Kind"),
            lambda trigger: kind_title(trigger.kind),
            _KIND_WIDTH,
            tip=_kind_tip,
            icon=lambda trigger: icons.get(kind_icon(trigger.kind), "muted"),
        ),
        Column(_("Source"), source_name, tip=_arn_tip, elide=Qt.TextElideMode.ElideMiddle),
        Column[Trigger](_("Target"), lambda trigger: trigger.qualifier or "$LATEST", 72, tip=_arn_tip),
        Column[Trigger](_("State"), lambda trigger: trigger.state, 80, tip=state_text),
        Column(
            _("Link"),
            lambda trigger: link_label(trigger.link),
            146,
            tip=_link_tip,
            badge=_link_badge,
        ),
    )


def _kind_tip(trigger: Trigger) -> str:
    return f"{kind_title(trigger.kind)}\n{_arn_tip(trigger)}".strip()  # the kind may be cut


def _arn_tip(trigger: Trigger) -> str:
    return "\n".join(filter(None, (trigger.source_arn, trigger.identity)))


def _link_tip(trigger: Trigger) -> str:
    problem = str(trigger.problem) if trigger.problem is not None else ""
    return "\n".join(filter(None, (link_help(trigger.link), problem)))


def _link_badge(trigger: Trigger) -> tuple[str, str]:
    return link_label(trigger.link), TONES[trigger.link] or "muted"


class TriggerTable(Table[Trigger]):
    """One is selected; Enter edits it.

    Args:
        theme: For the links.
        icons: For the kinds.
    """

    def __init__(self, theme: Theme, icons: Icons) -> None:
        super().__init__(
            "triggerTable",
            _("Triggers"),
            _columns(icons),
            identity=_identity,
            theme=theme,
            row_height=_ROW_HEIGHT,
        )
        self._noted: frozenset[tuple[str, str, str]] = frozenset()
        self._kind_width = self.columnWidth(KIND)
        self.horizontalHeader().setMinimumSectionSize(60)
        self.set_actions(())
        self.add_action("copyArn", _("Copy Source ARN"), self._copy, "Ctrl+C")

    def show_triggers(self, triggers: Sequence[Trigger]) -> None:
        """Shows these; the one that was selected stays so, else the first is."""
        with self.one_choice():
            self.set_rows(triggers)
            self._widen_kinds()
            self.resize_to_content(_MAX_ROWS, _MIN_ROWS)
            if self.current() is None and triggers:
                self.selectRow(0)
            self.chosen_again()

    def show_state(self, state: TriggerState) -> bool:
        """Shows in which state a trigger is now, and returns whether the list had another one."""
        changed = [
            replace(each, state=state.state, reason="")
            for each in self.rows.all
            if each.identity == state.identity and state.state not in ("", each.state)
        ]
        for each in changed:
            self.rows.update(each)
        return bool(changed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._widen_kinds()

    def _widen_kinds(self) -> None:
        """Shows the kinds whole where there is room, unless the user has chosen a width."""
        if self.columnWidth(KIND) != self._kind_width:
            return
        room = self.viewport().width() - scaled(_OTHERS_WIDTH + _MIN_SOURCE_WIDTH)
        self._kind_width = max(scaled(_KIND_WIDTH), min(self.sizeHintForColumn(KIND), room))
        self.setColumnWidth(KIND, self._kind_width)

    def choose_like(self, identity: tuple[str, str, str]) -> bool:
        """Selects a trigger by its kind, source and identity; empty ones fit all."""
        for row, trigger in enumerate(self.rows.all):
            parts = zip(identity, _identity(trigger), strict=True)
            if any(identity) and all(not wanted or wanted == has for wanted, has in parts):
                self.selectRow(row)
                return True
        return False

    def note(self) -> None:
        """Remembers which there are, so that one that comes is told from them."""
        self._noted = frozenset(map(_identity, self.rows.all))

    def choose_awaited(self, identity: tuple[str, str, str]) -> bool:
        """Selects as `choose_like`. Without an identity of AWS's it is the one that has come since `note`.

        Others may be of the same kind and source; what comes may have another source than was chosen (a table
        has a stream), or even another kind (a topic has a queue between).
        """
        kind, source_arn, known = identity
        came = [each for each in self.rows.all if _identity(each) not in self._noted]
        came = [each for each in came if kind or each.source_arn == source_arn]
        if came and not known:
            best = min(came, key=lambda each: (each.kind != kind, each.source_arn != source_arn))
            return self.choose_like(_identity(best))
        return bool(source_arn or known) and self.choose_like(identity)

    def _copy(self) -> None:
        if (trigger := self.current()) is not None:
            QGuiApplication.clipboard().setText(trigger.source_arn)


def _identity(trigger: Trigger) -> tuple[str, str, str]:
    return trigger.kind, trigger.source_arn, trigger.identity


_PANEL_WIDTH = 340
_POLL_MS, _MAX_POLL_MS = 2_000, 30_000  # between two polls of transient states
PAUSED = frozenset({"Disabled", "Disabling", "DISABLED"})
"""States of AWS's in which a trigger does not run the function."""
ADD = "triggers.add"
_OFFERED = ("console.trigger",)
"""Actions of other features that the list's context menu offers."""


class TriggersPage(ReadingPage[Read]):
    """The list, the drawing and the explanation of what is selected, and both permissions below.

    Signals:
        pause_wanted: The Trigger shall be paused, or started again.
        edit_wanted, test_wanted, remove_wanted, repair_wanted: As they say.
        repair_all_wanted: All these Triggers shall be repaired.
        async_wanted: The settings of asynchronous invocation.
    """

    object_name = "triggersPage"
    pause_wanted = Signal(object)
    edit_wanted = Signal(object)
    test_wanted = Signal(object)
    remove_wanted = Signal(object)
    repair_wanted = Signal(object)
    repair_all_wanted = Signal(tuple)
    async_wanted = Signal()

    def __init__(self, services: Services) -> None:
        super().__init__(services, "plug")
        self.shown: Read | None = None
        self._read_only_reason = ""
        self.budget: RateBudget | None = None  # shared with all who ask AWS for much
        self._awaited = ("", "", "")  # the trigger that was just made
        self._sought = ""  # the source of one that sent an event once
        self._parts: list[Trigger] = []
        self._working = ""  # what is being done to a trigger
        self._poll_timer = QTimer(self, singleShot=True, interval=_POLL_MS)  # for transient states
        self._poll_timer.timeout.connect(self._poll_states)
        self._of_trigger: dict[QPushButton, QAction] = {}
        self.summary = named(PlainLabel(), "triggerSummary", role="muted")
        self.repair_all = named(QPushButton(_("Repair All…")), "repairAllTriggers")
        self.repair_all.setVisible(False)
        services.icons.attach(self.repair_all, "wrench")
        self.drawing = FlowDrawing(services.theme, services.icons)
        self.table = TriggerTable(services.theme, services.icons)
        self.panel = ExplainPanel(services.icons)
        changing = (*self.panel.buttons, self.panel.asynchronous, self.repair_all)
        self._changing = {button: button.toolTip() for button in changing}
        self.permissions = PermissionsView()
        self.problems = BannerStack(services.actions, services.icons)
        self.problems.setObjectName("triggerProblems")
        self._add = named(QToolButton(), "addTriggerButton")
        self._lay_out()
        self._connect()

    # Reading ------------------------------------------------------------------------------------------------

    def job_title(self, function_name: str) -> str:
        return _("Reading the triggers of {function_name}").format(function_name=function_name)

    def read(self, function: OpenFunction, ctx: JobContext) -> Read:
        return read_triggers(function, self.budget, ctx)

    def load(self) -> None:
        self._parts = []
        self._poll_timer.stop()
        super().load()

    def drop_jobs(self) -> None:
        self._poll_timer.stop()
        super().drop_jobs()

    def function_changed(self) -> None:
        super().function_changed()
        function = self.function
        known = self.shown.report.observed.detail.function_arn if self.shown else ""
        if function is None or function.detail.function_arn != known:
            self.shown, self._awaited, self._working, self._sought = None, ("", "", ""), "", ""
            self.problems.clear()

    def refresh(self, awaited: tuple[str, str, str] = ("", "", "")) -> None:
        """Reads again; the trigger of this kind, source and identity is selected once it is there."""
        self._awaited = awaited
        self.table.note()
        if self.active and self.function is not None:
            self.load()

    def look_for(self, source_arn: str) -> None:
        """Reads again; the trigger of this source is selected, or it is said that there is none any more."""
        self._sought = source_arn
        self.refresh(("", source_arn, ""))

    def show_working(self, words: str) -> None:
        """Says what is being done to a trigger of the open function; empty once it is done."""
        self._working = words
        if words and self.shown is not None:
            self.drop_jobs()  # what is being read would be of before
        self._summarize()
        self._enable()

    def _summarize(self) -> None:
        if self._working:
            self.summary.setText(_("{working}…").format(working=self._working))
        elif self.shown is not None:
            self.summary.setText(summary_text(self.shown.report.triggers, self.shown.report.problems))

    def show_state(self, seen: object) -> None:
        """Shows in which state a trigger is now, which a TriggerState tells."""
        if not isinstance(seen, TriggerState) or not self.table.show_state(seen):
            return
        chosen = self.chosen()
        if chosen is not None and chosen.identity == seen.identity:
            self._show_chosen()

    def _poll_states(self) -> None:
        """Reads the states that pass, whoever made the change; the whole list once they have passed."""
        function = self.function
        passing = [each.identity for each in self.table.rows.all if each.state in PASSING_STATES]
        if function is None or not passing or self._working:
            return

        def show(states: tuple[TriggerState, ...]) -> None:
            for each in states:
                self.show_state(each)
            if any(each.state not in PASSING_STATES for each in states):
                self.load()
            else:
                poll_later()

        def poll_later(_error: WorkbenchError | None = None) -> None:
            self._poll_timer.start(min(self._poll_timer.interval() * 3 // 2, _MAX_POLL_MS))

        self.keep(
            self.services.jobs.submit(
                Job(
                    _("Reading the states of event source mappings"),
                    lambda ctx: states_of(function.connection, passing, ctx),
                    replaces="triggers.states",
                    on_done=show,
                    on_error=poll_later,
                    quiet=True,
                )
            )
        )

    def show_part(self, part: object) -> None:
        if self.shown is None and isinstance(part, tuple):
            self._parts += [each for each in part if isinstance(each, Trigger)]
            self.table.show_triggers(self._parts)
            self.summary.setText(_("Still reading…"))
            self.repair_all.setVisible(False)
            self.permissions.show_grants(())
            if self.function is not None:
                self.permissions.show_role(self.function.detail.role_arn, None)
            self.show_content()

    def show_result(self, result: Read) -> None:
        report = result.report
        self.shown = result
        self.problems.clear()
        for error in reversed(report.left_out):
            what = _("Some details of the triggers could not be read.")
            self.problems.show_error(replace(error, what=what), "info")
        for error in reversed(_once_each([problem.error for problem in report.problems])):
            self.problems.show_error(error, "warning")
        self.table.show_triggers(report.triggers)
        sought, self._sought = self._sought, ""
        is_awaited = any(self._awaited) and self.table.choose_awaited(self._awaited)
        if is_awaited:
            self._awaited = ("", "", "")
        elif sought:
            self._awaited = ("", "", "")
            self.problems.show_notice(*missing_trigger_text(sought, is_sure=not report.problems))
        self.permissions.show_grants(report.observed.grants)
        role = self.function.detail.role_arn if self.function else ""
        self.permissions.show_role(role, result.policies)
        self._summarize()
        self.repair_all.setVisible(len(broken_triggers(report.triggers)) > 1)
        self._show_chosen()
        self._poll_timer.start(_POLL_MS)
        focused = self.window().focusWidget()
        if is_awaited and focused is not None and self.isAncestorOf(focused):
            self.table.setFocus()

    def choose(self, identity: str) -> None:
        """Selects the trigger that AWS calls so."""
        self.table.choose_like(("", "", identity))

    def chosen(self) -> Trigger | None:
        """The selected trigger."""
        return self.table.current()

    # What is said -------------------------------------------------------------------------------------------

    def _show_chosen(self) -> None:
        trigger, function = self.chosen(), self.function
        self.drawing.setVisible(trigger is not None)
        if self.window().focusWidget() is self.table and not self.table.rows.all:
            self._add.setFocus()  # Qt would go on to a table of permissions
        self.table.setVisible(bool(self.table.rows.all))
        if trigger is None or function is None:
            self.drawing.show_flow((), "", "")
            none = not self.table.rows.all
            words = _("No triggers") if none else _("Select a trigger to see its details.")
            self.panel.show_nothing(words)
            self.panel.asynchronous.setVisible(self.shown is not None)
            self._enable()
            return
        explanation = self._explain(trigger)
        name = function.detail.function_name
        flow = explanation.flow if explanation else (trigger.name or trigger.source_arn, name)
        self.drawing.show_flow(flow, name, kind_icon(trigger.kind), TONES[trigger.link])
        simulated = function.connection.is_custom_endpoint
        self.panel.show_trigger(trigger, explanation, simulated=simulated)
        self._switch(trigger)

    def _explain(self, trigger: Trigger) -> Explanation | None:
        source = sources.SOURCES.get(trigger.kind)
        if source is None or self.shown is None:
            return None
        return source.explain(trigger, self.shown.report.observed)

    def _switch(self, trigger: Trigger) -> None:
        """What makes sense for this trigger, and may be done with this profile."""
        source, panel = sources.SOURCES.get(trigger.kind), self.panel
        # Only a statement tells of it, as AWS refused to show the source, which may well be working.
        is_hidden = not trigger.values and trigger.problem is not None and bool(trigger.problem.aws_code)
        is_there = source is not None and self.shown is not None and not is_hidden
        is_link = is_there and trigger.link not in (Link.STALE_PERMISSION, Link.ORPHAN_MAPPING)
        resumes = trigger.state in PAUSED
        steps = (
            (source.resume if resumes else source.pause)(trigger) if source is not None and is_link else ()
        )
        panel.show_pause(resumes=resumes)
        panel.pause.setVisible(bool(steps))
        panel.edit.setVisible(is_link and source is not None and source.can_create)
        panel.test.setVisible(
            is_link and source is not None and source.test_event(trigger, "workbench-look") is not None
        )
        panel.remove.setVisible(is_there)
        panel.repair.setVisible(is_there and trigger.link not in (Link.LINKED, Link.UNKNOWN))
        panel.asynchronous.setVisible(self.shown is not None)
        self._enable()

    def _enable(self) -> None:
        """The context menu offers what the buttons do, and no more."""
        why_not = self._read_only_reason or self._why_busy()
        if why_not and self.window().focusWidget() in self._changing:
            self.table.setFocus()  # Qt would go on to another part of the window
        for button, explained in self._changing.items():
            button.setEnabled(not why_not)
            button.setToolTip(tool_tip(why_not or explained))
        for button, action in self._of_trigger.items():
            action.setText(button.text())
            action.setVisible(not button.isHidden())
            action.setEnabled(button.isEnabled() and not button.isHidden())

    def set_read_only(self, reason: str) -> None:
        """Lets nothing be changed for this reason; an empty one allows it again."""
        self._read_only_reason = reason
        self._enable()

    def _why_busy(self) -> str:
        """Why nothing can be changed now: a change is under way."""
        if not self._working:
            return ""
        return _("Wait until this change is complete: {working}").format(working=self._working)

    def _edit(self) -> None:
        if self.panel.edit.isVisible():
            self.panel.edit.click()

    # How it is made -----------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.summary, 1)
        head.addWidget(self.repair_all)
        self._add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._add.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        head.addWidget(self._add)
        body = QWidget()
        rows = QVBoxLayout(body)
        rows.setContentsMargins(0, 0, 12, 0)
        rows.setSpacing(14)
        rows.addWidget(self.table)
        rows.addWidget(self.permissions)
        rows.addStretch(1)
        left = named(QScrollArea(), "triggersLeft")
        left.setWidget(body)
        left.setWidgetResizable(True)
        left.setFrameShape(QFrame.Shape.NoFrame)
        left.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        left.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setObjectName("triggersBoth")
        both.setChildrenCollapsible(False)
        both.addWidget(left)
        both.addWidget(self.panel)
        both.setStretchFactor(0, 1)
        both.setSizes([900, _PANEL_WIDTH])
        self.panel.setMinimumWidth(scaled(280))
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 10, 16, 8)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.problems)
        column.addWidget(self.drawing)
        column.addWidget(both, 1)
        content.setFocusProxy(self.table)
        self.set_content(content)

    def connect_actions(self) -> None:
        """Offers the actions of triggers on the tab, once there are any."""
        actions = self.services.actions
        self._add.setDefaultAction(actions[ADD])
        self.table.addAction(actions[ADD])
        actions.added.connect(self._offer)

    def _offer(self, name: str) -> None:
        if name in _OFFERED:
            self.table.addAction(self.services.actions[name])

    def _connect(self) -> None:
        panel = self.panel
        self.table.chosen_changed.connect(self._show_chosen)
        self.table.activated.connect(lambda __: self._edit())
        for button, wanted in (
            (panel.pause, self.pause_wanted),
            (panel.edit, self.edit_wanted),
            (panel.test, self.test_wanted),
            (panel.remove, self.remove_wanted),
            (panel.repair, self.repair_wanted),
        ):
            button.clicked.connect(lambda __=False, wanted=wanted: wanted.emit(self.chosen()))
            action = QAction(button.text(), self.table)
            action.setObjectName(f"{button.objectName()}Action")
            action.triggered.connect(button.click)
            self.table.addAction(action)
            self._of_trigger[button] = action
        panel.asynchronous.clicked.connect(self.async_wanted)
        self.repair_all.clicked.connect(
            lambda: self.repair_all_wanted.emit(broken_triggers(self.table.rows.all))
        )


def _once_each(errors: Sequence[WorkbenchError]) -> list[WorkbenchError]:
    """A permission that several listings lack is asked for once, with all that failed without it."""
    found: dict[str, WorkbenchError] = {}
    for error in errors:
        key = error.remedy if error.remedy and is_missing(error) else str(error)
        known = found.get(key)
        found[key] = error if known is None else replace(known, what=f"{known.what} {error.what}")
    return list(found.values())

"""The dialogs of creating a function: its description with a preview, and an interrupted creation."""

from collections.abc import Callable, Collection, Mapping, Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.needs import Scope
from workbench.code.dependencies.store import Target
from workbench.code.package import Patterns
from workbench.code.proposal import NO_PROPOSAL
from workbench.code.syntax import Problem
from workbench.core.messages import _
from workbench.deploy.new_function import CodeReport, CodeWanted
from workbench.functions.create import Choices, NewFunction, plan_create
from workbench.functions.permissions import propose
from workbench.functions.roles import new_mark, new_role_name
from workbench.functions.templates import AccountRegion, Template, language_of
from workbench.ui.features.new_function.code_fields import (
    CodeFields,
    CodeFrom,
    arn_title,
    package_text,
    plan_text,
    source_title,
)
from workbench.ui.features.new_function.needs import NeedsTab
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog, Question
from workbench.ui.kit.fields import OpenChoice, SuggestedChoice
from workbench.ui.kit.form import Form
from workbench.ui.kit.text import PlainLine, named, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import monospace
from workbench.ui.pages.code_opening import problem_lines
from workbench.ui.shell.role_choice import RoleChoice

_SIZE, _FORM_WIDTH = QSize(980, 600), 440
_INSPECTION_DELAY_MS = 250
_USUAL_RUNTIME = "python3.13"

_PER_TENANT = '{"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}}'
"""Source: the service model's TenantIsolationMode, which has no other value."""


class Preview(QTabWidget):
    """Plan, code, permissions and test event, to read."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "newFunctionPreview", _("Resources to create"))
        self.setDocumentMode(True)
        self.plan = self._add("newFunctionPlan", _("Plan"))
        self.plan.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.code = self._add("newFunctionCode", _("Code"), fixed=True)
        self.needs = NeedsTab()
        self.policy = self.needs.policy
        self.addTab(self.needs, _("Permissions"))
        self.sample = self._add("newFunctionEvent", _("Test Event"), fixed=True)

    def show_text(self, field: QPlainTextEdit, text: str) -> None:
        """Shows a text; one that is shown already keeps its place."""
        if field.toPlainText() != text:
            field.setPlainText(text)

    def _add(self, name: str, title: str, *, fixed: bool = False) -> QPlainTextEdit:
        field = named(QPlainTextEdit(), name, title)
        field.setReadOnly(True)
        field.setTabChangesFocus(True)
        field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        if fixed:
            field.setFont(monospace())
        self.addTab(field, title)
        return field


class NewFunctionDialog(Dialog):
    """Describes a function, and stays open while it is created.

    Signals:
        wanted: The function is to be created.
        inspection_wanted: The named code on this computer is to be inspected; `show_report` takes the result.
        contents_wanted: What of it goes into the package is to be shown and chosen.

    Args:
        choices: What the service model lists and allows.
        templates: What a function can begin with.
        events: Texts of the sample events, by name.
        account_region: Where it will be.
        taken: The names of the functions that are there.
        parent: The window.
    """

    wanted = Signal()
    inspection_wanted = Signal()
    contents_wanted = Signal()

    def __init__(
        self,
        choices: Choices,
        templates: Sequence[Template],
        events: Mapping[str, str],
        account_region: AccountRegion,
        taken: Collection[str],
        parent: QWidget,
    ) -> None:
        super().__init__("newFunction", _("New Function"), parent)
        self.cancelling_text = _("Deleting what was created…")
        self.form = Form()
        self.disable_while_busy(self.form)
        self._choices, self._events = choices, events
        self._account_region, self._taken = account_region, taken
        self._templates = {(each.source, each.language.family): each for each in templates}
        self._role_mark = new_mark()
        self._report: CodeReport | None = None
        self._inspected: tuple[CodeFrom, str, Patterns, CodeWanted] | None = None
        self._inspection_timer = QTimer(self, singleShot=True, interval=_INSPECTION_DELAY_MS)
        self._inspection_timer.timeout.connect(self.inspection_wanted)
        self._codes: dict[Template, str] = {}
        self.name = named(PlainLine(), "newFunctionName", _("Name"))
        self.source = named(CalmChoice(), "newFunctionSource", _("Invoked by"))
        for source in dict.fromkeys(each.source for each in templates):
            self.source.addItem(source_title(source), source)
        self.code = CodeFields(choices, account_region.region, self)
        self.runtime = SuggestedChoice("newFunctionRuntime", _("Runtime"))
        self.architecture = OpenChoice("newFunctionArchitecture", _("Architecture"), choices.architectures)
        self.role = RoleChoice("newFunctionRole", _("Role"))
        self.source_arn = named(PlainLine(), "newFunctionSourceArn", _("ARN of the event source"))
        self.source_arn.setPlaceholderText(_("Any in this account and region"))
        self.description = named(PlainLine(), "newFunctionDescription", _("Description"))
        self.tenants = named(QCheckBox(_("Per tenant")), "newFunctionTenants", _("Tenant isolation"))
        self.preview = Preview()
        self.problems = text_label("newFunctionProblems", "", "warning")
        self.fix = named(QPushButton(), "newFunctionFix")
        self.fix.setAutoDefault(False)
        self._lay_out()
        self.go_on = self.add_button("newFunctionCreate", _("Create Function"), "primary")
        self.cancel_button = self.add_button("newFunctionCancel", _("Cancel"))
        self.cancel_button.clicked.connect(self.reject)
        for line in (self.name, self.source_arn, self.description):
            line.textChanged.connect(self.switch)
        for choice in (self.source, self.runtime, self.architecture, self.role):
            choice.currentTextChanged.connect(self.switch)
        self.tenants.toggled.connect(self.switch)
        self.code.changed.connect(self.switch)
        self.code.contents.clicked.connect(self.contents_wanted)
        self.preview.needs.changed.connect(self.switch)
        self.fix.clicked.connect(self._use_proposal)
        self.go_on.clicked.connect(self._submit)
        self.resize(_SIZE)
        self.switch()
        self.name.setFocus()

    # What was chosen ----------------------------------------------------------------------------------------

    @property
    def template(self) -> Template | None:
        """What the function begins with, or is allowed; None when there is nothing for the runtime."""
        source, language = self.source.currentData(), language_of(self.runtime.text)
        if self.code.is_template:
            return self._templates.get((source, language.family)) if language else None
        return next(each for (key, __), each in self._templates.items() if key == source)

    def function(self) -> NewFunction:
        """What is wanted. Only for a dialog without faults."""
        return self._called(self.name.text().strip())

    def _called(self, name: str) -> NewFunction:
        template = self.template
        assert template is not None
        is_new = self.role.is_new
        wanted = NewFunction(
            name,
            self.runtime.text,
            template.language.handler,
            self.architecture.text,
            self.description.text().strip(),
            "" if is_new else self.role.arn,
            new_role_name(name, self._role_mark) if is_new else "",
            self._policy(template, name) if is_new else "",
            settings=_PER_TENANT if self.tenants.isChecked() else "",
        )
        return self.code.put_into(wanted)

    def _policy(self, template: Template, name: str) -> str:
        """The policy of the new role: of the template, and what was chosen of what the code needs."""
        policy = template.policy(name, self._account_region, self.source_arn.text().strip())
        return self.preview.needs.added_to(policy)

    @property
    def scope(self) -> Scope:
        """Where the resources are that the code names."""
        place = self._account_region
        return Scope(place.partition, place.region, place.account_id)

    @property
    def target(self) -> Target:
        """What its packages are installed for."""
        return Target(self.runtime.text, self.architecture.text)

    @property
    def code_wanted(self) -> CodeWanted:
        """What the user has chosen for the code; the code proposes the rest."""
        return CodeWanted(
            self.runtime.chosen,
            self.code.handler.chosen,
            self.architecture.text,
            self._choices.runtimes,
            self._usual_runtime,
        )

    @property
    def _usual_runtime(self) -> str:
        runtimes = self._choices.runtimes
        return _USUAL_RUNTIME if _USUAL_RUNTIME in runtimes else next(iter(runtimes), "")

    @property
    def report(self) -> CodeReport | None:
        """What was found in the code that is named now; None before its inspection."""
        return self._report

    def show_report(self, report: CodeReport) -> None:
        """Shows what goes into the package and what stays out."""
        # Else other code is named by now.
        if self._inspected is not None and not self._inspection_timer.isActive():
            self._report = report
            self.switch()

    # What comes meanwhile -----------------------------------------------------------------------------------

    def resize_to_content(self) -> None:
        """Keeps its size: the preview takes what room there is."""

    # Inside -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 12, 0)
        column.addWidget(self.form)
        column.addStretch(1)
        for field, title in (
            (self.name, _("Name")),
            (self.source, _("Invoked by")),
            (self.code.kind, _("Code from")),
            *self.code.fields(),
            (self.runtime, _("Runtime")),
            (self.architecture, _("Architecture")),
            (self.role, _("Role")),
            (self.source_arn, _("Reads from")),
            (self.description, _("Description")),
        ):
            self.form.add(field, title)
        self.form.add(self.tenants, _("Tenant isolation"), hint=_("Cannot be changed later."))
        # Rows that are squeezed below their minimum cut off the hints below their fields.
        left.setFixedWidth(max(scaled(_FORM_WIDTH), left.minimumSizeHint().width()))
        columns = QHBoxLayout()
        columns.setSpacing(0)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.problems)
        right.addWidget(self.fix, 0, Qt.AlignmentFlag.AlignLeft)
        right.addWidget(self.preview, 1)
        columns.addWidget(left)
        columns.addLayout(right, 1)
        self.content.addLayout(columns, 1)
        self.finish_layout(stretch=False)

    def switch(self) -> None:
        self._follow_code()
        self._suggest()
        visible = self.code.visible_fields()
        for field, _title in self.code.fields():
            self.form.show_row(field.objectName(), shown=field.objectName() in visible)
        self.form.show_row("newFunctionRuntime", shown=not self.code.is_image)
        self._show_problems()
        needs = self._report.needs if self._report is not None else ()
        self.preview.needs.show_proposals(propose(needs), shown=self.role.is_new)
        template = self.template
        reads = template is not None and bool(template.source_service) and self.role.is_new
        self.form.show_row("newFunctionSourceArn", shown=reads)
        if reads and template is not None:
            self.form.rows["newFunctionSourceArn"].set_title(arn_title(template.source))
        is_named = bool(self.name.text().strip()) and self.code.is_filled
        is_inspected = self._report is not None or not self.code.inspected
        faults = {name: check() for name, check in self._checks(reads=reads).items()} | self.code.faults()
        self.form.show_faults(faults)
        self.go_on.setEnabled(is_named and is_inspected and not any(faults.values()) and not self.is_busy)
        if not self.is_busy:
            self.set_message("")
        if template is not None:
            self._preview(template)

    def _follow_code(self) -> None:
        """Has the code that is named inspected, once."""
        code, named_now = self.code, None
        if code.inspected:
            named_now = (code.source, code.inspected, code.patterns, self.code_wanted)
        if named_now != self._inspected:
            self._inspected, self._report = named_now, None
            self._inspection_timer.stop()
            if named_now is not None:
                self._inspection_timer.start()
        code.contents.setEnabled(self._report is not None and self._report.material is not None)

    def _suggest(self) -> None:
        """Suggests runtime and handler: those that the code proposes, else the usual ones."""
        report, code = self._report, self.code
        if self._inspected is not None and report is None:
            return  # they stay until it is known
        runtimes = self._choices.template_runtimes if code.is_template else self._choices.runtimes
        self.runtime.suggest((report and report.runtime) or self._usual_runtime, runtimes)
        language = language_of(self.runtime.text)
        usual = language.handler if language else ""
        handlers = report.proposal.handlers if report is not None else ()
        code.handler.suggest((report and report.handler) or usual, handlers)

    def _show_problems(self) -> None:
        """Shows why the code will fail, and what of it the code proposes instead."""
        problems = self._report.problems if self._report is not None else ()
        proposal = self._report.proposal if self._report is not None else NO_PROPOSAL
        self.problems.setText(
            "\n".join((_("This code will probably fail at run time."), *problem_lines(problems)))
        )
        self.problems.setVisible(bool(problems))
        differs = (proposal.runtime, proposal.handler) != (self.runtime.text, self.code.handler.text)
        self.fix.setVisible(bool(problems and proposal.handler and differs))
        words = _("Use {handler} on {runtime}").format(handler=proposal.handler, runtime=proposal.runtime)
        self.fix.setText(words.replace("&", "&&"))
        self.fix.setAccessibleName(words)
        self.go_on.setText(_("Create Anyway…") if problems else _("Create Function"))

    def _use_proposal(self) -> None:
        for choice in (self.runtime, self.code.handler):
            choice.release()
        self.switch()

    def _checks(self, *, reads: bool) -> dict[str, Callable[[], str]]:
        return {
            "newFunctionName": self._name_fault,
            "newFunctionRuntime": self._runtime_fault,
            "newFunctionArchitecture": lambda: "" if self.architecture.text else _("Choose an architecture."),
            "newFunctionRole": self._role_fault,
            "newFunctionSourceArn": lambda: self._source_fault() if reads else "",
            "newFunctionDescription": self._description_fault,
        }

    def _name_fault(self) -> str:
        name = self.name.text().strip()
        if name in self._taken:
            return _("A function with this name already exists in {region}.").format(
                region=self._account_region.region
            )
        if name and not self._choices.accepts_name(name):
            return _("Up to 64 letters (A–Z), digits, hyphens and underscores.")
        return ""

    def _runtime_fault(self) -> str:
        if self.code.is_template:
            return "" if self.template else _("No template is available for this runtime.")
        runtime = self.runtime.text
        return "" if self.code.is_image or (runtime and " " not in runtime) else _("Choose a runtime.")

    def _role_fault(self) -> str:
        if self.role.is_new:
            policy = self._policy(self.template, self.name.text().strip()) if self.template else ""
            return self.preview.needs.fault(policy)
        if self._choices.role_arn.accepts(self.role.arn) and self.role.arn:
            return ""
        return _("Choose a role, or enter its ARN.")

    def _source_fault(self) -> str:
        text, template = self.source_arn.text().strip(), self.template
        if not text or (template and template.accepts_source(text)):
            return ""
        return _("Invalid ARN.")

    def _description_fault(self) -> str:
        limit = self._choices.description
        if limit.accepts(self.description.text().strip()):
            return ""
        return _("At most {max_length} characters.").format(max_length=str(limit.max_length))

    def _preview(self, template: Template) -> None:
        wanted = self._called(self.name.text().strip() or _("NAME"))  # until it has one
        show = self.preview.show_text
        role_name = "" if self.role.is_new else self.role.text
        large = self.code.is_here
        steps = plan_create(wanted)
        package = package_text(self._report, wanted) if self._inspected is not None else ""
        plan = plan_text(
            wanted, steps, self._account_region, template, role_name, may_be_large=large, package=package
        )
        show(self.preview.plan, plan)
        if template not in self._codes:
            self._codes[template] = "\n".join(text for __, text in template.files())
        show(self.preview.code, self.code.source_text() or self._codes[template])
        show(self.preview.policy, wanted.policy or _("The permissions of the chosen role are not changed."))
        show(self.preview.sample, self._events.get(template.event_name, ""))

    def _submit(self) -> None:
        if self.go_on.isEnabled():
            self.wanted.emit()


def ask_about_problems(
    problems: Sequence[Problem], function_name: str, parent: QWidget, then: Callable[[], object]
) -> Question:
    """Asks whether a function is created whose code will probably fail; `then` is called after a yes."""
    question = Question(
        "newFunctionProblemsQuestion",
        _("Create {function_name}").format(function_name=function_name),
        _("This code will probably fail at run time. Create the function anyway?"),
        _("Create Anyway"),
        parent,
        "\n".join(problem_lines(problems)),
        is_destructive=True,
    )
    question.ask(then)
    return question

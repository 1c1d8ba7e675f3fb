"""New Function…: reads what there is to choose, shows the dialog, creates, opens what was made."""

import contextlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from workbench.aws import regions
from workbench.aws.connection import Connection
from workbench.code.dependencies.store import Target
from workbench.code.package import Patterns
from workbench.code.package_contents import CodeWillFail, refuse_new_problems
from workbench.code.syntax import Problem
from workbench.code.workspace import Workspace, use_deployed_code
from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.jobs import JobContext, JobHandle
from workbench.core.messages import _
from workbench.deploy import new_function as packages
from workbench.deploy.run import code_source
from workbench.functions import create as creating
from workbench.functions import templates as starters
from workbench.functions.account_resources import check_bucket_region
from workbench.functions.create import Code, CreationJournal, InterruptedCreation, StepKind
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import list_roles
from workbench.invoke.events import EventStore, TestEvent, load_samples
from workbench.ui.features.new_function import code_fields
from workbench.ui.features.new_function import dialog as dialogs
from workbench.ui.pages.code_opening import equip_for, workspaces_dir
from workbench.ui.shell import contents_dialog
from workbench.ui.shell.context import Context
from workbench.ui.shell.deploy_history import note_created
from workbench.ui.shell.install_question import install_error_handler, not_installed
from workbench.ui.shell.recovery import Ended, Interruption

_INSPECT = "function.new.look"
NEW = "function.new"


@dataclass(frozen=True, slots=True, eq=False)
class _DialogData:
    """What the dialog needs, read by a job."""

    choices: "creating.Choices"
    templates: "tuple[starters.Template, ...]"
    samples: tuple[TestEvent, ...]
    account_region: "starters.AccountRegion"


def activate(context: Context) -> None:
    """Adds creating functions. The route "new_function" takes the folder of the code, or nothing."""
    flow = NewFunctionFlow(context)
    context.services.actions.bind(NEW, flow.begin)
    context.route("new_function", flow.begin)
    context.recovery(_("Creation"), lambda: (flow.journal,), flow.describe)


class NewFunctionFlow(QObject):
    """Creates functions."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services = context, context.services
        self._session, self._window = context.session, context.window
        self.journal = CreationJournal(self._services.paths.data_dir / "creations", self._services.clock)
        self._dialog: dialogs.NewFunctionDialog | None = None

    # The dialog ---------------------------------------------------------------------------------------------

    def begin(self, folder: Path | None = None) -> None:
        """Opens the dialog for the session's account and region.

        Args:
            folder: Where the code is to come from; None leaves the choice open.
        """
        connection = self._session.connection
        if connection is None or self._dialog is not None:
            return

        def run(_ctx: JobContext) -> _DialogData:
            region = regions.find(connection.region)
            partition = region.partition if region else "aws"
            return _DialogData(
                creating.load_choices(),
                starters.load_templates(resources_dir() / "templates"),
                load_samples(resources_dir() / "events"),
                starters.AccountRegion(partition, connection.region, connection.account_id),
            )

        self._services.jobs.start(
            _("Reading the templates"),
            run,
            replaces="function.new",
            quiet=True,
            on_done=lambda data: self._show(connection, data, folder),
            on_error=self._report,
        )

    def _show(self, connection: Connection, data: _DialogData, folder: Path | None) -> None:
        if connection is not self._session.connection:
            return
        taken = {row.function_name for row in self._window.functions.model.all()}
        events = {sample.name: sample.text for sample in data.samples}
        dialog = dialogs.NewFunctionDialog(
            data.choices, data.templates, events, data.account_region, taken, self._window
        )
        if folder is not None:
            dialog.code.use_folder(str(folder))
        roles = self._services.jobs.start(
            _("Reading the roles"),
            lambda ctx: list_roles(connection, ctx),
            quiet=True,
            on_item=lambda page: dialog.role.add_roles(page) if isinstance(page, tuple) else None,
            # A role can still be made, or typed.
            on_error=lambda error: dialog.set_message(str(error), "warning"),
        )
        self._dialog = dialog
        dialog.finished.connect(lambda _result: self._closed(roles))
        dialog.wanted.connect(lambda: self._wanted(dialog, connection))
        dialog.inspection_wanted.connect(lambda: self._inspect(dialog, connection))
        dialog.contents_wanted.connect(lambda: self._show_contents(dialog))
        dialog.open()

    def _inspect(self, dialog: "dialogs.NewFunctionDialog", connection: Connection) -> None:
        """Looks at the code that is named, before it is packed or sent."""
        source, path = dialog.code.source, dialog.code.path.path()
        patterns, wanted, scope = dialog.code.patterns, dialog.code_wanted, dialog.scope
        stored = dialog.code.s3_object

        def attach(workspace: Workspace, target: Target) -> None:
            equip_for(workspace, self._services, target)

        def run(ctx: JobContext) -> packages.CodeReport:
            match source:
                case code_fields.CodeFrom.S3:
                    return packages.inspect_object(connection, stored, wanted, scope, ctx)
                case code_fields.CodeFrom.ZIP:
                    return packages.inspect_zip(path, wanted, scope, ctx, attach)
            return packages.inspect_folder(path, patterns, wanted, scope, ctx, attach)

        self._services.jobs.start(
            _("Checking {path}").format(path=dialog.code.inspected.rpartition("/")[2]),
            run,
            replaces=_INSPECT,
            quiet=True,
            on_done=dialog.show_report,
            on_error=lambda error: dialog.show_report(packages.CodeReport(error=error)),
        )

    def _show_contents(self, dialog: "dialogs.NewFunctionDialog") -> None:
        """Lets the user choose what of a folder goes in."""
        report = dialog.report
        if report is None or report.material is None or report.outlook is None:
            return
        name = dialog.name.text().strip() or Path(dialog.code.path.text).name
        contents = contents_dialog.show_contents(
            self._services, name, dialog.code.patterns, report.material, report.outlook, dialog
        )

        def agreed(text: str) -> None:
            dialog.code.patterns = Patterns.of(text)
            contents.accept()
            dialog.code.changed.emit()

        contents.agreed.connect(agreed)

    def _closed(self, roles: JobHandle) -> None:
        roles.drop()
        self._services.jobs.drop(_INSPECT)
        self._dialog = None

    def _wanted(self, dialog: "dialogs.NewFunctionDialog", connection: Connection) -> None:
        wanted, template = dialog.function(), dialog.template
        if template is None:
            return
        problems = dialog.report.problems if dialog.report is not None else ()

        def agreed() -> None:
            self._context.confirm_creation(
                connection,
                wanted.function_name,
                lambda: self._create(dialog, connection, wanted, template, problems),
            )

        if problems:
            dialogs.ask_about_problems(problems, wanted.function_name, dialog, agreed)
        else:
            agreed()

    def _create(
        self,
        dialog: "dialogs.NewFunctionDialog",
        connection: Connection,
        wanted: "creating.NewFunction",
        template: "starters.Template",
        agreed: Sequence[Problem],
    ) -> None:
        events_dir = self._services.paths.data_dir / "events"
        source, path = dialog.code.source, dialog.code.path.path()
        patterns, target = dialog.code.patterns, dialog.target
        event_text = dialog.preview.sample.toPlainText()

        def attach(workspace: Workspace) -> None:
            equip_for(workspace, self._services, target)

        def make(scratch: Path, ctx: JobContext) -> WorkbenchError | None:
            def check(workspace: Workspace) -> None:
                found = packages.problems_before(workspace, wanted.handler, target, ctx)
                refuse_new_problems(found, agreed, _("The function was not created."))

            package: Code = b""
            folder: packages.PackedFolder | None = None
            match source:
                case code_fields.CodeFrom.TEMPLATE:
                    package = packages.pack_folder(template.folder, scratch, ctx).code
                case code_fields.CodeFrom.FOLDER:
                    folder = packages.pack_folder(path, scratch, ctx, patterns, attach, check)
                    package = folder.code
                case code_fields.CodeFrom.ZIP:
                    package = packages.read_zip(path, scratch, ctx, attach, check)
                case code_fields.CodeFrom.S3:
                    check_bucket_region(connection, wanted.s3_bucket, wanted.function_name)
            detail = creating.create(connection, wanted, package, self.journal, ctx, packages.ThroughS3())
            note_created(self._services, detail)
            return self._keep(connection, detail, folder, ctx.shielded())

        def run(ctx: JobContext) -> WorkbenchError | None:
            with tempfile.TemporaryDirectory(prefix="workbench-new-") as scratch:
                not_kept = make(Path(scratch), ctx)
            store = EventStore(events_dir, connection.account_id, connection.region, wanted.function_name)
            with contextlib.suppress(WorkbenchError):  # a convenience: the function is there all the same
                store.remember_used(TestEvent(template.event_name, event_text, is_sample=True))
            return not_kept

        def stop(tell: Callable[[], None]) -> None:
            dialog.set_busy(busy=False)
            tell()

        def done(not_kept: WorkbenchError | None) -> None:
            dialog.set_busy(busy=False)
            dialog.accept()
            self._made(connection, wanted.function_name, not_kept)

        def again(agreed: Sequence[Problem] = agreed) -> None:
            self._create(dialog, connection, wanted, template, agreed)

        def failed(error: WorkbenchError) -> None:
            dialog.set_error(error)
            if isinstance(error, CodeWillFail):
                found = error.problems
                dialogs.ask_about_problems(found, wanted.function_name, dialog, lambda: again(found))
                return
            self._context.remember(NEW, error)
            self._window.operations_changed.emit()  # what could not be undone is offered

        def declined() -> None:
            words = _("{function_name} was not created.").format(function_name=wanted.function_name)
            dialog.set_error(not_installed(words))

        ask = install_error_handler(
            self._services,
            dialog,
            again,
            failed,
            declined,
        )
        dialog.set_busy(busy=True)
        handle = self._services.jobs.start(
            _("Creating {function_name}").format(function_name=wanted.function_name),
            run,
            on_progress=dialog.show_progress,
            on_done=done,
            on_error=lambda error: stop(lambda: ask(error)),
            on_cancelled=lambda: stop(
                lambda: dialog.set_message(_("Cancelled. Everything created was deleted."))
            ),
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())

    def _keep(
        self,
        connection: Connection,
        made: FunctionDetail,
        folder: "packages.PackedFolder | Path | None",
        ctx: JobContext,
    ) -> WorkbenchError | None:
        """Makes the folder that a function was made from its code, or leaves that of an earlier one.

        Returns why the folder is not its code. The function is there all the same. Runs in a job.
        """
        root_dir = workspaces_dir(self._services)
        try:
            if isinstance(folder, Path):
                packages.keep_again(connection, made, folder, root_dir, ctx)
            elif folder is not None:
                folder.keep(connection, made, root_dir, ctx)
            else:
                use_deployed_code(code_source(made, connection), root_dir)
        except WorkbenchError as error:
            return error
        return None

    def _made(self, connection: Connection, function_name: str, not_kept: WorkbenchError | None) -> None:
        if not_kept is not None:
            self._context.report(not_kept, "warning")
        if connection is self._session.connection:
            self._window.functions.search.clear()  # or it might not be in the list
            self._window.functions.refresh()
            self._window.page.show_tab("codePage")
            self._context.open_function(function_name)

    def _report(self, error: WorkbenchError) -> None:
        self._context.report(error, action=NEW)

    # What was interrupted -----------------------------------------------------------------------------------

    def describe(self, record: InterruptedCreation) -> Interruption:
        """What is shown of an interrupted creation."""
        wanted = record.about.wanted
        name = wanted.function_name

        def finish(connection: Connection, ctx: JobContext) -> Ended:
            detail = creating.finish(connection, record, self.journal, ctx, packages.ThroughS3())
            note_created(self._services, detail)
            folder = Path(wanted.code_folder) if wanted.code_folder else None
            not_kept = self._keep(connection, detail, folder, ctx)
            return Ended(
                _("{name} was created.").format(name=name),
                then=lambda: self._made(connection, name, not_kept),
            )

        def undo(connection: Connection, _ctx: JobContext) -> Ended:
            creating.undo(connection, record, self.journal, packages.ThroughS3())
            text = _("Everything created for {name} was deleted.").format(name=name)
            return Ended(text, then=self._window.functions.refresh)

        return Interruption(
            _("Creation of {name}").format(name=name),
            code_fields.made_text(wanted, tuple(map(StepKind, record.begun))),
            _(
                "Finish creates what is missing. Undo deletes what was created; the function itself "
                "only if its code has not changed."
            ),
            len(record.done),
            max(len(creating.plan_create(wanted)), len(record.begun)),
            finish,
            undo,
            subject=name,
        )

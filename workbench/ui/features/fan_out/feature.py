"""Deploy to Several…: packs the open code, lets the user choose functions, and sees the fan-out through.

One at a time. What a failure, Cancel or a crash left unfinished is offered first, the next time.
"""

from pathlib import Path

from PySide6.QtCore import QObject

from workbench.code.working_copy import NotShown
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _, ngettext
from workbench.deploy.fan_out import (
    Adopt,
    FanOut,
    FanOutFile,
    FanOutJournal,
    FanOutPlan,
    InterruptedFanOut,
    Target,
    has_package,
)
from workbench.deploy.journal import Journal
from workbench.deploy.options import DeployOptions
from workbench.profiles.model import Profile
from workbench.ui.features.fan_out import dialog as dialogs
from workbench.ui.features.fan_out import run as runs
from workbench.ui.kit.text import size_text
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.install_question import install_error_handler
from workbench.ui.shell.recovery import Interruption, Opens
from workbench.ui.shell.services import OpenFunction

ACTION = "function.fan_out"
_KEY = "fanOut"


def activate(context: Context) -> None:
    """Adds Deploy to Several Functions."""
    flow = FanOutFlow(context)
    spec = ActionSpec(
        ACTION,
        _("Deploy to Several Functions…"),
        "Alt+Shift+X",
        "rocket",
        begins_group=True,
        submenu=_("Several Functions"),
        terms=_("regions, accounts"),
    )
    context.action(spec, lambda: flow.open(), after="function.past_changes")
    context.signed_in.connect(flow.read_again)
    context.recovery(_("Deploy to several functions"), lambda: (flow.fan_outs,), flow.describe)


class FanOutFlow(QObject):
    """Chooses the functions, confirms and runs a fan-out, and offers an unfinished one."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._code = context.page(CodePage)
        data_dir, clock = self._services.paths.data_dir, self._services.clock
        self.fan_outs = FanOutJournal(data_dir / "fan-outs", clock)
        self._journal = Journal(data_dir / "deploys", packages_days=self._services.policy.packages_days)
        self._dialog: dialogs.FanOutDialog | None = None
        self._file: FanOutFile | None = None
        self._run: runs.FanOutRun | None = None
        self._window.closed.connect(self._leave)

    def describe(self, record: InterruptedFanOut) -> Interruption:
        """What is shown of an interrupted one; it goes on in its own window, function by function."""
        fan_out = FanOut.of(record)
        count = len(fan_out.standings)
        title = ngettext(
            "Deploy of {source_name} to {count:,} function",
            "Deploy of {source_name} to {count:,} functions",
            count,
        ).format(source_name=fan_out.plan.source_name, count=count)
        finish: Opens | str = Opens(lambda: self.open(record.file))
        if not has_package(record):
            finish = _("Its package was changed or deleted on this computer.")
        return Interruption(
            title,
            runs.summary_of(fan_out)[0],
            _("Finish shows the functions first. Discard leaves each function with the code that it has."),
            sum(each.state.is_done for each in fan_out.standings),
            count,
            finish,
            _("Roll back each function on its Deploys tab."),
        )

    def open(self, chosen: Path | None = None) -> None:
        """Shows the one that is under way, or unfinished; else the open function's code is to go out.

        Args:
            chosen: The journal of the unfinished one that is wanted rather than the oldest.
        """
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
        elif self._run is not None and self._run.is_running:
            self._show_run(self._run)
        else:
            self._services.jobs.submit(
                Job(
                    _("Finding unfinished deployments to several functions"),
                    lambda ctx: self.fan_outs.take_up(ctx, chosen),
                    lane=_KEY,
                    quiet=True,
                    on_done=self._found,
                    on_error=self._fail,
                )
            )

    def _found(self, file: FanOutFile | None) -> None:
        if self._dialog is not None or self._file is not None:
            if file is not None:
                file.release()  # pressed twice
        elif file is not None:
            self._file = file
            self._show_run(self._make_run(file))
        elif self._code.function is None:
            words = _("Open the function whose code you want to deploy to other functions.")
            self._window.banners.show_notice(words, "", key=_KEY)
        else:
            self._code.ready_to_deploy(self._pack)

    # Choosing -----------------------------------------------------------------------------------------------

    def _pack(self, function: OpenFunction, workspace: Workspace) -> None:
        detail = function.detail

        self._services.jobs.submit(
            Job(
                _("Packaging {function_name}").format(function_name=detail.function_name),
                lambda ctx: runs.pack(self._services, self.fan_outs, detail, workspace, ctx),
                lane=f"write:{detail.function_arn}",
                replaces="fanOut.pack",
                on_done=self._choose,
                on_error=install_error_handler(
                    self._services, self._window, lambda: self._pack(function, workspace), self._fail
                ),
            )
        )

    def _choose(self, packed: "runs.Packed") -> None:
        if self._dialog is not None:
            self._close_file(packed.file)
            return
        session, tier_of = self._context.session, self._context.tier_of
        detail, self._file = packed.source.detail, packed.file
        usual = {profile.name: session.usual_region(profile) for profile in session.profiles}
        picker = dialogs.TargetPicker(self._services, session.open_named, session.profiles, usual)
        dialog = self._show(picker)
        dialogs.describe(dialog, packed)

        def checked(row: runs.TargetRow) -> None:
            if dialog is self._dialog:
                dialog.show_checked(row)

        def check(target: Target) -> None:
            tier = self._context.tier_of(target.profile_name)
            runs.check_target(
                self._services, self._context.session.open_named, packed.source, target, tier, checked
            )

        def begin() -> None:
            self._begin(detail.function_name, detail.function_arn)

        dialog.check_wanted.connect(check)
        dialog.remedy_wanted.connect(self._remedy)
        dialog.deploy_wanted.connect(
            lambda: dialogs.confirm(dialog, dialog.targets(), tier_of, detail.function_name, begin)
        )
        picker.function.setFocus()
        picker.begin(session.profile.name, detail.region, detail.function_name)

    def _begin(self, source_name: str, source_arn: str) -> None:
        dialog, file = self._dialog, self._file
        assert dialog is not None
        assert file is not None
        package = file.package
        options = DeployOptions(undo_on_failure=dialog.undo.isChecked(), publish=dialog.publish.isChecked())
        chosen = tuple(dialog.targets())
        plan = FanOutPlan(source_name, source_arn, package.code_sha256, package.size_bytes, options, chosen)
        dialog.deploy_button.setEnabled(False)

        def failed(error: WorkbenchError) -> None:
            dialog.set_status(str(error), "danger")
            dialog.deploy_button.setEnabled(True)

        self._services.jobs.submit(
            Job(
                _("Starting the deployment to several functions"),
                lambda _ctx: file.begin(plan),
                lane=_KEY,
                quiet=True,
                on_done=lambda _begun: self._begun(file),
                on_error=failed,
            )
        )

    def _begun(self, file: FanOutFile) -> None:
        if file is not self._file:
            return  # the dialog was closed meanwhile: it is offered the next time
        run = self._make_run(file)
        if self._dialog is not None:
            self._attach(self._dialog, run)
        run.start()

    # Running ------------------------------------------------------------------------------------------------

    def _make_run(self, file: FanOutFile) -> "runs.FanOutRun":
        run = runs.FanOutRun(
            self._services, file, self._journal, self._context.session.open_named, self._adopting, self
        )
        run.changed.connect(self._progressed)
        run.ended.connect(self._ended)
        self._run = run
        return run

    def _adopting(self, target: Target) -> Adopt | None:
        function, workspace = self._code.function, self._code.workspace
        if function is None or workspace is None or workspace.base.function_arn != target.function_arn:
            return None
        clock = self._services.clock
        return lambda package, ctx: runs.adopt(function.connection, workspace, package, clock, ctx)

    def _show(self, picker: "dialogs.TargetPicker | None") -> "dialogs.FanOutDialog":
        dialog = dialogs.FanOutDialog(self._services, picker, self._window)
        self._dialog = dialog
        self._window.banners.dismiss(_KEY)  # it shows how far the deployment is
        dialog.finished.connect(self._closed)
        dialog.show()
        return dialog

    def _show_run(self, run: "runs.FanOutRun") -> None:
        dialog = self._show(None)
        fan_out = run.fan_out
        words = _("Started on {time} UTC, {size}.")
        dialog.describe(
            fan_out.plan.source_name,
            words.format(size=size_text(fan_out.plan.size_bytes), time=fan_out.when[:16].replace("T", " ")),
        )
        self._attach(dialog, run)

    def _attach(self, dialog: "dialogs.FanOutDialog", run: "runs.FanOutRun") -> None:
        def resume() -> None:
            fan_out = run.fan_out
            left = [each.target for each in fan_out.standings if not each.state.is_done]
            dialogs.confirm(dialog, left, self._context.tier_of, fan_out.plan.source_name, run.start)

        dialog.resume_wanted.connect(resume)
        dialog.cancel_wanted.connect(run.cancel)
        dialog.discard_wanted.connect(self._discard)
        dialog.show_run(run)

    def _progressed(self) -> None:
        if self._dialog is not None and self._run is not None:
            self._dialog.show_run(self._run)

    def _ended(self) -> None:
        run = self._run
        assert run is not None
        arns = {standing.target.function_arn for standing in run.fan_out.standings if standing.state.is_done}
        function = self._context.function
        self._window.functions.refresh()
        if function and function.detail.function_arn in arns:
            self._services.actions["function.refresh"].trigger()
            self._code.deployed()
        if self._dialog is None:
            error, tone = runs.ending(run.fan_out, ACTION)
            self._window.banners.show_error(error, tone, key=_KEY)
            self._let_go()

    # The end ------------------------------------------------------------------------------------------------

    def _discard(self) -> None:
        if self._file is not None:
            self._file.fan_out = None  # closing it removes it
        if self._run is not None:
            self._run.deleteLater()
            self._run = None
        if self._dialog is not None:
            self._dialog.close()

    def _closed(self) -> None:
        self._dialog = None
        if self._run is None or not self._run.is_running:
            self._let_go()

    def _let_go(self) -> None:
        """Nobody looks at it, and nothing runs: what is unfinished stays on disk."""
        if self._run is not None:
            self._run.deleteLater()
            self._run = None
        if self._file is not None:
            self._close_file(self._file)
            self._file = None

    def _close_file(self, file: FanOutFile) -> None:
        tidy = Job(
            _("Cleaning up"),
            lambda _ctx: file.close(),
            lane=_KEY,
            quiet=True,
            urgent=True,
            on_done=lambda _closed: self._window.operations_changed.emit(),  # it may be unfinished
        )
        self._services.jobs.submit(tidy)

    def _leave(self) -> None:
        """The program ends: what runs stops as after a crash, and is offered the next time."""
        if self._file is not None:
            self._file.release()

    def read_again(self) -> None:
        """Somebody has signed in: what could not be read may be readable now."""
        if self._dialog is not None and self._dialog.picker is not None:
            self._dialog.picker.read()

    def _profile(self, name: str) -> Profile | None:
        return next((each for each in self._context.session.profiles if each.name == name), None)

    def _remedy(self, action: str, profile_name: str) -> None:
        if (profile := self._profile(profile_name)) is not None:
            self._context.repair(action, profile)

    def _fail(self, error: WorkbenchError) -> None:
        if isinstance(error, NotShown):
            self._code.reload()
        self._window.banners.show_error(error, key=_KEY)

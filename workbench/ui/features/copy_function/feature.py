"""Copy Function…: reads the original, shows the dialog, downloads the code, creates the copy."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from workbench.aws import regions
from workbench.aws.connection import Connection
from workbench.code.download import download_for
from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy import new_function as packages
from workbench.functions import create as creating
from workbench.functions import create_copy, snapshot
from workbench.functions import templates as starters
from workbench.functions.create import Code, CreationJournal
from workbench.functions.detail import find, get_function, wait_until_updated
from workbench.functions.model import detail_of
from workbench.functions.roles import list_roles
from workbench.profiles.safety import Tier
from workbench.triggers import copying, execute, model
from workbench.triggers import find as triggers
from workbench.ui.features.copy_function import dialog as dialogs
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.deploy_history import note_created
from workbench.ui.shell.services import OpenFunction

ACTION = "function.copy"
_TARGET, _ROLES, _TRIGGERS = "copy.place", "copy.roles", "copy.triggers"


@dataclass(frozen=True, slots=True, eq=False)
class _CopySources:
    """What the dialog needs, read by a job."""

    original: "create_copy.Original"
    choices: "creating.Choices"
    template: "starters.Template"
    regions: tuple[str, ...]


def activate(context: Context) -> None:
    """Adds Copy Function, and the route "copy_function" of a region."""
    flow = CopyFlow(context)
    spec = ActionSpec(
        ACTION,
        _("Copy Function…"),
        icon="copy",
        when="function",
        submenu=_("Copy and Export"),
        terms=_("duplicate, clone"),
    )
    context.action(spec, flow.begin, after="function.from_template")
    context.route("copy_function", flow.begin_in)


class CopyFlow(QObject):
    """Copies the open function."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._journal = CreationJournal(self._services.paths.data_dir / "creations", self._services.clock)
        self._dialog: dialogs.CopyDialog | None = None
        self._target: Connection | None = None

    def begin(self) -> None:
        """Opens the dialog for the open function."""
        self.begin_in("")

    def begin_in(self, region: str) -> None:
        """Opens it with a region chosen already; empty for the function's own."""
        function = self._context.function
        if function is None or self._dialog is not None:
            return
        connection, name = function.connection, function.detail.function_name

        def run(_ctx: JobContext) -> _CopySources:
            answer = connection.call(
                "lambda",
                "get_function",
                failure=_("Could not read {name}.").format(name=name),
                FunctionName=name,
            )
            signing = find(
                connection,
                "get_function_code_signing_config",
                _("Could not read {name}.").format(name=name),
                FunctionName=name,
            ).get("CodeSigningConfigArn")
            request = snapshot.restore_request(answer, str(signing or ""))
            original = create_copy.Original(detail_of(answer), json.dumps(request))
            plain = next(
                each
                for each in starters.load_templates(resources_dir() / "templates")
                if each.source == "plain"
            )
            return _CopySources(
                original, creating.load_choices(), plain, regions.lambda_regions(connection.region)
            )

        self._services.jobs.start(
            _("Reading {name}").format(name=name),
            run,
            replaces="copy.read",
            on_done=lambda sources: self._show(function, sources, region),
            on_error=self._window.banners.show_error,
        )

    def _show(self, function: OpenFunction, sources: _CopySources, region: str) -> None:
        if self._dialog is not None:
            return
        session = self._context.session
        own = function.connection.access.profile_name or session.profile.name
        names = dict.fromkeys((own, *(each.name for each in session.profiles)))
        allowed = [name for name in names if self._context.tier_of(name) is not Tier.READ_ONLY]
        region_names = tuple(dict.fromkeys((sources.original.detail.region, *sources.regions)))
        dialog = dialogs.CopyDialog(
            sources.original, sources.choices, sources.template, allowed, region_names, self._window
        )
        self._dialog = dialog
        if region:
            dialog.region.setCurrentText(region)
        dialog.target_wanted.connect(lambda name, region: self._connect(dialog, name, region))
        dialog.wanted.connect(lambda: self._confirm(dialog, function))
        dialog.finished.connect(self._closed)
        dialog.open()
        dialog.request_target()
        self._read_triggers(dialog, function)

    def _closed(self) -> None:
        for key in (_TARGET, _ROLES, _TRIGGERS):
            self._services.jobs.drop(key)
        self._dialog = self._target = None

    # What the dialog asks for -------------------------------------------------------------------------------

    def _connect(self, dialog: "dialogs.CopyDialog", profile_name: str, region: str) -> None:
        session = self._context.session

        def connected_to(target: Connection) -> None:
            self._target = target
            found = regions.find(region)
            partition = found.partition if found else "aws"
            dialog.set_target(starters.AccountRegion(partition, region, target.account_id))
            self._read_roles(dialog, target)

        self._services.jobs.drop(_ROLES)
        self._services.jobs.start(
            _("Connecting as {profile_name}").format(profile_name=profile_name),
            lambda ctx: session.open_named(profile_name, region, ctx),
            replaces=_TARGET,
            on_done=connected_to,
            on_error=dialog.set_error,
            on_cancelled=lambda: dialog.set_message(_("Not connected. Choose the region again."), "warning"),
        )

    def _read_roles(self, dialog: "dialogs.CopyDialog", target: Connection) -> None:
        self._services.jobs.start(
            _("Reading the roles"),
            lambda ctx: list_roles(target, ctx),
            replaces=_ROLES,
            quiet=True,
            on_item=lambda page: dialog.role.add_roles(page) if isinstance(page, tuple) else None,
            # A role can still be made, or typed.
            on_error=lambda error: dialog.set_message(str(error), "warning"),
        )

    def _read_triggers(self, dialog: "dialogs.CopyDialog", function: OpenFunction) -> None:
        self._services.jobs.start(
            _("Reading the triggers"),
            lambda ctx: triggers.find_triggers(function.connection, function.detail, ctx),
            replaces=_TRIGGERS,
            quiet=True,
            on_done=lambda report: dialog.set_triggers(report.triggers),
            on_error=lambda error: dialog.set_message(str(error), "warning"),
        )

    # Making it ----------------------------------------------------------------------------------------------

    def _confirm(self, dialog: "dialogs.CopyDialog", function: OpenFunction) -> None:
        target, wanted = self._target, dialog.function()
        assert target is not None

        def begin() -> None:
            self._create(dialog, function, target, wanted, dialog.chosen_triggers())

        self._context.confirm_creation(target, wanted.function_name, begin, dialog)

    def _create(
        self,
        dialog: "dialogs.CopyDialog",
        function: OpenFunction,
        target: Connection,
        wanted: "creating.NewFunction",
        chosen: "Sequence[model.Trigger]",
    ) -> None:
        source = function.connection
        plans = self._services.paths.data_dir / "triggers"

        def run(ctx: JobContext) -> "copying.CopiedTriggers":
            with tempfile.TemporaryDirectory(prefix="workbench-copy-") as scratch:
                package: Code = b""
                if wanted.brings_package:
                    package = _package_of(source, function.detail.function_name, Path(scratch), ctx)
                creating.create(target, wanted, package, self._journal, ctx, packages.ThroughS3())
            copy = wait_until_updated(target, wanted.function_name, ctx)
            note_created(self._services, copy)
            kept = execute.TriggerJournal(plans, self._services.clock)
            return copying.copy_triggers(target, copy, chosen, kept, ctx)

        def cancelled() -> None:
            dialog.set_busy(busy=False)
            dialog.set_message(_("Cancelled. No resources were created."))

        def failed(error: WorkbenchError) -> None:
            dialog.set_busy(busy=False)
            dialog.set_error(error)
            self._window.operations_changed.emit()  # what could not be undone is offered

        def done(wired: "copying.CopiedTriggers") -> None:
            dialog.set_busy(busy=False)
            dialog.accept()
            self._made(target, wanted.function_name, wired)

        dialog.set_busy(busy=True)
        handle = self._services.jobs.start(
            _("Copying {function_name}").format(function_name=function.detail.function_name),
            run,
            on_progress=dialog.show_progress,
            on_done=done,
            on_error=failed,
            on_cancelled=cancelled,
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())

    def _made(self, target: Connection, name: str, wired: "copying.CopiedTriggers") -> None:
        own = self._context.session.connection
        if own is not None and (own.account_id, own.region) == (target.account_id, target.region):
            self._window.functions.refresh()
        words = _("{name} was created in {region}, account {account_id}.").format(
            name=name, region=target.region, account_id=target.account_id
        )
        if wired.names:
            words += " " + _("Triggers: {names}.").format(names=", ".join(wired.names))
        left = [
            _("The trigger {trigger} was not copied: {why}").format(trigger=each.name, why=each.why)
            for each in wired.left
        ]
        self._window.banners.show_notice(
            words, " ".join(left), tone="warning" if left else "good", key="copy"
        )


def _package_of(source: Connection, function_name: str, scratch: Path, ctx: JobContext) -> Code:
    """The code that a function has now.

    Raises:
        WorkbenchError: It cannot be read, or was changed meanwhile.
        Cancelled: Meanwhile.
    """
    ctx.progress(0, 0, _("Downloading its code"))
    detail = get_function(source, function_name, "", ctx)
    path = scratch / "package.zip"
    download_for(source, detail.code_location, detail.code_sha256, path, ctx)
    return packages.sendable(path)

"""Publishing and deleting versions, creating, editing and deleting aliases: from the action to the notice."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import RateBudget, RetryingConnection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.functions import aliases as alias_functions
from workbench.functions import prune as pruning
from workbench.functions import versions as version_functions
from workbench.functions.versions import Alias, Version, list_aliases, list_versions
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection
from workbench.ui.safety.confirm import Question
from workbench.ui.services import OpenFunction, Services
from workbench.ui.versions import dialog as dialogs
from workbench.ui.versions import labels
from workbench.ui.window import MainWindow

Confirm = Callable[[OpenFunction, str, str, str, Callable[[], object]], object]
"""Asks for the name in production: function, title, words, button, and what is done then."""


@dataclass(frozen=True, slots=True)
class VersionsData:
    """What the dialogs show, read by a job."""

    versions: tuple[Version, ...]
    aliases: tuple[Alias, ...]
    limits: "alias_functions.AliasLimits"


class VersionsWork(QObject):
    """The jobs of all changes of versions: reads what the dialogs show, changes, shows errors.

    Signals:
        failed: Which action failed, and why.
        notice: How it ended: text, detail, tone.
    """

    failed = Signal(str, WorkbenchError)
    notice = Signal(str, str, str)

    def __init__(
        self, services: Services, window: MainWindow, page: VersionsPage, confirm: Confirm, budget: RateBudget
    ) -> None:
        super().__init__(window)
        self.services, self.window, self.confirm = services, window, confirm
        self._page, self._budget = page, budget

    def connection(self, function: OpenFunction, ctx: JobContext) -> Connection:
        """Where a function is, for a job: it keeps to AWS's rate, and asks again where AWS is busy."""
        return RetryingConnection(function.connection, self._budget, ctx)

    def read(self, action: str, then: Callable[[OpenFunction, VersionsData], object]) -> None:
        """Reads what the dialogs show, anew: it may have changed since the tab was read."""
        function = self.window.page.function
        if function is None:
            return
        name = function.detail.function_name

        def run(ctx: JobContext) -> VersionsData:
            connection = self.connection(function, ctx)
            versions, aliases = list_versions(connection, name, ctx), list_aliases(connection, name, ctx)
            return VersionsData(versions, aliases, alias_functions.load_limits())

        self.services.jobs.submit(
            Job(
                _("Reading the versions of {name}").format(name=name),
                run,
                replaces="versions.read",
                on_done=lambda data: then(function, data),
                on_error=lambda error: self.fail(action, error),
            )
        )

    def find_uses(
        self, function: OpenFunction, qualifier: str, ask: Callable[[tuple[str, ...]], object]
    ) -> None:
        """Looks what calls a version or an alias; not being allowed to look is told in its place."""
        name = function.detail.function_name

        def run(ctx: JobContext) -> tuple[str, ...]:
            try:
                (found,) = pruning.find_uses(self.connection(function, ctx), name, (qualifier,), ctx)
            except WorkbenchError as error:
                return (str(error),)
            return tuple(map(labels.use_text, found.uses))

        self.services.jobs.submit(
            Job(
                _("Finding what uses {version}").format(version=f"{name}:{qualifier}"),
                run,
                replaces="versions.uses",
                on_done=ask,
            )
        )

    def write[T](
        self,
        action: str,
        function: OpenFunction,
        title: str,
        run: Callable[[Connection, JobContext], T],
        done: Callable[[T], object],
        *,
        failed: Callable[[WorkbenchError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> JobHandle:
        """Changes something, after what is being changed of the function already; the tab follows."""

        def ended(tell: Callable[[], object]) -> None:
            self._page.refresh()
            tell()

        return self.services.jobs.submit(
            Job(
                title,
                lambda ctx: run(self.connection(function, ctx), ctx),
                lane=f"write:{function.detail.function_arn}",
                on_done=lambda result: ended(lambda: done(result)),
                on_error=lambda error: ended(
                    lambda: (
                        failed(error) if failed is not None else self.fail(action, error, function=function)
                    )
                ),
                on_cancelled=lambda: ended(cancelled or (lambda: None)),
            )
        )

    def fail(
        self, action: str, error: WorkbenchError, tone: str = "danger", function: OpenFunction | None = None
    ) -> None:
        """Says it above the page."""
        self.window.function_banners.show_error(error, tone, function=function)
        self.failed.emit(action, error)


PUBLISH, PRUNE = "function.publish_version", "function.prune_versions"


class VersionsFlow(QObject):
    """Publishes and deletes versions."""

    def __init__(self, work: VersionsWork, page: VersionsPage) -> None:
        super().__init__(work.window)
        self._work = work
        page.deletion_wanted.connect(self.delete_version)
        work.services.actions.bind(PUBLISH, self.publish)
        work.services.actions.bind(PRUNE, self.prune)

    # Publishing ---------------------------------------------------------------------------------------------

    def publish(self) -> None:
        """Asks for a description, then publishes what the window shows of the function."""
        self._work.read(PUBLISH, self._ask_publish)

    def _ask_publish(self, function: OpenFunction, data: VersionsData) -> None:
        published = [each for each in data.versions if each.version.isdecimal()]
        newest = (published[0].version, published[0].code_sha256) if published else ("", "")
        dialog = dialogs.PublishDialog(function.detail, newest, data.limits.description, self._work.window)
        dialog.agreed.connect(
            lambda description: self._work.confirm(
                function,
                _("Publish in production"),
                _("This publishes a version of {function_name}.").format(
                    function_name=function.detail.function_name
                ),
                _("Publish"),
                lambda: self._publish(function, description),
            )
        )
        dialog.open()

    def _publish(self, function: OpenFunction, description: str) -> None:
        name = function.detail.function_name
        self._work.write(
            PUBLISH,
            function,
            _("Publishing a version of {name}").format(name=name),
            lambda connection, ctx: version_functions.publish_version(
                connection, function.detail, description, ctx
            ),
            lambda published: self._published(name, published),
        )

    def _published(self, name: str, published: "version_functions.Published") -> None:
        if not published.is_new:
            text = _("Version {version} of {name} has the same code and configuration.")
            detail = _("AWS did not create a new version, and kept the description of the existing one.")
            tone = "info"
        elif published.is_ready:
            text, detail, tone = _("Version {version} of {name} was published."), "", "good"
        else:
            text = _("Version {version} of {name} was published.")
            detail, tone = _("AWS is still preparing it. It cannot be invoked yet."), "info"
        self._work.notice.emit(text.format(version=published.version, name=name), detail, tone)

    # Deleting versions --------------------------------------------------------------------------------------

    def delete_version(self, version: Version) -> None:
        """Looks what calls a version, asks, and deletes it."""
        function = self._work.window.page.function
        if function is None:
            return

        def ask(uses: tuple[str, ...]) -> None:
            number, name = version.version, function.detail.function_name
            words = _("Permanently delete version {number} of {name}?").format(number=number, name=name)
            if uses:
                words += " " + _("These callers use it and will fail:")
            question = Question(
                "deleteVersion",
                _("Delete a Version"),
                words,
                _("Delete Version {number}").format(number=number),
                self._work.window,
                "\n".join(uses),
            )
            question.ask(lambda: self._agree_to_delete(function, (number,)))

        self._work.find_uses(function, version.version, ask)

    def prune(self) -> None:
        """Shows which old versions can go, and deletes them after a yes."""
        self._work.read(PRUNE, self._ask_prune)

    def _ask_prune(self, function: OpenFunction, data: VersionsData) -> None:
        name = function.detail.function_name
        dialog = dialogs.PruneDialog(name, data.versions, data.aliases, self._work.window)

        def find_uses(versions: tuple[str, ...]) -> None:
            self._work.services.jobs.submit(
                Job(
                    _("Finding what uses the versions of {name}").format(name=name),
                    lambda ctx: pruning.find_uses(self._work.connection(function, ctx), name, versions, ctx),
                    replaces="versions.uses",
                    on_item=dialog.add_uses,
                    on_error=dialog.show_uses_error,
                    on_cancelled=lambda: dialog.say(_("The search was cancelled."), "warning"),
                )
            )

        def agreed(plan: pruning.PrunePlan) -> None:
            self._agree_to_delete(function, tuple(version.version for version in plan.deleted))

        dialog.uses_wanted.connect(find_uses)
        dialog.finished.connect(lambda _result: self._work.services.jobs.drop("versions.uses"))
        dialog.agreed.connect(agreed)
        dialog.open()
        dialog.replan()

    def _agree_to_delete(self, function: OpenFunction, versions: tuple[str, ...]) -> None:
        name = function.detail.function_name
        words = _("These versions of {name} will be permanently deleted: {names}.")
        self._work.confirm(
            function,
            _("Delete versions in production"),
            words.format(name=name, names=", ".join(versions)),
            _("Delete"),
            lambda: self._work.write(
                PRUNE,
                function,
                _("Deleting versions of {name}").format(name=name),
                lambda connection, ctx: pruning.prune(connection, name, versions, ctx),
                lambda result: self._pruned(name, result),
            ),
        )

    def _pruned(self, name: str, result: "pruning.PruneResult") -> None:
        if result.failed or result.left:
            self._work.fail(PRUNE, labels.result_error(name, result), tone="warning")
        else:
            number = len(result.deleted)
            text = ngettext("{count} version", "{count} versions", number).format(count=number)
            self._work.notice.emit(_("{text} of {name} deleted.").format(text=text, name=name), "", "good")


NEW_ALIAS = "function.new_alias"


class AliasFlow(QObject):
    """Creates, edits and deletes aliases."""

    def __init__(self, work: VersionsWork, page: VersionsPage) -> None:
        super().__init__(work.window)
        self._work = work
        page.alias_wanted.connect(self.new_alias)
        page.edit_wanted.connect(self.edit_alias)
        page.alias_deletion_wanted.connect(self.delete_alias)
        work.services.actions.bind(NEW_ALIAS, self.new_alias)

    # Aliases ------------------------------------------------------------------------------------------------

    def new_alias(self, version: str = "") -> None:
        """Asks for a new alias; it points to the version given, or to the newest one."""
        self._work.read(NEW_ALIAS, lambda function, data: self._ask_alias(function, data, None, version))

    def edit_alias(self, alias: Alias) -> None:
        """Asks what an alias is to be."""
        self._work.read("", lambda function, data: self._ask_alias(function, data, alias, ""))

    def _ask_alias(
        self, function: OpenFunction, data: VersionsData, original: Alias | None, version: str
    ) -> None:
        name = function.detail.function_name
        present = {alias.name: alias for alias in data.aliases}
        if original is not None and original.name not in present:
            what = _("The alias {original} no longer exists.").format(original=original.name)
            self._work.fail(
                "",
                WorkbenchError(what, _("It was deleted in the meantime."), _("Create it again.")),
            )
            return
        alias = present[original.name] if original else None
        dialog = dialogs.AliasDialog(name, alias, data.versions, present, data.limits, self._work.window)
        if alias is None:
            published = [each.version for each in data.versions if each.version.isdecimal()]
            if wanted := version or (published[0] if published else ""):
                dialog.show_version(wanted)
        dialog.wanted.connect(
            lambda: self._work.confirm(
                function,
                _("Move an alias in production"),
                _("Callers of the alias {strip} of {name} will invoke version {version}.").format(
                    name=name, strip=dialog.name.text().strip(), version=dialog.spec().version
                ),
                _("Move"),
                lambda: self._save_alias(dialog, function),
            )
        )
        dialog.open()

    def _save_alias(self, dialog: "dialogs.AliasDialog", function: OpenFunction) -> None:
        name = function.detail.function_name
        original, spec, alias_name = dialog.original, dialog.spec(), dialog.name.text().strip()

        def run(connection: Connection, ctx: JobContext) -> Alias:
            if original is None:
                return alias_functions.create_alias(connection, name, alias_name, spec, ctx)
            return alias_functions.update_alias(connection, name, original, spec, ctx)

        def done(alias: Alias) -> None:
            dialog.set_working(working=False)
            dialog.accept()
            text = _("The alias {alias} of {name} now points to version {version}.")
            self._work.notice.emit(
                text.format(alias=alias.name, name=name, version=alias.version), "", "good"
            )

        def cancelled() -> None:
            dialog.set_working(working=False)
            dialog.say(_("Cancelled."))

        dialog.set_working(working=True)
        handle = self._work.write(
            NEW_ALIAS,
            function,
            _("Saving the alias {alias_name} of {name}").format(alias_name=alias_name, name=name),
            run,
            done,
            failed=dialog.show_failure,
            cancelled=cancelled,
        )
        dialog.cancel_wanted.connect(lambda: handle.cancel())

    def delete_alias(self, alias: Alias) -> None:
        """Looks what calls the alias, asks, and deletes it."""
        function = self._work.window.page.function
        if function is None:
            return
        name = function.detail.function_name

        def ask(uses: tuple[str, ...]) -> None:
            words = _("Delete the alias {alias} of {name}? Version {version} is kept.").format(
                alias=alias.name, name=name, version=alias.version
            )
            if uses:
                words += " " + _("These callers use it and will fail:")
            question = Question(
                "deleteAlias",
                _("Delete an Alias"),
                words,
                _("Delete Alias"),
                self._work.window,
                "\n".join(uses),
            )
            question.ask(lambda: self._work.confirm(function, *self._about_alias(alias, name), delete))

        def delete() -> None:
            self._work.write(
                "",
                function,
                _("Deleting the alias {alias} of {name}").format(alias=alias.name, name=name),
                lambda connection, ctx: alias_functions.delete_alias(connection, name, alias, ctx),
                lambda __: self._work.notice.emit(
                    _("The alias {alias} of {name} was deleted.").format(alias=alias.name, name=name),
                    "",
                    "good",
                ),
            )

        self._work.find_uses(function, alias.name, ask)

    def _about_alias(self, alias: Alias, name: str) -> tuple[str, str, str]:
        words = _("Callers of the alias {alias} of {name} will fail.")
        return (
            _("Delete an alias in production"),
            words.format(name=name, alias=alias.name),
            _("Delete"),
        )


class VersionsController(QObject):
    """Connects the Versions tab with the window."""

    def __init__(self, parts: Parts, page: VersionsPage, protection: Protection, budget: RateBudget) -> None:
        super().__init__(parts.window)
        self.work = VersionsWork(parts.services, parts.window, page, protection.confirm_change, budget)
        self.flow, self.aliases = VersionsFlow(self.work, page), AliasFlow(self.work, page)
        self.work.notice.connect(parts.window.function_banners.notices("versions"))
        self.work.failed.connect(protection.sign_in.note_failure)

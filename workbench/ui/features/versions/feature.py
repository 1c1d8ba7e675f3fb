"""Publishing and deleting versions, creating, editing and deleting aliases: from the action to the notice."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject

from workbench.aws.connection import Connection
from workbench.aws.retry import RetryingConnection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.functions import prune as pruning
from workbench.functions import versions as version_functions
from workbench.functions.versions import Alias, Version, list_aliases, list_versions
from workbench.ui.features.versions import dialog as dialogs
from workbench.ui.kit.dialog import Question
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.shell.actions import ActionSpec, in_submenu
from workbench.ui.shell.context import Context, Guard, Notice
from workbench.ui.shell.services import OpenFunction

PUBLISH, PRUNE, NEW_ALIAS = "function.publish_version", "function.prune_versions", "function.new_alias"


def activate(context: Context) -> None:
    """Adds the actions, and does what the Versions tab offers."""
    page = context.page(VersionsPage)
    versions = Versions(context, page)
    publish, new_alias, prune = in_submenu(
        _("Versions"),
        ActionSpec(PUBLISH, _("Publish Version…"), "Ctrl+Shift+M", "layers", "function", terms=_("release")),
        ActionSpec(NEW_ALIAS, _("New Alias…"), when="function", terms=_("create alias, traffic, canary")),
        ActionSpec(PRUNE, _("Delete Old Versions…"), icon="trash-2", when="function"),
    )
    page.add_actions(
        *context.actions(
            (publish, versions.publish),
            (new_alias, versions.new_alias),
            (prune, versions.prune),
            after="deploy.undo_merge",
        )
    )


@dataclass(frozen=True, slots=True)
class VersionsData:
    """What the dialogs show, read by a job."""

    versions: tuple[Version, ...]
    aliases: tuple[Alias, ...]
    limits: "version_functions.AliasLimits"


class Versions(QObject):
    """Publishes and deletes versions; creates, edits and deletes aliases."""

    def __init__(self, context: Context, page: VersionsPage) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._page = page
        page.deletion_wanted.connect(self.delete_version)
        page.alias_wanted.connect(self.new_alias)
        page.edit_wanted.connect(self.edit_alias)
        page.alias_deletion_wanted.connect(self.delete_alias)

    # The jobs of all changes --------------------------------------------------------------------------------

    def _connect(self, function: OpenFunction, ctx: JobContext) -> Connection:
        """Where a function is, for a job: it keeps to AWS's rate, and asks again where AWS is busy."""
        return RetryingConnection(function.connection, self._context.budget, ctx)

    def _read(self, action: str, then: Callable[[OpenFunction, VersionsData], object]) -> None:
        """Reads what the dialogs show, anew: it may have changed since the tab was read."""
        function = self._context.function
        if function is None:
            return
        name = function.detail.function_name

        def run(ctx: JobContext) -> VersionsData:
            connection = self._connect(function, ctx)
            versions, aliases = list_versions(connection, name, ctx), list_aliases(connection, name, ctx)
            return VersionsData(versions, aliases, version_functions.load_limits())

        self._context.read(
            _("Reading the versions of {name}").format(name=name),
            run,
            lambda data: then(function, data),
            action=action,
            key="versions.read",
        )

    def _find_uses(
        self, function: OpenFunction, qualifier: str, ask: Callable[[tuple[str, ...]], object]
    ) -> None:
        """Looks what calls a version or an alias; not being allowed to look is told in its place."""
        name = function.detail.function_name

        def run(ctx: JobContext) -> tuple[str, ...]:
            try:
                (found,) = pruning.find_uses(self._connect(function, ctx), name, (qualifier,), ctx)
            except WorkbenchError as error:
                return (str(error),)
            return tuple(map(dialogs.use_text, found.uses))

        self._services.jobs.start(
            _("Finding what uses {version}").format(version=f"{name}:{qualifier}"),
            run,
            replaces="versions.uses",
            on_done=ask,
        )

    def _write[T](
        self,
        action: str,
        function: OpenFunction,
        guard: Guard | None,
        title: str,
        run: Callable[[Connection, JobContext], T],
        done: Callable[[T], Notice | None],
        *,
        failed: Callable[[WorkbenchError], object] | None = None,
        cancelled: Callable[[], object] = lambda: None,
        started: Callable[[JobHandle], object] | None = None,
    ) -> None:
        """Changes something as `Context.change` does; the tab follows."""

        def ended(result: T) -> Notice | None:
            self._page.refresh()
            return done(result)

        def not_done(error: WorkbenchError) -> None:
            self._page.refresh()
            if failed is not None:
                failed(error)
            else:
                self._context.report(error, function=function)

        def stopped() -> None:
            self._page.refresh()
            cancelled()

        self._context.change(
            function,
            title,
            lambda ctx: run(self._connect(function, ctx), ctx),
            ended,
            guard=guard,
            action=action,
            key="versions",
            failed=not_done,
            cancelled=stopped,
            started=started,
        )

    # Publishing ---------------------------------------------------------------------------------------------

    def publish(self) -> None:
        """Asks for a description, then publishes what the window shows of the function."""
        self._read(PUBLISH, self._ask_publish)

    def _ask_publish(self, function: OpenFunction, data: VersionsData) -> None:
        published = [each for each in data.versions if each.version.isdecimal()]
        newest = (published[0].version, published[0].code_sha256) if published else ("", "")
        dialog = dialogs.PublishDialog(function.detail, newest, data.limits.description, self._window)
        dialog.agreed.connect(lambda description: self._publish(function, description))
        dialog.open()

    def _publish(self, function: OpenFunction, description: str) -> None:
        name = function.detail.function_name
        self._write(
            PUBLISH,
            function,
            Guard(
                _("Publish in Production"),
                _("This publishes a version of {function_name}.").format(function_name=name),
                _("Publish"),
            ),
            _("Publishing a version of {name}").format(name=name),
            lambda connection, ctx: version_functions.publish_version(
                connection, function.detail, description, ctx
            ),
            lambda published: self._published(name, published),
        )

    def _published(self, name: str, published: "version_functions.Published") -> Notice:
        if not published.is_new:
            text = _("Version {version} of {name} has the same code and configuration.")
            detail = _("AWS did not create a new version, and kept the description of the existing one.")
            tone = "info"
        elif published.is_ready:
            text, detail, tone = _("Version {version} of {name} was published."), "", "good"
        else:
            text = _("Version {version} of {name} was published.")
            detail, tone = _("AWS is still preparing it. It cannot be invoked yet."), "info"
        return Notice(text.format(version=published.version, name=name), detail, tone)

    # Deleting versions --------------------------------------------------------------------------------------

    def delete_version(self, version: Version) -> None:
        """Looks what calls a version, asks, and deletes it."""
        function = self._context.function
        if function is None:
            return

        def ask(uses: tuple[str, ...]) -> None:
            number, name = version.version, function.detail.function_name
            words = _("Permanently delete version {version} of {name}?").format(version=number, name=name)
            if uses:
                words += " " + _("These callers use it and will fail:")
            question = Question(
                "deleteVersion",
                _("Delete Version"),
                words,
                _("Delete Version {version}").format(version=number),
                self._window,
                "\n".join(uses),
                is_destructive=True,
            )
            question.ask(lambda: self._agree_to_delete(function, (number,)))

        self._find_uses(function, version.version, ask)

    def prune(self) -> None:
        """Shows which old versions can go, and deletes them after a yes."""
        self._read(PRUNE, self._ask_prune)

    def _ask_prune(self, function: OpenFunction, data: VersionsData) -> None:
        name = function.detail.function_name
        dialog = dialogs.PruneDialog(name, data.versions, data.aliases, self._window)

        def find_uses(versions: tuple[str, ...]) -> None:
            self._services.jobs.start(
                _("Finding what uses the versions of {name}").format(name=name),
                lambda ctx: pruning.find_uses(self._connect(function, ctx), name, versions, ctx),
                replaces="versions.uses",
                on_item=dialog.add_uses,
                on_error=dialog.show_uses_error,
                on_cancelled=lambda: dialog.set_message(_("The search was cancelled."), "warning"),
            )

        def agreed(plan: pruning.PrunePlan) -> None:
            self._agree_to_delete(function, tuple(version.version for version in plan.deleted))

        dialog.uses_wanted.connect(find_uses)
        dialog.finished.connect(lambda _result: self._services.jobs.drop("versions.uses"))
        dialog.agreed.connect(agreed)
        dialog.open()
        dialog.replan()

    def _agree_to_delete(self, function: OpenFunction, versions: tuple[str, ...]) -> None:
        name = function.detail.function_name
        words = _("These versions of {name} will be permanently deleted: {names}.")
        self._write(
            PRUNE,
            function,
            Guard(
                _("Delete Versions in Production"),
                words.format(name=name, names=", ".join(versions)),
                _("Delete"),
            ),
            _("Deleting versions of {name}").format(name=name),
            lambda connection, ctx: pruning.prune(connection, name, versions, ctx),
            lambda result: self._pruned(name, result),
        )

    def _pruned(self, name: str, result: "pruning.PruneResult") -> Notice | None:
        if result.failed or result.left:
            self._context.report(dialogs.result_error(name, result), "warning", action=PRUNE)
            return None
        number = len(result.deleted)
        text = ngettext("{count} version", "{count} versions", number).format(count=number)
        return Notice(_("{text} of {name} deleted.").format(text=text, name=name), tone="good")

    # Aliases ------------------------------------------------------------------------------------------------

    def new_alias(self, version: str = "") -> None:
        """Asks for a new alias; it points to the version given, or to the newest one."""
        self._read(NEW_ALIAS, lambda function, data: self._ask_alias(function, data, None, version))

    def edit_alias(self, alias: Alias) -> None:
        """Asks what an alias is to be."""
        self._read("", lambda function, data: self._ask_alias(function, data, alias, ""))

    def _ask_alias(
        self, function: OpenFunction, data: VersionsData, original: Alias | None, version: str
    ) -> None:
        name = function.detail.function_name
        present = {alias.name: alias for alias in data.aliases}
        if original is not None and original.name not in present:
            what = _("The alias {original} no longer exists.").format(original=original.name)
            self._context.report(
                WorkbenchError(what, _("It was deleted in the meantime."), _("Create it again."))
            )
            return
        alias = present[original.name] if original else None
        dialog = dialogs.AliasDialog(name, alias, data.versions, present, data.limits, self._window)
        if alias is None:
            published = [each.version for each in data.versions if each.version.isdecimal()]
            if wanted := version or (published[0] if published else ""):
                dialog.show_version(wanted)
        dialog.wanted.connect(lambda: self._save_alias(dialog, function))
        dialog.open()

    def _save_alias(self, dialog: "dialogs.AliasDialog", function: OpenFunction) -> None:
        name = function.detail.function_name
        original, spec, alias_name = dialog.original, dialog.spec(), dialog.name.text().strip()

        def run(connection: Connection, ctx: JobContext) -> Alias:
            if original is None:
                return version_functions.create_alias(connection, name, alias_name, spec, ctx)
            return version_functions.update_alias(connection, name, original, spec, ctx)

        def started(handle: JobHandle) -> None:
            dialog.set_busy(busy=True, text=_("Saving…"))
            dialog.cancel_wanted.connect(lambda: handle.cancel())

        def done(alias: Alias) -> Notice:
            dialog.set_busy(busy=False)
            dialog.accept()
            text = _("The alias {alias} of {name} now points to version {version}.")
            return Notice(text.format(alias=alias.name, name=name, version=alias.version), tone="good")

        def cancelled() -> None:
            dialog.set_busy(busy=False)
            dialog.set_message(_("Cancelled."))

        words = _("Callers of the alias {alias} of {name} will invoke version {version}.")
        self._write(
            NEW_ALIAS,
            function,
            Guard(
                _("Move an Alias in Production"),
                words.format(alias=alias_name, name=name, version=spec.version),
                _("Move"),
            ),
            _("Saving the alias {alias_name} of {name}").format(alias_name=alias_name, name=name),
            run,
            done,
            failed=dialog.show_failure,
            cancelled=cancelled,
            started=started,
        )

    def delete_alias(self, alias: Alias) -> None:
        """Looks what calls the alias, asks, and deletes it."""
        function = self._context.function
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
                _("Delete Alias"),
                words,
                _("Delete Alias"),
                self._window,
                "\n".join(uses),
                is_destructive=True,
            )
            question.ask(delete)

        def delete() -> None:
            self._write(
                "",
                function,
                Guard(
                    _("Delete an Alias in Production"),
                    _("Callers of the alias {alias} of {name} will fail.").format(
                        alias=alias.name, name=name
                    ),
                    _("Delete"),
                ),
                _("Deleting the alias {alias} of {name}").format(alias=alias.name, name=name),
                lambda connection, ctx: version_functions.delete_alias(connection, name, alias, ctx),
                lambda __: Notice(
                    _("The alias {alias} of {name} was deleted.").format(alias=alias.name, name=name),
                    tone="good",
                ),
            )

        self._find_uses(function, alias.name, ask)

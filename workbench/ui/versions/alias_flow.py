"""From a click on an alias to its end: making, changing and deleting aliases.

Owns: what is asked, how it ended in words. Must not know: how the calls are guarded (functions/aliases.py).
"""

from PySide6.QtCore import QObject

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions import aliases
from workbench.functions.versions import Alias
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.safety.confirm import Question
from workbench.ui.services import OpenFunction
from workbench.ui.versions import alias_dialog
from workbench.ui.versions.work import There, VersionsWork

NEW_ALIAS = "function.new_alias"


class AliasFlow(QObject):
    """Lives as long as the window, and binds its own action."""

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
        self._work.read(NEW_ALIAS, lambda function, there: self._ask_alias(function, there, None, version))

    def edit_alias(self, alias: Alias) -> None:
        """Asks what an alias is to be."""
        self._work.read("", lambda function, there: self._ask_alias(function, there, alias, ""))

    def _ask_alias(self, function: OpenFunction, there: There, seen: Alias | None, version: str) -> None:
        name = function.detail.function_name
        present = {alias.name: alias for alias in there.aliases}
        if seen is not None and seen.name not in present:
            what = self.tr("The alias %1 no longer exists.").replace("%1", seen.name)
            self._work.fail(
                "",
                WorkbenchError(what, self.tr("It was deleted in the meantime."), self.tr("Create it again.")),
            )
            return
        alias = present[seen.name] if seen else None
        dialog = alias_dialog.AliasDialog(
            name, alias, there.versions, present, there.limits, self._work.window
        )
        if alias is None:
            published = [each.version for each in there.versions if each.version.isdecimal()]
            if wanted := version or (published[0] if published else ""):
                dialog.show_version(wanted)
        dialog.wanted.connect(
            lambda: self._work.confirm(
                function,
                self.tr("Move an alias in production"),
                self.tr("Callers of the alias %2 of %1 will invoke version %3.")
                .replace("%1", name)
                .replace("%2", dialog.name.text().strip())
                .replace("%3", dialog.wish().version),
                self.tr("Move"),
                lambda: self._save_alias(dialog, function),
            )
        )
        dialog.open()

    def _save_alias(self, dialog: "alias_dialog.AliasDialog", function: OpenFunction) -> None:
        name = function.detail.function_name
        seen, wish, alias_name = dialog.seen, dialog.wish(), dialog.name.text().strip()

        def run(connection: Connection, ctx: JobContext) -> Alias:
            if seen is None:
                return aliases.create_alias(connection, name, alias_name, wish, ctx)
            return aliases.update_alias(connection, name, seen, wish, ctx)

        def done(alias: Alias) -> None:
            dialog.set_working(working=False)
            dialog.accept()
            text = self.tr("The alias %1 of %2 now points to version %3.").replace("%1", alias.name)
            self._work.notice.emit(text.replace("%2", name).replace("%3", alias.version), "", "good")

        def cancelled() -> None:
            dialog.set_working(working=False)
            dialog.say(self.tr("Cancelled."))

        dialog.set_working(working=True)
        handle = self._work.write(
            NEW_ALIAS,
            function,
            self.tr("Saving the alias %1 of %2").replace("%1", alias_name).replace("%2", name),
            run,
            done,
            failed=dialog.say_failed,
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
            words = self.tr("Delete the alias %1 of %2? Version %3 is kept.").replace("%1", alias.name)
            words = words.replace("%2", name).replace("%3", alias.version)
            if uses:
                words += " " + self.tr("These callers use it and will fail:")
            question = Question(
                "deleteAlias",
                self.tr("Delete an Alias"),
                words,
                self.tr("Delete Alias"),
                self._work.window,
                "\n".join(uses),
            )
            question.ask(lambda: self._work.confirm(function, *self._about_alias(alias, name), delete))

        def delete() -> None:
            self._work.write(
                "",
                function,
                self.tr("Deleting the alias %1 of %2").replace("%1", alias.name).replace("%2", name),
                lambda connection, ctx: aliases.delete_alias(connection, name, alias, ctx),
                lambda _: self._work.notice.emit(
                    self.tr("The alias %1 of %2 was deleted.").replace("%1", alias.name).replace("%2", name),
                    "",
                    "good",
                ),
            )

        self._work.find_uses(function, alias.name, ask)

    def _about_alias(self, alias: Alias, name: str) -> tuple[str, str, str]:
        words = self.tr("Callers of the alias %2 of %1 will fail.")
        return (
            self.tr("Delete an alias in production"),
            words.replace("%1", name).replace("%2", alias.name),
            self.tr("Delete"),
        )

"""From a click on the Versions tab, or in the menu, to its end: publishing and deleting versions.

Owns: what is asked, how it ended in words. Must not know: how the calls are guarded (functions/publish.py,
prune.py).
"""

from PySide6.QtCore import QObject

from workbench.core.jobs import Job
from workbench.functions import prune as pruning
from workbench.functions import versions as version_functions
from workbench.functions.versions import Version
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.safety.confirm import Question
from workbench.ui.services import OpenFunction
from workbench.ui.versions import prune_dialog, publish_dialog
from workbench.ui.versions import words as version_words
from workbench.ui.versions.work import There, VersionsWork

PUBLISH, PRUNE = "function.publish_version", "function.prune_versions"


class VersionsFlow(QObject):
    """Lives as long as the window, and binds its own actions."""

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

    def _ask_publish(self, function: OpenFunction, there: There) -> None:
        published = [each for each in there.versions if each.version.isdecimal()]
        newest = (published[0].version, published[0].code_sha256) if published else ("", "")
        dialog = publish_dialog.PublishDialog(
            function.detail, newest, there.limits.description, self._work.window
        )
        dialog.agreed.connect(
            lambda description: self._work.confirm(
                function,
                self.tr("Publish in production"),
                self.tr("This publishes a version of %1.").replace("%1", function.detail.function_name),
                self.tr("Publish"),
                lambda: self._publish(function, description),
            )
        )
        dialog.open()

    def _publish(self, function: OpenFunction, description: str) -> None:
        name = function.detail.function_name
        self._work.write(
            PUBLISH,
            function,
            self.tr("Publishing a version of %1").replace("%1", name),
            lambda connection, ctx: version_functions.publish_version(
                connection, function.detail, description, ctx
            ),
            lambda published: self._published(name, published),
        )

    def _published(self, name: str, published: "version_functions.Published") -> None:
        if not published.is_new:
            text = self.tr("Version %1 of %2 has the same code and configuration.")
            detail = self.tr(
                "AWS did not create a new version, and kept the description of the existing one."
            )
            tone = "info"
        elif published.is_ready:
            text, detail, tone = self.tr("Version %1 of %2 was published."), "", "good"
        else:
            text = self.tr("Version %1 of %2 was published.")
            detail, tone = self.tr("AWS is still preparing it. It cannot be invoked yet."), "info"
        self._work.notice.emit(text.replace("%1", published.version).replace("%2", name), detail, tone)

    # Deleting versions --------------------------------------------------------------------------------------

    def delete_version(self, version: Version) -> None:
        """Looks what calls a version, asks, and deletes it."""
        function = self._work.window.page.function
        if function is None:
            return

        def ask(uses: tuple[str, ...]) -> None:
            number, name = version.version, function.detail.function_name
            words = self.tr("Permanently delete version %1 of %2?").replace("%1", number).replace("%2", name)
            if uses:
                words += " " + self.tr("These callers use it and will fail:")
            question = Question(
                "deleteVersion",
                self.tr("Delete a Version"),
                words,
                self.tr("Delete Version %1").replace("%1", number),
                self._work.window,
                "\n".join(uses),
            )
            question.ask(lambda: self._agree_to_delete(function, (number,)))

        self._work.find_uses(function, version.version, ask)

    def prune(self) -> None:
        """Shows which old versions can go, and deletes them after a yes."""
        self._work.read(PRUNE, self._ask_prune)

    def _ask_prune(self, function: OpenFunction, there: There) -> None:
        name = function.detail.function_name
        dialog = prune_dialog.PruneDialog(name, there.versions, there.aliases, self._work.window)

        def look(versions: tuple[str, ...]) -> None:
            self._work.services.jobs.submit(
                Job(
                    self.tr("Finding what uses the versions of %1").replace("%1", name),
                    lambda ctx: pruning.find_uses(self._work.connection(function, ctx), name, versions, ctx),
                    replaces="versions.uses",
                    on_item=dialog.take,
                    on_error=dialog.say_unknown,
                    on_cancelled=lambda: dialog.say(self.tr("The search was cancelled."), "warning"),
                )
            )

        def agreed(plan: pruning.PrunePlan) -> None:
            self._agree_to_delete(function, tuple(version.version for version in plan.deleted))

        dialog.look_wanted.connect(look)
        dialog.finished.connect(lambda _result: self._work.services.jobs.drop("versions.uses"))
        dialog.agreed.connect(agreed)
        dialog.open()
        dialog.replan()

    def _agree_to_delete(self, function: OpenFunction, versions: tuple[str, ...]) -> None:
        name = function.detail.function_name
        words = self.tr("These versions of %1 will be permanently deleted: %2.").replace("%1", name)
        self._work.confirm(
            function,
            self.tr("Delete versions in production"),
            words.replace("%2", ", ".join(versions)),
            self.tr("Delete"),
            lambda: self._work.write(
                PRUNE,
                function,
                self.tr("Deleting versions of %1").replace("%1", name),
                lambda connection, ctx: pruning.prune(connection, name, versions, ctx),
                lambda result: self._pruned(name, result),
            ),
        )

    def _pruned(self, name: str, result: "pruning.PruneResult") -> None:
        if result.failed or result.left:
            self._work.fail(PRUNE, version_words.result_error(name, result), tone="warning")
        else:
            number = len(result.deleted)
            text = self.tr("1 version") if number == 1 else self.tr("%n versions", "", number)
            self._work.notice.emit(
                self.tr("%1 of %2 deleted.").replace("%1", text).replace("%2", name), "", "good"
            )

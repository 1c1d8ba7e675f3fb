"""Puts what hangs on the Code tab in its place."""

from pathlib import Path

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec
from workbench.ui.features.code.files_elsewhere import FilesElsewhere
from workbench.ui.features.code.local_folders import LocalFolders
from workbench.ui.features.code.outline import OutlineFlow
from workbench.ui.features.code.package_keeper import PackageKeeper
from workbench.ui.features.code.reverting import ALL, Reverting
from workbench.ui.features.code.script_sources import ScriptSources
from workbench.ui.packaging.contents_flow import PackageContents
from workbench.ui.pages.code import CodePage
from workbench.ui.services import OpenFunction
from workbench.ui.shell.context import Context


def activate(context: Context) -> None:
    """Adds the actions of the open code, and the route "local_folder" of a function and a folder."""
    services, code = context.services, context.page(CodePage)
    outline = OutlineFlow(services, code)
    context.action(
        ActionSpec("view.outline", _("Outline"), "Alt+Shift+U", "list-tree", "function"),
        outline.toggle,
        after="view.split",
    )
    ScriptSources(services, code)
    FilesElsewhere(services, code)
    keeper = PackageKeeper(services, code)
    context.deployed.connect(keeper.note_change)
    context.window.closed.connect(keeper.stop)
    PackageContents(services, code, lambda error, tone: context.report(error, tone, key="package"))

    folders = LocalFolders(services, code)

    def use_folder(function: OpenFunction, folder: Path) -> None:
        if code.function is not None and code.function.detail.function_arn == function.detail.function_arn:
            context.window.page.show_tab(code.objectName())
            folders.look(code.function, folder)

    context.route("local_folder", use_folder)

    reverting = Reverting(services, code)
    context.action(
        ActionSpec("file.revert", _("Revert File to Deployed"), icon="undo-2", when="function"),
        reverting.revert_shown,
        after="file.save",
    )
    revert_all = ActionSpec(ALL, _("Revert All to Deployed…"), when="function")
    code.tree.begin_group()
    code.tree.addAction(context.action(revert_all, reverting.revert_all, after="file.revert"))

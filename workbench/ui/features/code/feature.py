"""Puts what hangs on the Code tab in its place."""

from pathlib import Path

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec
from workbench.ui.features.code.change_marks import ChangeMarks
from workbench.ui.features.code.code_versions import CodeVersions
from workbench.ui.features.code.compare_flow import CompareFlow
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
    """Adds the actions of the open code, and routes.

    "local_folder" takes a function and a folder, "compare_package" a title and what makes the package.
    """
    services, code = context.services, context.page(CodePage)
    outline = OutlineFlow(services, code)
    context.action(
        ActionSpec("view.outline", _("Outline"), "Alt+Shift+U", "list-tree", "function"),
        outline.toggle,
        after="view.split",
    )
    ScriptSources(services, code)
    FilesElsewhere(services, code)
    compare, marks = CompareFlow(services, code), ChangeMarks(services, code)
    context.deployed.connect(compare.refresh)
    context.deployed.connect(marks.refresh)
    CodeVersions(context, code, compare)
    context.route("compare_package", compare.with_package)
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

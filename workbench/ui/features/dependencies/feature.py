"""The Dependencies panel in the window: analyzing the package, installing, moving dependencies to a layer."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QLabel, QMessageBox

from workbench.code.dependencies import inventory as sizes
from workbench.code.dependencies.store import Installed
from workbench.code.dependencies.xray import Level
from workbench.code.package_contents import WorkspaceXRay, xray_workspace
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.dependency_layer import MovedToLayer, move_to_layer
from workbench.ui.features.dependencies.panel import DependenciesPanel
from workbench.ui.kit.text import message_box, size_text
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.code_opening import equip, target_of
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context, Guard
from workbench.ui.shell.install_question import install_error_handler, package_count
from workbench.ui.shell.services import OpenFunction

_ANALYZE, _KEY = "dependencies.look", "dependencies"
_SETTLE_MS = 400
_LATER_MS = 4_000


def activate(context: Context) -> None:
    """Adds the panel at the bottom of the window, and its actions."""
    window, when = context.window, "function"
    panel = DependenciesPanel(context.services.actions, context.services.theme)
    window.add_panel(panel, _("Dependencies"), after=window.activity)
    flow = DependenciesFlow(context, panel)
    install = ActionSpec(
        "dependencies.install",
        _("Install Dependencies"),
        "Ctrl+Shift+Y",
        "package",
        when,
        begins_group=True,
        terms=_("pip, npm, requirements, packages, libraries"),
    )
    to_layer = ActionSpec(
        "dependencies.move_to_layer", _("Move Dependencies to a Layer…"), icon="layers", when=when
    )
    inspect = ActionSpec(_ANALYZE, _("Inspect Package"), icon="search", when=when)
    context.actions((install, flow.install), (to_layer, flow.move), after=_("&Code"))
    context.action(inspect, flow.analyze, after=to_layer.id)
    # The whole names are in the menu; the panel has little room.
    for spec, text in ((install, _("Install")), (to_layer, _("Move to Layer…")), (inspect, "")):
        panel.add_button(context.services.actions[spec.id], text)
    show = ActionSpec("view.dependencies", _("Dependencies"), "Alt+Shift+Y", "package")
    context.action(show, lambda: window.show_panel(panel), after="view.problems")


class DependenciesFlow(QObject):
    """Runs what the panel and the actions ask for on the code that is open."""

    def __init__(self, context: Context, panel: DependenciesPanel) -> None:
        super().__init__(context)
        self._context, self._services = context, context.services
        self._panel, self._code = panel, context.page(CodePage)
        code = self._code
        self._wait = QTimer(self, singleShot=True)
        self._wait.timeout.connect(self.analyze)
        code.workspace_changed.connect(self._follow)
        code.files.stored.connect(self._changed)
        code.changes.changed.connect(self._changed)
        context.deployed.connect(lambda _function: self._changed())
        panel.shown.connect(self._changed)
        panel.opened.connect(self._open)

    # Analyzing ----------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        self._services.jobs.drop(_ANALYZE)
        self._wait.stop()
        self._count(0)
        self._panel.clear()
        if self._code.workspace is not None:
            self._wait.start(_SETTLE_MS if self._panel.isVisible() else _LATER_MS)

    def _changed(self) -> None:
        """Analyzes again soon if the panel is visible."""
        if self._panel.isVisible() and self._code.workspace is not None:
            self._wait.start(_SETTLE_MS)

    def analyze(self) -> None:
        """Analyzes the open code, in the background."""
        workspace, function = self._code.workspace, self._code.displayed
        if workspace is None or function is None:
            return
        detail = function.detail
        equip(workspace, self._services, detail)

        is_visible = self._panel.isVisible()

        def run(ctx: JobContext) -> tuple[WorkspaceXRay, tuple[sizes.SizeNode, ...]]:
            found = xray_workspace(
                workspace, target_of(detail), detail.handler, detail.layers, ctx, pack=is_visible
            )
            return found, sizes.size_tree(found.xray.inventory)

        def done(result: tuple[WorkspaceXRay, tuple[sizes.SizeNode, ...]]) -> None:
            if workspace is self._code.workspace:
                self._show(*result)

        def failed(error: WorkbenchError) -> None:
            if workspace is self._code.workspace:
                self._panel.show_error(error)

        self._panel.show_analyzing()
        title = _("Analyzing {function_name}").format(function_name=detail.function_name)
        self._services.jobs.start(title, run, replaces=_ANALYZE, quiet=True, on_done=done, on_error=failed)

    def _show(self, found: WorkspaceXRay, nodes: "tuple[sizes.SizeNode, ...]") -> None:
        self._panel.show_xray(found, nodes)
        self._count(sum(each.level is not Level.INFO for each in found.xray.findings))

    def _count(self, findings: int) -> None:
        """Says in the panel's tab how many errors and warnings the last analysis found."""
        bottom = self._context.window.bottom
        title = _("Dependencies")
        bottom.setTabText(bottom.indexOf(self._panel), f"{title} ({findings})" if findings else title)

    def _open(self, path: str, line: int, column: int) -> None:
        workspace = self._code.workspace
        if workspace is not None and (workspace.root / path).is_file():  # not one of an installed package
            self._context.window.page.show_tab(CodePage.object_name)
            self._code.files.reveal(path, line, column)

    # Doing --------------------------------------------------------------------------------------------------

    def install(self) -> None:
        """Installs what is declared, anew: what is not locked may be newer now."""
        self._code.ready_to_deploy(self._install)

    def _install(self, function: OpenFunction, workspace: Workspace) -> None:
        equip(workspace, self._services, function.detail)

        def done(installed: Installed) -> None:
            found = installed.found
            text = _("Installed {package_count} ({size}).")
            names = ", ".join(f"{name} {version}" for name, version in found.packages[:12])
            detail = " ".join([names + (" …" if len(found.packages) > 12 else ""), *found.notes])
            self._notify(
                text.format(
                    package_count=package_count(len(found.packages)), size=size_text(found.size_bytes)
                ),
                detail,
            )
            if workspace is self._code.workspace:
                self._code.deployed()  # marks change
                self.analyze()

        self._services.jobs.start(
            _("Installing dependencies of {function_name}").format(
                function_name=function.detail.function_name
            ),
            lambda ctx: workspace.dependencies.install(workspace.base, ctx, anew=True),
            lane=f"write:{function.detail.function_arn}",
            on_done=done,
            on_error=self._error_handler(lambda: self._install(function, workspace)),
        )

    def move(self) -> None:
        """Asks, publishes the layer, then deploys the code without them."""
        self._code.ready_to_deploy(self._ask)

    def _ask(self, function: OpenFunction, workspace: Workspace) -> None:
        name = function.detail.function_name
        box = message_box(
            self._code.window(),
            _("Move Dependencies to a Layer"),
            _("Publish the dependencies of {name} as a layer, and deploy?").format(name=name),
            _(
                "The layer is attached to the function after its other layers. The code is "
                "deployed without the packages, so later deployments are small."
            ),
            QMessageBox.Icon.Question,
        )
        box.setObjectName("moveToLayer")
        for label in box.findChildren(QLabel):
            label.setWordWrap(True)
        publish = box.addButton(_("Publish and Deploy"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(publish)
        guard = Guard(
            _("Deploy to Production"), _("This replaces the code of {name}.").format(name=name), _("Deploy")
        )
        publish.clicked.connect(
            lambda: self._context.confirm(function, guard, lambda: self._move(function, workspace))
        )
        box.finished.connect(box.deleteLater)
        box.open()

    def _move(self, function: OpenFunction, workspace: Workspace) -> None:
        equip(workspace, self._services, function.detail)
        connection = function.connection
        scratch = self._services.paths.cache_dir / "dependency-layers"

        def done(moved: MovedToLayer) -> None:
            layer = ":".join(moved.layer_arn.split(":")[-2:])
            text = (
                _("Published the layer {layer}.")
                if moved.is_new
                else _("The layer {layer} contains the dependencies.")
            )
            self._notify(text.format(layer=layer), size_text(moved.size_bytes))
            self._context.navigate("deploy", function, workspace)

        self._services.jobs.start(
            _("Publishing the dependencies of {function_name}").format(
                function_name=function.detail.function_name
            ),
            lambda ctx: move_to_layer(connection, workspace, scratch, ctx),
            lane=f"write:{function.detail.function_arn}",
            on_done=done,
            on_error=self._error_handler(lambda: self._move(function, workspace)),
        )

    def _error_handler(self, again: Callable[[], object]) -> Callable[[WorkbenchError], None]:
        """What to do with an error: ask, if packages are to be installed for the first time."""
        return install_error_handler(self._services, self._code.window(), again, self._report)

    def _notify(self, text: str, detail: str) -> None:
        self._context.notify(text, detail, "good", key=_KEY)

    def _report(self, error: WorkbenchError) -> None:
        self._context.report(error, key=_KEY)

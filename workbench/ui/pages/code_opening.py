"""Opening a function's code, and looking at its files in the background: marks in the tree, and problems."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workbench.aws.names import LATEST
from workbench.code.dependencies.declared import InstallConsent
from workbench.code.dependencies.store import DependencyStore, Target
from workbench.code.download import is_complete, layer_imports
from workbench.code.language_service import python_version
from workbench.code.ownership import Ownership, edited_elsewhere, lock_of, lock_of_drafts
from workbench.code.package import StreamStore
from workbench.code.package_contents import changed_files, check_compiled, code_problems, secrets_removed
from workbench.code.syntax import Problem, check_python
from workbench.code.tree import FileChange, Stamp, TreeEntry
from workbench.code.workspace import (
    FollowedWorkspace,
    LocalChanges,
    Workspace,
    follow_workspace,
    local_changes,
    open_workspace,
)
from workbench.code.workspace_store import DamagedDraft
from workbench.core.errors import WorkbenchError
from workbench.core.files import path_below, resources_dir
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.deploy.options import DeployOptions
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.invoke.events import TestEvent, load_samples
from workbench.ui.files.tree import FileTreeModel, Marks, Node, build_nodes, news_for
from workbench.ui.pages.test_events import event_store
from workbench.ui.shell.services import LOOKING, OpenFunction, Services

_MAX_PROBLEMS = 5
_SEARCH_PATHS = frozenset({"PYTHONPATH", "PYTHONHOME", "NODE_PATH"})
"""Environment variables that name further folders in which modules are looked for."""
_EXTENSIONS = (".py", ".mjs", ".js", ".cjs", ".ts", ".rb")


def identity_of(detail: FunctionDetail) -> str:
    """Of the code: a version has its own."""
    return f"{detail.function_arn}:{detail.version}"


def qualifier_of(detail: FunctionDetail) -> str:
    """What GetFunction is asked for to get this again."""
    return "" if detail.version == LATEST else detail.version


def handler_path(handler: str, entries: Iterable[TreeEntry]) -> str:
    """The handler's file, as far as its name can be guessed from the configured handler; else empty."""
    paths = {entry.path for entry in entries if entry.change is not FileChange.DELETED}
    module = handler.rpartition(".")[0].replace(".", "/")
    return next((module + ending for ending in _EXTENSIONS if module + ending in paths), "")


def workspaces_dir(services: Services) -> Path:
    """Where all workspaces lie."""
    return services.paths.data_dir / "workspaces"


def find_local_changes(
    services: Services,
    function: OpenFunction,
    then: Callable[[LocalChanges], object],
    *,
    key: str = "",
    is_urgent: bool = False,
) -> None:
    """Compares a function's code on this computer with what is deployed, without a word.

    Args:
        then: Called with the result, unless the code cannot be read: opening it says why.
        key: A later look with this key takes the place of this one.
        is_urgent: See Job.
    """
    detail = function.detail
    source, folder = code_source(detail, function.connection), workspaces_dir(services)
    services.jobs.submit(
        Job(
            _("Checking for changes to {function_name}").format(function_name=detail.function_name),
            lambda ctx: local_changes(source, folder, ctx),
            replaces=key,
            quiet=True,
            urgent=is_urgent,
            on_done=then,
            on_error=lambda _error: None,
        )
    )


def known_imports(services: Services, detail: FunctionDetail) -> tuple[Path, ...]:
    """What the layers of a function put on Python's path, as far as they are here. Reads the disk."""
    version = python_version(detail.runtime)
    return layer_imports(layers_dir(services, detail), detail.layers, version) if version else ()


def all_imports(services: Services, detail: FunctionDetail) -> tuple[Path, ...] | None:
    """As `known_imports`; None while layers are not here, or when they bring packages of another language."""
    if detail.layers and not (
        python_version(detail.runtime) and is_complete(layers_dir(services, detail), detail.layers)
    ):
        return None
    return known_imports(services, detail)


def layers_dir(services: Services, detail: FunctionDetail) -> Path:
    """An account's own: what one account's endpoint gave for a layer is not another's."""
    return path_below(services.paths.cache_dir, "layers", detail.account_id)


def equip(workspace: Workspace, services: Services, detail: FunctionDetail) -> None:
    """Gives a workspace what all functions share, and tells it what its function runs on now."""
    equip_for(workspace, services, target_of(detail), lambda: all_imports(services, detail))


def equip_for(
    workspace: Workspace,
    services: Services,
    target: Target,
    layers: Callable[[], Sequence[Path] | None] = lambda: (),
) -> None:
    """Gives a workspace what all functions share. Args as `WorkspaceDependencies.attach`."""
    cache_dir = services.paths.cache_dir
    workspace.packer.share(StreamStore(cache_dir / "package-streams"))
    store = DependencyStore(cache_dir / "dependencies", policy=services.policy)
    workspace.dependencies.attach(store, target, InstallConsent(services.settings), layers)


def target_of(detail: FunctionDetail) -> Target:
    """What dependencies are installed for."""
    return Target(detail.runtime, detail.architectures[0])


def cannot_change(workspace: Workspace) -> WorkbenchError:
    """What changes or deploys code was asked for while code is shown that cannot be changed."""
    if isinstance(workspace, FollowedWorkspace):
        return edited_elsewhere(workspace.base.function_name)
    why = _("Version {version} is published and cannot be changed.")
    return WorkbenchError(
        _("Not available for published versions."),
        why.format(version=workspace.base.version),
        _("Open $LATEST to edit and deploy."),
        action="code.latest",
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """Code to show.

    Attributes:
        workspace: An `Arriving` first, where the package is large.
        nodes: Its files.
        handler: The path of the handler's file, or "".
        detail: The function as this code has it: of a published version, its own settings.
        locks: What the window's Ownership took for it; empty for code that cannot be changed.
        damaged: Unsaved edits that are not whole, and were set aside.
    """

    workspace: Workspace
    nodes: Node
    handler: str
    detail: FunctionDetail
    locks: tuple[Path, ...] = ()
    damaged: tuple[DamagedDraft, ...] = ()


def open_code(
    services: Services,
    function: OpenFunction,
    qualifier: str,
    opener: Callable[..., Workspace],
    ctx: JobContext,
    ownership: Ownership | None = None,
    *,
    follows: bool = False,
) -> Opened:
    """Opens a function's code as it is now; emits what can be looked at earlier.

    What was read of the function before may be older than the last deploy, and its link has run out. The
    working copy of another window is shown as it is on disk, and cannot be changed.

    Args:
        ownership: The window's, which takes the working copy; None if nobody else can have it.
        follows: Whether it is not taken, as another window has asked for it.

    Raises:
        WorkbenchError: Of `get_function` and of the opener, such as `open_workspace`.
        Cancelled: The same.
    """

    def opened(workspace: object) -> Opened:
        assert isinstance(workspace, Workspace)
        entries = workspace.tree(ctx)
        handler = handler_path(detail.handler, entries)
        return Opened(
            workspace,
            build_nodes((*entries, *workspace.installed_outside(ctx))),
            handler,
            detail,
            tuple(locks),
            damaged,
        )

    def take(lock: Path) -> bool:
        if ownership is None:
            return True
        if follows or not ownership.take([lock]):
            locks.clear()
            return False
        locks.append(lock)
        return True

    locks: list[Path] = []
    damaged: tuple[DamagedDraft, ...] = ()
    root_dir = workspaces_dir(services)
    detail = get_function(function.connection, function.detail.function_name, qualifier, ctx)
    source = code_source(detail, function.connection)
    if detail.version != LATEST or detail.package_type == "Image":
        workspace = opener(source, root_dir, ctx.through(opened))  # nothing in it can be changed
    elif take(lock_of(root_dir, source)):
        workspace = opener(source, root_dir, ctx.through(opened))
        if workspace.local_folder is not None and not take(lock_of_drafts(root_dir, workspace.drafts_folder)):
            workspace = follow_workspace(source, root_dir)
    elif opener is open_workspace:
        workspace = follow_workspace(source, root_dir)
    else:
        raise edited_elsewhere(detail.function_name)
    equip(workspace, services, detail)
    if not workspace.read_only:
        damaged = workspace.set_damaged_drafts_aside(ctx)
    return opened(workspace)


def opener_and_lane(
    function: OpenFunction,
    qualifier: str,
    opener: Callable[..., Workspace],
    in_deploy: Workspace | None,
) -> tuple[Callable[..., Workspace], str]:
    """How a function's code is opened, and the lane for that.

    A dropped opening, or a deploy, may still be busy in the folder: its end is waited for. Moving an alias by
    shares can take an hour; the workspace `in_deploy` is then opened as it is.
    """
    if in_deploy is None or opener is not open_workspace or qualifier:
        return opener, f"write:{function.detail.function_arn}"
    return lambda *__: in_deploy, ""


class CleanFiles:
    """Remembers files that had no problem: in a folder where all is new, thousands need no second look.

    Used by one job at a time, but for one that was dropped, whose loss or gain is a file looked at once more.
    """

    def __init__(self) -> None:
        self._known: dict[str, Stamp] = {}
        self._about: tuple[Path, str] | None = None

    def without(
        self, root: Path, paths: Iterable[str], runtime: str, drafted: Collection[str]
    ) -> dict[str, Stamp]:
        """The files to look at, each as it is now; those with drafts always."""
        if self._about != (root, runtime):
            self._known, self._about = {}, (root, runtime)
        found: dict[str, Stamp] = {}
        for path in paths:
            if path.endswith(".py"):
                try:
                    about = os.stat(root / path)
                except OSError:
                    continue
                stamp = (about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino)
                if path in drafted or self._known.get(path) != stamp:
                    found[path] = stamp
        return found

    def learn(self, looked_at: Mapping[str, Stamp], but: Collection[str]) -> None:
        """What was looked at had no problem, but for some."""
        self._known.update({path: stamp for path, stamp in looked_at.items() if path not in but})


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What a look at the files found.

    Attributes:
        news: What is to be shown in the tree.
        undeployed: What the next deploy would change (`Workspace.undeployed`).
        imports: Where Python finds the installed dependencies.
    """

    workspace: Workspace
    news: Node | Marks
    problems: tuple[Problem, ...]
    undeployed: tuple[str, ...]
    imports: tuple[Path, ...]


class CodeChecks(QObject):
    """One look at a time; what is asked for meanwhile is one more: under a flood of changes each still ends.

    Signals:
        checked: Checked.
        failed: The files could not be read.
    """

    checked = Signal(object)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, tree: FileTreeModel) -> None:
        super().__init__(tree)
        self._tree = tree
        self._services = services
        self._running: tuple[Workspace, JobHandle] | None = None
        self._next: tuple[Workspace, OpenFunction] | None = None
        self._clean = CleanFiles()

    def check(self, workspace: Workspace, function: OpenFunction) -> None:
        """Looks soon."""
        if self._running is not None:
            if self._running[0] is workspace:
                self._next = (workspace, function)
                return
            self._running[1].drop()
        self._next = None
        self._start(workspace, function)

    def leave(self) -> None:
        """Looks no more at what is open."""
        if self._running is not None:
            self._running[1].drop()
        self._running = self._next = None

    def _start(self, workspace: Workspace, function: OpenFunction) -> None:
        detail = function.detail
        clean, shown = self._clean, self._tree.root

        def run(ctx: JobContext) -> Checked:
            entries = workspace.tree(ctx)
            changed = tuple(entry.path for entry in entries if entry.change is not FileChange.SAME)
            drafts = {draft.path: draft.text for draft in workspace.drafts()}
            stamps = clean.without(workspace.root, changed, detail.runtime, drafts)
            layers = known_imports(self._services, detail)
            problems = check_python(
                workspace.root, detail.handler, detail.runtime, stamps, ctx, drafts, layers
            )
            clean.learn(stamps, {*drafts, *(problem.path for problem in problems)})
            return Checked(
                workspace,
                news_for(shown, (*entries, *workspace.installed_outside(ctx))),
                problems,
                workspace.undeployed(ctx, entries),
                workspace.dependencies.imports(),
            )

        def done(found: Checked) -> None:
            self._ended()
            self.checked.emit(found)

        def failed(error: WorkbenchError) -> None:
            self._ended()
            self.failed.emit(error)

        title = _("Checking the code of {function_name}").format(function_name=detail.function_name)
        job = Job(
            title, run, lane=LOOKING, quiet=True, on_done=done, on_error=failed, on_cancelled=self._ended
        )
        self._running = (workspace, self._services.jobs.submit(job))

    def _ended(self) -> None:
        self._running = None
        if self._next is not None:
            again, self._next = self._next, None
            self._start(*again)


def problems_of(
    services: Services, workspace: Workspace, detail: FunctionDetail, ctx: JobContext
) -> tuple[Problem, ...]:
    """Why the code will probably fail when it runs."""
    about_handler = _about_handler(services, workspace, detail, changed_files(workspace, ctx), ctx)
    return secrets_removed(workspace) + about_handler + check_compiled(workspace, target_of(detail), ctx)


def handler_problems(services: Services, workspace: Workspace, detail: FunctionDetail) -> tuple[Problem, ...]:
    """Why every invocation will fail: the package has no handler, or its file cannot be read by Python."""
    return _about_handler(services, workspace, detail, (), JobContext())


def _about_handler(
    services: Services, workspace: Workspace, detail: FunctionDetail, changed: Iterable[str], ctx: JobContext
) -> tuple[Problem, ...]:
    return code_problems(
        workspace,
        detail.handler,
        target_of(detail),
        ctx,
        changed=changed,
        layers=all_imports(services, detail),
        has_layers=bool(detail.layers),
        searches=_SEARCH_PATHS.isdisjoint(detail.environment_names),
    )


def problem_line(problem: Problem) -> str:
    """A problem with its location, in a line."""
    location = f"{problem.path}:{problem.line}: " if problem.line else ""
    return location + problem.message


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    """The first problems, a line each, and how many more there are."""
    lines = [problem_line(problem) for problem in problems[:_MAX_PROBLEMS]]
    if more := len(problems) - len(lines):
        lines.append(_("… and {more} more").format(more=f"{more:,}"))
    return lines


def offered_handler(problems: Iterable[Problem]) -> str:
    """The handler that could be set instead of one that is missing; "" for none."""
    return next((handler for problem in problems for handler in problem.handlers), "")


def events_of(services: Services, detail: FunctionDetail) -> tuple[TestEvent, ...]:
    """The function's own test events, then the samples; the one that was used last goes first.

    Raises:
        WorkbenchError: They may not be read.
    """
    store = event_store(services, detail)
    events = (*store.list(), *load_samples(resources_dir() / "events"))
    last = store.last_used()
    return tuple(sorted(events, key=lambda event: last is None or event.name != last.name))


def with_events(options: DeployOptions, events: Sequence[TestEvent]) -> DeployOptions:
    """The options with the test event as it is now; one that has gone stays as it was."""
    test = options.smoke_test
    if test is None:
        return options
    text = next((event.text for event in events if event.name == test.name), test.payload)
    return replace(options, smoke_test=replace(test, payload=text))

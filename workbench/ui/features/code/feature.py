"""The Code tab at work: editing, search, language servers, comparing, conflicts, other programs' changes."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton

from workbench.aws.names import LATEST
from workbench.code.workspace import FollowedWorkspace
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.ui.editor import EditorCommand
from workbench.ui.features.code.compare import CompareFlow
from workbench.ui.features.code.conflict import ALL, REMEDY, UNDO, ChangeMarks, ConflictFlow, Reverting
from workbench.ui.features.code.external_changes import ExternalChanges, SharedCode
from workbench.ui.features.code.language import Language, ScriptSources
from workbench.ui.features.code.search import GoToFile, GoToSymbol, OutlineFlow, ReferencesFlow, SearchFlow
from workbench.ui.features.code.search_panel import SearchPanel
from workbench.ui.features.code.working_copy import (
    DamagedDrafts,
    LocalFolders,
    MemoryUpkeep,
    OtherPrograms,
    PackageContents,
    PackageUpkeep,
)
from workbench.ui.kit.bars import OverflowRow
from workbench.ui.kit.labels import ElidedLabel, badge
from workbench.ui.kit.text import named, short_path, tool_tip
from workbench.ui.pages.base import Page
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.shell import version_picker
from workbench.ui.shell.actions import ActionSpec, in_submenu
from workbench.ui.shell.context import Context, Guard
from workbench.ui.shell.services import OpenFunction, Services
from workbench.ui.shell.version_picker import ScopePicker

_IS_PLAIN = "editor.plain"
"""The situation that the plain editor has replaced Monaco, and the key of the message about it."""


def activate(context: Context) -> None:
    """Adds the actions of the open code, and routes.

    "code.place" takes a path, a line and, if known, a column, both from 1; "local_folder" a function and a
    folder; "compare_package" a title and what makes the package.
    """
    code = context.page(CodePage)
    _files(context, code)
    places = CodeLocations(context, code)
    context.route("code.place", places.show)
    context.window.problems.opened.connect(places.show)
    language = _language(context, code)
    _search(context, code, language, places)
    _go(context, code)
    _versions(context, code)
    _conflict(context, code)
    OtherPrograms(context.services, code)
    DamagedDrafts(context, code)
    disk, sharing = ExternalChanges(context.services, code), SharedCode(context, code)
    context.action(
        ActionSpec(
            "code.take_over", _("Take Over"), when="followed", begins_group=True, only_when_enabled=True
        ),
        sharing.take_over,
        after="code.use_deployed",
    )
    code.content.add_bar(CodeBar(context.services, code))
    memory = MemoryUpkeep(context.services, code.workspace_changed, context)
    keeper = PackageUpkeep(context.services, code)
    context.deployed.connect(keeper.note_change)
    for part in (code.files, disk, memory, keeper, sharing):
        context.window.closed.connect(part.stop)
    PackageContents(
        context.services,
        code,
        lambda error, tone: context.report(error, tone, key="package"),
        after="dependencies.move_to_layer",
    )
    _reverting(context, code)


class CodeLocations:
    """Leads to a place in the open function's code, also while that is being opened."""

    def __init__(self, context: Context, code: CodePage) -> None:
        self._tabs, self._code = context.window.page, code
        self._place: tuple[str, int, int] | None = None  # to be shown once the code is open
        context.function_closed.connect(self._forget)
        code.workspace_changed.connect(self._show)

    def show(self, path: str, line: int, column: int = 1) -> None:
        """Shows a line of a file of the code, both from 1; a path that leads out of the code is an error."""
        self._place = (path, line, column)
        self._tabs.show_tab(self._code.object_name)
        self._show()

    def _show(self) -> None:
        if self._place is not None and self._code.workspace is not None:
            place, self._place = self._place, None
            self._code.files.reveal(*place)

    def _forget(self) -> None:
        self._place = None


def _files(context: Context, code: CodePage) -> None:
    """Files, tabs and messages of the Code tab."""
    window, files, changes = context.window, code.files, code.changes
    when = "function"
    context.actions(
        (ActionSpec("file.new", _("New File…"), "Ctrl+N", "file-plus", when), changes.new_file),
        (ActionSpec("file.new_folder", _("New Folder…"), "", "folder", when), changes.new_folder),
        after=_("&File"),
    )
    context.actions(
        (
            ActionSpec("file.save", _("Save"), "Ctrl+S", "save", when, begins_group=True, terms=_("write")),
            files.save_current,
        ),
        (ActionSpec("file.close", _("Close File"), "Ctrl+W", "", when), files.close_current),
        after="file.open_project",
    )
    context.actions(
        (ActionSpec("file.undo", _("Undo File Change"), "", "undo-2", when), changes.undo), after=_("&Edit")
    )
    outline = OutlineFlow(context.services, code)
    context.actions(
        (
            ActionSpec(
                "view.split", _("Split Editor"), "Ctrl+Shift+F6", "columns-2", when, begins_group=True
            ),
            files.split,
        ),
        (ActionSpec("view.outline", _("Outline"), "Alt+Shift+U", "list-tree", when), outline.toggle),
        after="view.hide_bottom",
    )

    def file_changed(notice: WorkbenchError | None) -> None:
        if notice is None:
            window.banners.dismiss("files")
        else:
            context.report(notice, "info", key="files")

    def deployed(function: OpenFunction) -> None:
        opened = context.function
        if opened is not None and opened.detail.function_arn == function.detail.function_arn:
            code.deployed()

    def setting_changed(key: str) -> None:
        if key.startswith("editor."):
            files.apply_settings()

    def fell_back(reason: str) -> None:
        context.set_condition(_IS_PLAIN, is_met=True)
        error = WorkbenchError(
            _("The plain text editor is used instead of the code editor."),
            reason,
            _("Restart the editor for completion, navigation and comparison. Unsaved edits are kept."),
            action="editor.restart",
        )
        window.banners.show_error(error, "warning", key=_IS_PLAIN, decision=True)

    def editor_ready() -> None:
        if not files.editor.is_plain:
            context.set_condition(_IS_PLAIN, is_met=False)
            window.banners.dismiss(_IS_PLAIN)

    hint = _("Tab inserts a tab. Press Esc, then Tab, to leave the editor.")
    restart = ActionSpec(
        "editor.restart",
        _("Restart Editor"),
        icon="rotate-ccw",
        when=_IS_PLAIN,
        only_when_enabled=True,
        terms=_("Monaco, plain text"),
    )
    context.action(restart, files.editor.restart, after="view.outline")
    files.editor.fell_back.connect(fell_back)
    files.editor.ready.connect(editor_ready)
    context.before_close(lambda then: files.flush(then, window.stay_open))
    files.editor.entered.connect(lambda is_by_key: window.show_hint(hint if is_by_key else ""))
    files.saved.connect(lambda _uri, _text: window.show_new_problems())
    changes.told.connect(file_changed)
    code.notice.connect(context.notify)
    context.deployed.connect(deployed)
    context.setting_changed.connect(setting_changed)


def _language(context: Context, code: CodePage) -> Language:
    """Language servers, the handler, and the actions of the text."""
    services, window, editor = context.services, context.window, code.files.editor
    when = "function"

    def find() -> None:
        """In what is in front: log lines, or else the code."""
        page = window.page.tabs.currentWidget()
        if not (isinstance(page, Page) and page.active and page.go_to_search()):
            editor.run(EditorCommand.FIND)

    context.actions(
        (
            ActionSpec(
                "edit.find", _("Find"), "Ctrl+F", "search", when, begins_group=True, terms=_("search")
            ),
            find,
        ),
        (
            ActionSpec(
                "edit.format",
                _("Format File"),
                "Alt+Shift+F",
                "",
                when,
                begins_group=True,
                terms=_("beautify, reformat"),
            ),
            partial(editor.run, EditorCommand.FORMAT),
        ),
        (
            ActionSpec("edit.fix", _("Quick Fix…"), "Alt+Return", "", when),
            partial(editor.run, EditorCommand.QUICK_FIX),
        ),
        (
            ActionSpec("edit.rename", _("Rename Symbol…"), "", "", when),
            partial(editor.run, EditorCommand.RENAME),
        ),
        after="file.undo",
    )

    def confirm(function: OpenFunction, handler: str, then: Callable[[], None]) -> None:
        words = _("This changes the handler of {name} to {handler}.")
        words = words.format(name=function.detail.function_name, handler=handler)
        context.confirm(function, Guard(_("Set Handler in Production"), words, _("Set")), then)

    def configured(function: OpenFunction) -> None:
        context.show(function)
        code.deployed()

    language = Language(services, code, confirm)
    language.problems_changed.connect(window.problems.show_problems)
    language.failed.connect(lambda error: context.report(error))
    fix = language.handler_fix
    window.problems.fix_wanted.connect(fix.apply)
    window.problems.handler_wanted.connect(fix.set_handler)
    fix.configured.connect(configured)
    fix.notice.connect(lambda text, detail: context.notify(text, detail, "good", key="configure"))
    fix.failed.connect(lambda error: context.report(error))
    window.closed.connect(language.stop)
    ScriptSources(services, code)
    restart = ActionSpec(
        "language.restart", _("Restart Language Servers"), "", "rotate-ccw", when, begins_group=True
    )
    context.action(restart, language.restart, after="dependencies.look")
    return language


def _search(context: Context, code: CodePage, language: Language, places: CodeLocations) -> None:
    """The Search panel: texts in all files, and references."""
    services, window, when = context.services, context.window, "function"
    panel = SearchPanel(services.theme)
    window.add_panel(panel, _("Search"), after=window.activity)
    panel.opened.connect(places.show)
    search = SearchFlow(services, panel, code)
    references = ReferencesFlow(services, panel, code, language)
    references.wanted.connect(lambda: window.show_panel(panel))
    for part in (search, references):
        part.failed.connect(lambda error: context.report(error))

    def find(*, replace: bool) -> None:
        window.show_panel(panel)
        panel.focus_search(replace=replace)

    context.actions(
        (
            ActionSpec(
                "edit.find_in_files",
                _("Find in All Files"),
                "Ctrl+Shift+F",
                "search",
                when,
                terms=_("search, grep"),
            ),
            partial(find, replace=False),
        ),
        (
            ActionSpec("edit.replace_in_files", _("Replace in All Files"), "Ctrl+Shift+H", "", when),
            partial(find, replace=True),
        ),
        after="edit.find",
    )
    context.action(
        ActionSpec("edit.list_references", _("List All References"), "Ctrl+Shift+F12", "", when),
        references.list_references,
        after=_("&Go"),
    )


def _go(context: Context, code: CodePage) -> None:
    """What leads from one place in the code to another."""
    window, run, when = context.window, code.files.editor.run, "function"
    file, symbol = GoToFile(window, code), GoToSymbol(window, context.services, code)

    def pick(picker: GoToFile | GoToSymbol) -> None:
        window.page.show_tab(code.object_name)
        picker.open()

    context.actions(
        (
            ActionSpec("file.go_to", _("Go to File…"), "Ctrl+Shift+N", "file", when, terms=_("open file")),
            partial(pick, file),
        ),
        (
            ActionSpec("edit.go_to_symbol", _("Go to Symbol…"), "Ctrl+Shift+O", "", when),
            partial(run, EditorCommand.GO_TO_SYMBOL),
        ),
        (
            ActionSpec("edit.go_to_any_symbol", _("Go to Symbol in All Files…"), "Ctrl+T", "", when),
            partial(pick, symbol),
        ),
        (
            ActionSpec("edit.go_to_definition", _("Go to Definition"), "F12", "", when, begins_group=True),
            partial(run, EditorCommand.GO_TO_DEFINITION),
        ),
        (
            ActionSpec("edit.find_references", _("Find References"), "Shift+F12", "", when),
            partial(run, EditorCommand.FIND_REFERENCES),
        ),
        after=_("&Go"),
    )
    other_group = ActionSpec(
        "view.beside", _("Go to Other Editor Group"), "Ctrl+F6", "", when, begins_group=True
    )
    context.action(other_group, code.files.view.focus_other_half, after="edit.list_references")


def _versions(context: Context, code: CodePage) -> None:
    """Which code is shown, where it comes from, and what it is compared with."""
    services, comparing, when = context.services, code.files.editor.comparing, "function"
    context.actions(
        (
            ActionSpec(
                "code.next_change", _("Next Difference"), "F7", "arrow-down", "compared", begins_group=True
            ),
            partial(comparing.go_to_change, forward=True),
        ),
        (
            ActionSpec("code.previous_change", _("Previous Difference"), "Shift+F7", "arrow-up", "compared"),
            partial(comparing.go_to_change, forward=False),
        ),
        after="edit.list_references",
    )
    revert = ActionSpec(
        "code.revert_change", _("Revert Change at Cursor"), "Ctrl+Shift+F7", "undo-2", "revertible"
    )
    context.action(revert, comparing.revert_change, after=_("&Code"))
    compare, marks = CompareFlow(services, code), ChangeMarks(services, code)
    context.deployed.connect(compare.refresh)
    context.deployed.connect(marks.refresh)
    context.route("compare_package", compare.with_package)
    versions, folders = CodeVersions(context, code, compare), LocalFolders(services, code)
    context.actions(
        (
            ActionSpec("code.choose_version", _("Open Version or Alias…"), "Alt+Shift+V", "layers", when),
            versions.choose,
        ),
        (ActionSpec("code.latest", _("Open $LATEST"), when=when), partial(versions.show, "")),
        (
            ActionSpec(
                "code.use_folder",
                _("Use Local Folder…"),
                "Alt+Shift+O",
                "folder-open",
                when,
                begins_group=True,
            ),
            folders.choose,
        ),
        (ActionSpec("code.use_deployed", _("Use Deployed Code"), when=when), folders.leave),
        (
            ActionSpec(
                "code.compare",
                _("Compare with Deployed"),
                "Alt+Shift+D",
                "git-compare",
                when,
                begins_group=True,
                terms=_("diff, changes"),
            ),
            versions.compare_with_deployed,
        ),
        (
            ActionSpec(
                "code.compare_with", _("Compare With…"), "Alt+Shift+C", "git-compare", when, terms=_("diff")
            ),
            versions.choose_other,
        ),
        after=_("&Code"),
    )

    def use_folder(function: OpenFunction, folder: Path) -> None:
        if code.function is not None and code.function.detail.function_arn == function.detail.function_arn:
            context.window.page.show_tab(code.object_name)
            folders.look(code.function, folder)

    context.route("local_folder", use_folder)


def _conflict(context: Context, code: CodePage) -> None:
    """Other code is deployed than the open code was made from."""
    flow = ConflictFlow(
        context.services, context.window.function_banners, code, partial(context.navigate, "deploy")
    )
    context.deployed.connect(flow.note_deployed)
    context.deploy_conflicted.connect(flow.note_conflict)
    flow.known.connect(lambda there: context.set_condition("conflict", is_met=there))
    flow.merge.undoable.connect(lambda there: context.set_condition("merged", is_met=there))
    flow.failed.connect(lambda error: context.report(error))
    resolve, undo = in_submenu(
        _("Deploy"),
        ActionSpec(REMEDY, _("Resolve Conflict…"), "", "triangle-alert", "conflict", only_when_enabled=True),
        ActionSpec(UNDO, _("Undo Merge"), "", "undo-2", "merged", only_when_enabled=True),
    )
    context.actions((resolve, flow.resolve), (undo, flow.merge.undo), after="function.roll_back")


def _reverting(context: Context, code: CodePage) -> None:
    """Makes files what is deployed."""
    reverting = Reverting(context.services, code)
    _shown, every = context.actions(
        (
            ActionSpec("file.revert", _("Revert File to Deployed"), icon="undo-2", when="function"),
            reverting.revert_current,
        ),
        (ActionSpec(ALL, _("Revert All to Deployed…"), when="function"), reverting.revert_all),
        after="file.save",
    )
    code.tree.begin_group()
    code.tree.addAction(every)


class CodeBar(QFrame):
    """Shows what is open; its buttons are the registry's actions."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__()
        self._code = code
        named(self, "codeBar", _("Shown code"))
        self.version = _button(services, "code.choose_version", "codeVersion")
        self.badge = badge("codeReadOnly", _("Read only"))
        self.badge.setProperty("tone", "warning")
        self.about = named(ElidedLabel(), "codeAbout", role="muted")
        self.latest = _button(services, "code.latest", "codeLatest")
        self.take_over = _button(services, "code.take_over", "codeTakeOver")
        self.use_folder = _button(services, "code.use_folder", "codeUseFolder")
        self.use_deployed = _button(services, "code.use_deployed", "codeUseDeployed")
        self.on_save = _button(services, "function.deploy_on_save", "codeDeployOnSave")
        self.on_save.setCheckable(True)
        services.actions["function.deploy_on_save"].toggled.connect(self.on_save.setChecked)
        self.compare = _button(services, "code.compare", "codeCompare")
        self.compare_with = _button(services, "code.compare_with", "codeCompareWith")
        more = named(QToolButton(), "codeMore", _("More tools for the code"), role="quiet")
        more.setText(_("More"))
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        rare = (self.compare_with, self.use_folder, self.use_deployed, self.compare, self.on_save)
        self._row = row = OverflowRow(more, rare)
        for widget in (self.version, self.badge, self.latest, self.take_over):
            row.add(widget)
        row.add(self.about, 1)
        for widget in (self.use_folder, self.use_deployed, self.on_save, self.compare, self.compare_with):
            row.add(widget)
        row.add(more)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(8, 1, 8, 1)
        whole.addWidget(row)
        code.workspace_changed.connect(self._show_code)
        self._show_code()

    def _show_code(self) -> None:
        """Says whose code is shown; without a workspace it is on its way, or there is none."""
        qualifier, workspace = self._code.qualifier, self._code.workspace
        version = workspace.base.version if workspace else qualifier
        title = _("Version {version}").format(version=version) if version not in ("", LATEST) else LATEST
        if workspace and qualifier not in ("", LATEST, version):
            title = _("{qualifier} (version {version})").format(version=version, qualifier=qualifier)
        self.version.setText(title)
        self.version.setAccessibleName(_("Shown code: {title}").format(title=title))
        is_fixed = workspace is not None and workspace.read_only
        self._row.set_wanted(self.badge, wanted=is_fixed)
        is_followed = isinstance(workspace, FollowedWorkspace)
        self._row.set_wanted(self.take_over, wanted=is_followed)
        self._row.set_wanted(self.latest, wanted=qualifier not in ("", LATEST))
        self._row.set_wanted(self.on_save, wanted=not is_fixed)
        for button in (self.on_save, self.compare, self.compare_with):
            button.setEnabled(workspace is not None)
        local = workspace.local_folder if workspace is not None else None
        self._row.set_wanted(self.use_folder, wanted=workspace is not None and not is_fixed and local is None)
        self._row.set_wanted(self.use_deployed, wanted=local is not None and not is_followed)
        if is_followed:
            self.about.show_text(_("Another window is editing this code."))
        elif local is not None:
            self.about.show_text(_("Local folder {local}").format(local=short_path(local)), str(local))
        else:
            self.about.show_text(_("The code of a published version cannot be changed.") if is_fixed else "")


def _button(services: Services, action: str, name: str) -> QToolButton:
    """A quiet button that does what the action does, and says it in words of its own."""
    shown = services.actions[action]
    button = named(QToolButton(), name, shown.text(), role="quiet")
    button.setText(shown.text())
    button.setToolTip(tool_tip(shown.toolTip()))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(shown.trigger)
    return button


class CodeVersions(QObject):
    """Asks which version to show or to compare with."""

    def __init__(self, context: Context, code: CodePage, compare: CompareFlow) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._session = context.session
        self._picker: version_picker.VersionPicker | None = None
        self._code = code
        self._compare = compare
        self._waiting: version_picker.VersionChoice | None = None  # to be compared with once the code is open
        versions = context.page(VersionsPage)
        versions.code_wanted.connect(self.show)
        versions.comparison_wanted.connect(self.compare)
        compare.failed.connect(lambda error: context.report(error))
        code.workspace_changed.connect(self._opened)
        code.drafts_back.connect(self._offer)
        context.signed_in.connect(self._signed_in)
        code.files.editor.comparing.changed.connect(self._note_comparison)

    def _note_comparison(self, is_shown: bool) -> None:
        workspace = self._code.workspace
        self._context.set_condition("compared", is_met=is_shown)
        can_change = is_shown and workspace is not None and not workspace.read_only
        self._context.set_condition("revertible", is_met=can_change)

    def choose(self) -> None:
        """Asks which version's code to show."""
        self._ask(_("Open Version or Alias"), self._chosen, elsewhere=False)

    def choose_other(self) -> None:
        """Asks what to compare with."""
        self._ask(_("Compare With"), self._chosen_other, elsewhere=True)

    def _ask(
        self, title: str, then: "Callable[[version_picker.VersionChoice], None]", *, elsewhere: bool
    ) -> None:
        function = self._code.function
        if function is None:
            return
        name, connection = function.detail.function_name, function.connection
        place = ScopePicker(self._services, self._session, connection) if elsewhere else None
        picker = version_picker.VersionPicker(
            self._services, connection, name, title, self._window, elsewhere=place
        )
        picker.chosen.connect(then)
        picker.remedy_wanted.connect(
            lambda action, profile: self._context.repair(action, profile or self._session.profile)
        )
        picker.finished.connect(self._picked)
        self._picker = picker
        picker.open()

    def _picked(self) -> None:
        self._picker = None

    def _signed_in(self) -> None:
        """Somebody signed in: what could not be read for want of that may be there now."""
        if self._picker is not None and self._picker.again.isVisible():
            self._picker.read()

    def show(self, qualifier: str) -> None:
        """Shows the code of a version or an alias in the Code tab; empty for $LATEST."""
        self._code.show_version("" if qualifier == LATEST else qualifier)
        self._window.page.show_tab("codePage")

    def compare(self, qualifier: str) -> None:
        """Compares the open code with a version or an alias, once it is open."""
        function = self._code.function
        if function is not None:
            name, other = function.detail.function_name, "" if qualifier == LATEST else qualifier
            self._start(version_picker.VersionChoice(function.connection, name, other))

    def compare_with_deployed(self) -> None:
        """Compares the open code with what is deployed, once it is open."""
        if self._code.workspace is None:
            self.compare("")
        else:
            self._window.page.show_tab("codePage")
            self._compare.with_deployed()

    def _start(self, choice: "version_picker.VersionChoice") -> None:
        self._waiting = choice
        self._window.page.show_tab("codePage")
        self._opened()

    def _opened(self) -> None:
        function, choice = self._code.function, self._waiting
        if choice is None or self._code.workspace is None:
            return
        self._waiting = None
        if function is not None and function.detail.function_name == choice.function_name:
            self._compare.with_version(choice)

    def _offer(self, text: str, names: str) -> None:
        workspace = self._code.workspace

        def are_saved() -> bool:
            return workspace is not None and not workspace.drafts()

        error = WorkbenchError(text, names, action="code.compare", until=are_saved)
        self._context.report(error, "info", key="drafts")

    def _chosen_other(self, choice: "version_picker.VersionChoice") -> None:
        function = self._code.function
        if function is not None and function.detail.function_name == choice.function_name:
            self._start(choice)

    def _chosen(self, choice: "version_picker.VersionChoice") -> None:
        function = self._code.function
        if function is not None and function.detail.function_name == choice.function_name:
            self.show(choice.qualifier)

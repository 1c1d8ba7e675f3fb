"""Searches, replaces and lists references in the open code; goes to a file or symbol by a few letters."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedLayout, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from workbench.code.language_server import Json
from workbench.code.language_service import FileRanges, matches_of, ranges_by_file
from workbench.code.search import (
    FileMatches,
    Query,
    Replacement,
    SearchSummary,
    apply_replacements,
    search_workspace,
)
from workbench.code.syntax import Symbol, scan_symbols
from workbench.code.text import FileKind
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.ui.editor import OutlineSymbol, Snapshot, TextEdit
from workbench.ui.features.code.language import Language
from workbench.ui.features.code.search_panel import SearchPanel
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.quick_pick import Pick, PickTexts, QuickPick
from workbench.ui.kit.text import PlainLabel, named, tool_tip
from workbench.ui.kit.theme import Theme
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.preferences import EDITOR_OUTLINE
from workbench.ui.shell.services import Services

_KEY = "code.search"

_Then = Callable[[], object]
_Refused = Callable[[WorkbenchError], object]


class SearchFlow(QObject):
    """Runs what the panel asks for on the workspace that is open.

    Signals:
        failed: Something was not replaced.
    """

    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, panel: SearchPanel, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._panel = panel
        self._code = code
        self._running: JobHandle | None = None
        code.workspace_changed.connect(self._follow)
        panel.asked.connect(self._search)
        panel.cancelled.connect(self._cancel)
        panel.replace_wanted.connect(self._replace)

    def _follow(self) -> None:
        self._services.jobs.drop(_KEY)
        workspace = self._code.workspace
        self._panel.set_searchable(
            there=workspace is not None, read_only=bool(workspace and workspace.read_only)
        )

    def _search(self, query: Query) -> None:
        self._services.jobs.drop(_KEY)
        if self._code.workspace is not None and query.text:
            self._panel.begin()
            self._code.files.typed(partial(self._start, self._code.workspace, query))

    def _start(self, workspace: Workspace, query: Query, typed: dict[str, str]) -> None:
        if workspace is not self._code.workspace:
            return
        self._running = self._services.jobs.start(
            _("Searching for {query}").format(query=query.text),
            lambda ctx: search_workspace(workspace, typed, query, ctx),
            replaces=_KEY,
            on_item=lambda found: self._panel.add(cast(Sequence[FileMatches], found)),
            on_done=self._panel.finish,
            on_error=self._panel.fail,
            on_cancelled=self._panel.stopped,
        )

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    # Replacing

    def _replace(self, chosen: list[tuple[str, list[Replacement]]]) -> None:
        workspace = self._code.workspace
        if workspace is None:
            return
        waiting, done = len(chosen), 0

        def ended(replacements: int) -> None:
            nonlocal waiting, done
            waiting -= 1
            done += replacements
            if waiting == 0 and workspace is self._code.workspace:
                self._tell(done)

        def refused(error: WorkbenchError) -> None:
            self.failed.emit(error)
            ended(0)

        self._panel.clear()  # what was found does not stand there any more
        for path, replacements in chosen:
            then = partial(ended, len(replacements))
            if uri := self._code.files.uri_of_open(path):
                self._replace_in_editor(uri, path, replacements, then, refused)
            else:
                self._replace_in_draft(workspace, path, replacements, then, refused)

    def _replace_in_editor(
        self, uri: str, path: str, replacements: list[Replacement], then: _Then, refused: _Refused
    ) -> None:
        """One step for the editor, which can undo it."""
        editor = self._code.files.editor

        def change(shown: Snapshot) -> None:
            try:
                apply_replacements(path, shown.text, replacements)
            except WorkbenchError as error:
                refused(error)
                return
            editor.edit(uri, [_edit_of(each) for each in replacements])
            then()

        editor.text(uri, change)

    def _replace_in_draft(
        self, workspace: Workspace, path: str, replacements: list[Replacement], then: _Then, refused: _Refused
    ) -> None:
        """As if it had been typed and the file closed: undo, once it is open, leads back to what is saved."""

        def run(_ctx: JobContext) -> None:
            draft = workspace.draft(path)
            text = draft.text if draft is not None else workspace.read(path).text
            workspace.put_draft(path, apply_replacements(path, text, replacements))

        self._services.jobs.start(
            _("Replacing in {path}").format(path=path),
            run,
            lane=f"disk:{workspace.folder}",
            on_done=lambda _none: then(),
            on_error=refused,
            quiet=True,
        )

    def _tell(self, done: int) -> None:
        self._code.files.stored.emit()
        if done:
            self._panel.set_message(
                ngettext(
                    "Replaced {count} match. It is not saved yet.",
                    "Replaced {count} matches. They are not saved yet.",
                    done,
                ).format(count=done)
            )


def _edit_of(replacement: Replacement) -> TextEdit:
    match = replacement.match
    return TextEdit(match.line, match.column, match.line, match.end_column, replacement.text)


class ReferencesFlow(QObject):
    """Lists all places where the name at the cursor is used.

    Signals:
        wanted: There is something to show: the panel is to be seen.
        failed: There is no name, or nobody knows.
    """

    wanted = Signal()
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, panel: SearchPanel, code: CodePage, language: Language) -> None:
        super().__init__(code)
        self._services = services
        self._panel = panel
        self._code = code
        self._language = language
        self._cursor = (1, 1)
        code.files.editor.cursor_moved.connect(self._note)

    def _note(self, line: int, column: int) -> None:
        self._cursor = (line, column)

    def list_references(self) -> None:
        """Asks for the uses of the name at the cursor of the shown file."""
        workspace, path = self._code.workspace, self._code.files.current_path()
        if workspace is None or not path:
            return
        line, column = self._cursor
        params: dict[str, Json] = {
            "textDocument": {"uri": (workspace.root / path).as_uri()},
            "position": {"line": line - 1, "character": column - 1},
            "context": {"includeDeclaration": True},
        }
        if not self._language.ask(
            "textDocument/references", params, lambda found: self._read(workspace, found)
        ):
            self._refuse(
                _("No language server is running for this code. Use Find in All Files to search for text.")
            )

    def _read(self, workspace: Workspace, answer: Json) -> None:
        places = ranges_by_file(answer, workspace.root)
        if workspace is not self._code.workspace:
            return
        if not places:
            self._refuse(_("There is no symbol at the cursor, or it has no references."))
            return
        self._services.jobs.drop(_KEY)
        self._panel.begin()
        self.wanted.emit()
        self._code.files.typed(lambda typed: self._start(workspace, places, typed))

    def _start(self, workspace: Workspace, places: FileRanges, typed: dict[str, str]) -> None:
        def text(path: str) -> str | None:
            if path in typed:
                return typed[path]
            if (draft := workspace.draft(path)) is not None:
                return draft.text
            try:
                document = workspace.read(path)
            except WorkbenchError:
                return None  # it has gone meanwhile
            return document.text if document.kind is FileKind.TEXT else None

        def run(_ctx: JobContext) -> tuple[FileMatches, ...]:
            return matches_of(places, text)

        def show(found: tuple[FileMatches, ...]) -> None:
            if workspace is self._code.workspace:
                self._panel.add(found)
                matches = sum(len(each.matches) for each in found)
                self._panel.finish(SearchSummary(len(found), matches, len(found)))

        self._services.jobs.start(_("Reading related files"), run, replaces=_KEY, quiet=True, on_done=show)

    def _refuse(self, why: str) -> None:
        self.failed.emit(WorkbenchError(_("No references found."), why))


class GoToFile(QuickPick):
    """Shows the paths, those of open files first, and opens the one that is chosen.

    Args:
        window: The window it lies over.
        code: Whose files they are.
    """

    def __init__(self, window: QWidget, code: CodePage) -> None:
        texts = PickTexts(
            _("Go to file"), _("File"), _("Files"), _("Type part of a path"), _("No files match “{query}”.")
        )
        super().__init__(window, "goToFile", texts, code.files.open)
        self._code = code

    def open(self) -> None:
        """Shows the files; called again, goes away."""
        if self.isVisible():
            self.dismiss()
            return
        opened, shown = self._code.files.open_paths(), self._code.files.current_path()
        # The shown file last of the open ones: Enter alone goes to the other one.
        first = {path: number for number, path in enumerate(opened)} | {shown: len(opened)}
        paths = sorted(self._code.tree.files(), key=lambda path: first.get(path, len(opened) + 1))
        self.show_picks([Pick(path, path) for path in paths])


_SYMBOLS = "code.symbols"


class GoToSymbol(QuickPick):
    """Shows the names, own ones first, and goes to the one that is chosen.

    What was found last time is there at once, while the files are read again.

    Args:
        window: The window it lies over.
        services: Run the reading.
        code: Whose files they are.
    """

    def __init__(self, window: QWidget, services: Services, code: CodePage) -> None:
        texts = PickTexts(
            _("Go to symbol in all files"),
            _("Symbol"),
            _("Symbols"),
            _("Type part of a function, class or variable name"),
            _("No names match “{query}”."),
        )
        super().__init__(window, "goToSymbol", texts, self._go)
        self._services = services
        self._code = code
        self._found: tuple[Symbol, ...] = ()
        self._found_in: Workspace | None = None

    def open(self) -> None:
        """Shows the names; called again, goes away."""
        workspace = self._code.workspace
        if self.isVisible():
            self.dismiss()
        elif workspace is not None:
            if workspace is not self._found_in:
                self._found, self._found_in = (), workspace
            self.show_picks(_picks(self._found))
            if not self._found:
                self.renew((), _("Searching for symbols…"))
            self._code.files.typed(lambda typed: self._read(workspace, typed))

    def _read(self, workspace: Workspace, typed: dict[str, str]) -> None:
        def run(ctx: JobContext) -> tuple[Symbol, ...]:
            drafts = {draft.path: draft.text for draft in workspace.drafts()}
            return scan_symbols(workspace.root, drafts | typed, ctx)

        self._services.jobs.start(
            _("Searching for symbols"),
            run,
            replaces=_SYMBOLS,
            quiet=True,
            on_done=lambda found: self._show(workspace, found),
            on_error=lambda error: self._fail(workspace, error),
        )

    def _show(self, workspace: Workspace, found: Sequence[Symbol]) -> None:
        if workspace is self._found_in:
            self._found = tuple(found)
            words = _("No names match “{query}”.") if found else _("The code has no names to go to.")
            self.renew(_picks(self._found), words)

    def _fail(self, workspace: Workspace, error: WorkbenchError) -> None:
        if workspace is self._found_in:
            self.renew((), str(error))

    def _go(self, number: str) -> None:
        place = self._found[int(number)]
        if self._found_in is self._code.workspace:
            self._code.files.reveal(place.path, place.line, place.column)


def _picks(found: Sequence[Symbol]) -> list[Pick]:
    return [
        Pick(str(number), each.name, f"{each.path}:{each.line}", each.kind)
        for number, each in enumerate(found)
    ]


_GROUPS = {
    "class": (4, 9, 10, 22),
    "function": (5, 8, 11),
    "value": (6, 7, 12, 13, 19, 21),
    "module": (1, 2, 3),
    "list": (17,),
    "object": (18,),
    "number": (15,),
}
_GROUP_OF = {kind: group for group, kinds in _GROUPS.items() for kind in kinds}  # the others: "text"
_ICONS = {
    "class": ("box", "warning"),
    "function": ("square-function", "accent"),
    "value": ("variable", "muted"),
    "module": ("package", "muted"),
    "list": ("brackets", "muted"),
    "object": ("braces", "muted"),
    "number": ("hash", "muted"),
    "text": ("type", "muted"),
}
_SIZES = (3, 2)  # the file tree's part of the height, and the outline's


class Outline(QWidget):
    """A tree of symbols.

    Args:
        icons: Where its drawings come from.
        theme: Whose change repaints them.

    Signals:
        chosen(line, column): The user goes to a symbol.
    """

    chosen = Signal(int, int)

    def __init__(self, icons: Icons, theme: Theme) -> None:
        super().__init__()
        named(self, "outline", _("Outline"))
        self._icons = icons
        self._symbols: tuple[OutlineSymbol, ...] = ()
        self._rows: list[tuple[OutlineSymbol, QTreeWidgetItem]] = []  # each before those inside it
        self._line = 1
        self.tree = named(QTreeWidget(), "outlineTree", _("Outline of the file"))
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.itemClicked.connect(self._choose)
        self.tree.itemActivated.connect(self._choose)
        self._words = named(PlainLabel(), "outlineWords", role="muted")
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._words.setContentsMargins(12, 4, 8, 4)
        title = named(PlainLabel(_("Outline")), "outlineTitle", role="heading")
        title.setContentsMargins(12, 6, 8, 4)
        place = QWidget()
        self._stack = QStackedLayout(place)
        self._stack.addWidget(self._words)
        self._stack.addWidget(self.tree)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(title)
        layout.addWidget(place, 1)
        theme.changed.connect(self._fill)
        self.set_message("")

    def set_message(self, words: str) -> None:
        """Says why there are no symbols."""
        self._symbols = ()
        self._fill()
        self._words.setText(words)
        self._stack.setCurrentWidget(self._words)

    def show_symbols(self, symbols: tuple[OutlineSymbol, ...]) -> None:
        """Shows the symbols of a text; the one at the line that was told last is marked."""
        if not symbols:
            self.set_message(_("No symbols in this file."))
            return
        is_same = [_shape(each) for each in symbols] == [_shape(each) for each in self._symbols]
        self._symbols = symbols
        if is_same:  # the tree stays as it was opened and scrolled
            self._rows = list(zip(_in_order(symbols), (item for __, item in self._rows), strict=True))
        else:
            self._fill()
        self._stack.setCurrentWidget(self.tree)
        self.follow(self._line)

    def follow(self, line: int) -> None:
        """Marks the innermost symbol around a line of the text."""
        self._line = line
        around = [item for symbol, item in self._rows if symbol.first_line <= line <= symbol.last_line]
        if not around:
            self.tree.setCurrentIndex(QModelIndex())
            return
        at = around[-1]
        while (outer := at.parent()) is not None and not outer.isExpanded():
            at = outer
        if at is not self.tree.currentItem():
            self.tree.setCurrentItem(at)

    def _choose(self, item: QTreeWidgetItem) -> None:
        for symbol, each in self._rows:
            if each is item:
                self.chosen.emit(symbol.line, symbol.column)

    def _fill(self) -> None:
        self._rows = []
        self.tree.clear()
        self.tree.addTopLevelItems([self._item(symbol) for symbol in self._symbols])
        for symbol, item in self._rows:
            if symbol.children:  # for 2,000 rows it takes a tenth of a second
                item.setExpanded(True)
        self.follow(self._line)

    def _item(self, symbol: OutlineSymbol) -> QTreeWidgetItem:
        item = QTreeWidgetItem([symbol.name])
        drawing, color = _ICONS[_GROUP_OF.get(symbol.kind, "text")]
        item.setIcon(0, self._icons.get(drawing, color))
        item.setToolTip(0, tool_tip(symbol.name))
        words = f"{symbol.name}, {_kind_label(symbol.kind)}"
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, words)
        self._rows.append((symbol, item))
        item.addChildren([self._item(child) for child in symbol.children])
        return item


def _kind_label(kind: int) -> str:
    return {
        "class": _("class"),
        "function": _("function"),
        "module": _("module"),
        "list": _("list"),
        "object": _("object"),
    }.get(_GROUP_OF.get(kind, ""), _("value"))


type _Shape = tuple[str, int, tuple["_Shape", ...]]


def _shape(symbol: OutlineSymbol) -> _Shape:
    """Everything that is seen of it: not its place."""
    return symbol.name, symbol.kind, tuple(_shape(child) for child in symbol.children)


def _in_order(symbols: tuple[OutlineSymbol, ...]) -> list[OutlineSymbol]:
    return [found for symbol in symbols for found in (symbol, *_in_order(symbol.children))]


class OutlineFlow(QObject):
    """Shows the outline below the file tree."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code, self._editor = code, code.files.editor
        self._uri = ""
        self._is_plain = False
        self.outline = Outline(services.icons, services.theme)
        column = code.findChild(QSplitter, "codeColumn")
        assert isinstance(column, QSplitter)
        column.addWidget(self.outline)
        column.setSizes([part * 1_000 for part in _SIZES])
        for number, part in enumerate(_SIZES):
            column.setStretchFactor(number, part)
        self._editor.outline.changed.connect(self._show)
        self._editor.cursor_moved.connect(lambda line, _column: self.outline.follow(line))
        self._editor.fell_back.connect(self._go_without)
        self.outline.chosen.connect(self._go)
        code.workspace_changed.connect(self._forget)
        self._apply()

    def toggle(self) -> None:
        """Shows or hides it, from now on."""
        wanted = not EDITOR_OUTLINE.read(self._services.settings)
        self._services.settings.set(EDITOR_OUTLINE.key, wanted)
        self._apply()

    def _apply(self) -> None:
        wanted = EDITOR_OUTLINE.read(self._services.settings)
        self.outline.setVisible(wanted)
        self._editor.outline.want(wanted=wanted and not self._is_plain)

    def _go_without(self) -> None:
        self._is_plain = True
        self.outline.set_message(_("The plain editor has no outline."))

    def _forget(self) -> None:
        """Another function is opened: until its file is told, nothing of the one before is shown."""
        if self._code.workspace is None:
            self.outline.set_message("")

    def _show(self, uri: str, symbols: tuple[OutlineSymbol, ...]) -> None:
        self._uri = uri
        if uri:
            self.outline.show_symbols(symbols)
        else:
            self.outline.set_message(_("No file is open."))

    def _go(self, line: int, column: int) -> None:
        if self._uri == self._editor.active_uri():
            self._editor.reveal(self._uri, line, column)
            self._editor.focus_text()

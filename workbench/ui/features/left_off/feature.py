"""Goes on where the user left off: function, tab, panel, open files with cursor and scroll position.

Nothing of the last result is kept here: the Result panel shows the newest kept invocation of a function.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, QTimer

from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.ui.editor import Position
from workbench.ui.files.open_files import FileLeft, FilesLeft
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.context import Context
from workbench.ui.shell.session import left_off_key

_KEEP_AFTER_MS = 1_000
_MAX_FUNCTIONS, _MAX_FILES, _MAX_CHARACTERS = 30, 40, 1_000
_MAX_LINE = 10_000_000


def activate(context: Context) -> None:
    """Opens what was open, and notes what is."""
    SessionRestore(context)


class SessionRestore(QObject):
    """Notes what is open, and opens it again. What it keeps is per profile and region."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._session, self._code = context.session, context.page(CodePage)
        self._key = ""
        self._left = LeftOff()
        self._reopening = ""  # the name of the function that is being opened again
        self._timer = QTimer(self, singleShot=True, interval=_KEEP_AFTER_MS)
        self._timer.timeout.connect(self._keep)
        window, files = context.window, self._code.files
        context.session.changed.connect(self._begin)
        window.page.function_shown.connect(self._note_function)
        window.page.function_shown.connect(self._focus_again)
        window.page.function_closed.connect(self._note_function)
        window.page.tab_changed.connect(self._note)
        window.bottom.currentChanged.connect(self._note)
        window.bottom_opened.connect(self._note)
        files.editor.cursor_moved.connect(self._note_files)
        files.editor.scrolled.connect(self._note_files)
        files.groups.shown.connect(self._note_files)
        files.opened.connect(self._note_files)
        files.opened.connect(self._focus_again)
        window.closed.connect(self._stop)
        title = _("Remembering what is open")
        windows = self._code.windows
        self._services.jobs.start(title, lambda _ctx: windows.begin(), lane="session.left", quiet=True)
        self._begin()

    def _begin(self) -> None:
        """Another profile or region, or the start: opens what was open there, once it is connected."""
        session, window = self._session, self._window
        self._keep()
        self._key = left_off_key(session.profile.name, session.region)
        left = self._left = read(self._services.settings, self._key)
        self._code.set_files_left(left.files)
        for number, page in enumerate(window.page.pages):
            if page.objectName() == left.tab:
                window.page.tabs.setCurrentIndex(number)
        for panel in map(window.bottom.widget, range(window.bottom.count())):
            if panel is not None and panel.objectName() == left.panel:
                window.show_panel(panel)
        name = left.function_name
        if name and window.page.function is None and not window.functions.opening_name:
            self._reopening = name
            self._context.open_again(name)

    def _focus_again(self) -> None:
        """Gives the keyboard to the tab that was opened again, unless the user has begun something else.

        Code is opened after its function. Till then the keyboard stays: Qt takes it from a part that is not
        shown, once the window comes to the front, and gives it to the first part of the window.
        """
        window = self._window
        function, search = window.page.function, window.functions.search
        is_again = function is not None and function.detail.function_name == self._reopening
        is_wanted = is_again and window.focusWidget() is search and not search.text()
        if is_wanted and not window.page.can_focus_tab():
            return  # asked again when the first file is open
        self._reopening = ""
        if is_wanted:
            window.page.focus_tab()

    def _is_here(self) -> bool:
        """Whether the session is still what is being noted: it changes before this is told."""
        session = self._session
        return self._key == left_off_key(session.profile.name, session.region)

    def _note_function(self) -> None:
        function = self._window.page.function
        if self._is_here():
            self._left = replace(self._left, function_name=function.detail.function_name if function else "")
            self._note()

    def _note_files(self) -> None:
        code = self._code
        if code.workspace is None or code.function is None or code.qualifier or code.files.is_opening_again:
            return
        if self._is_here():
            name = code.function.detail.function_name
            others = {each: files for each, files in self._left.files.items() if each != name}
            self._left = replace(self._left, files={**others, name: code.files.left()})
            code.set_files_left(self._left.files)
            self._note()

    def _note(self) -> None:
        window = self._window
        if self._is_here():
            tab = window.page.tabs.currentWidget().objectName()
            panel = "" if window.bottom.isHidden() else window.bottom.currentWidget().objectName()
            self._left = replace(self._left, tab=tab, panel=panel)
            if not self._timer.isActive():
                self._timer.start()

    def _keep(self) -> None:
        """Brings it to disk, off the main thread."""
        self._timer.stop()
        if self._key:
            self._keep_setting(self._key, written(self._left))

    def _keep_setting(self, key: str, value: object) -> None:
        settings = self._services.settings

        def write(_ctx: JobContext) -> None:
            settings.set(key, value)

        title = _("Remembering what is open")
        self._services.jobs.start(title, write, lane="session.left", quiet=True)

    def _stop(self) -> None:
        self._timer.stop()
        settings = self._services.settings
        settings.set(self._key, written(self._left))
        self._code.windows.end()


@dataclass(frozen=True, slots=True)
class LeftOff:
    """How a profile and region were left.

    Attributes:
        function_name: The open function, or "".
        tab: Object name of the tab in front, or "".
        panel: Object name of the panel at the bottom; "" while it is closed.
        files: By function name, the one that was open last at the end.
    """

    function_name: str = ""
    tab: str = ""
    panel: str = ""
    files: Mapping[str, FilesLeft] = field(default_factory=dict)


def read(settings: Settings, key: str) -> LeftOff:
    """What was kept. What is damaged, or not of the expected form, counts as never kept."""
    kept: dict[str, object] = settings.get(key, {})
    files = kept.get("files")
    found = {
        name: _files_of(value)
        for name, value in (files.items() if isinstance(files, dict) else ())
        if _text(name)
    }
    return LeftOff(_text(kept.get("function")), _text(kept.get("tab")), _text(kept.get("panel")), found)


def written(left: LeftOff) -> dict[str, object]:
    """What is kept, as JSON; of the functions those that were open last."""
    return {
        "function": left.function_name,
        "tab": left.tab,
        "panel": left.panel,
        "files": {
            name: {
                "shown": files.shown,
                "open": [
                    [file.path, file.position.line, file.position.column, file.position.top_line]
                    for file in files.files[:_MAX_FILES]
                ],
            }
            for name, files in list(left.files.items())[-_MAX_FUNCTIONS:]
        },
    }


def _files_of(value: object) -> FilesLeft:
    kept = value if isinstance(value, dict) else {}
    entries = kept.get("open")
    files = (_file_of(each) for each in (entries if isinstance(entries, list) else ())[:_MAX_FILES])
    found = {file.path: file for file in files if file is not None}
    return FilesLeft(tuple(found.values()), _text(kept.get("shown")))


def _file_of(value: object) -> FileLeft | None:
    match value:
        case [str(path), int(line), int(column), int(top_line)] if _text(path):
            numbers = (
                min(max(number, least), _MAX_LINE)
                for number, least in ((line, 1), (column, 1), (top_line, 0))
            )
            return FileLeft(path, Position(*numbers))
    return None


def _text(value: object) -> str:
    """A text of a length that names have; anything else is ""."""
    return value if isinstance(value, str) and len(value) <= _MAX_CHARACTERS else ""

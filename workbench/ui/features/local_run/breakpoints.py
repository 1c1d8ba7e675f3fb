"""The breakpoints of the open code: kept for each function, drawn in the margin, set and edited there."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from workbench.core.codec import to_builtins
from workbench.core.messages import _
from workbench.invoke.breakpoints import Breakpoint
from workbench.invoke.debug_session import Breakpoints, Checked
from workbench.ui.editor import BreakpointLook, BreakpointMark
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.form import Form
from workbench.ui.kit.text import PlainLine, PlainMenu, named
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.services import Services

_SUFFIX = ".py"


class BreakpointStore(QObject):
    """The breakpoints of the open code, in the editor's margin; edits move them. Stored for each function.

    Args:
        services: For the settings, where they are stored.
        code: The tab.

    Signals:
        changed(path): The user set, changed or removed one. Not when an edit or the debugger moved it.
    """

    changed = Signal(str)

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._key = ""
        self._numbers = count(1)
        self._found: dict[str, dict[int, Breakpoint]] = {}
        self._checked: dict[int, Checked] = {}
        code.workspace_changed.connect(self._follow)
        code.files.opened.connect(self._show)
        code.files.editor.debug.moved.connect(self._moved)

    def all(self) -> Breakpoints:
        """Path -> number -> breakpoint."""
        return self._found

    def of(self, path: str) -> Mapping[int, Breakpoint]:
        """Those of a file, by number."""
        return self._found.get(path, {})

    def at(self, path: str, line: int) -> int:
        """The number of the one on a line; 0 when there is none."""
        return next((number for number, each in self.of(path).items() if each.line == line), 0)

    def place_of_cursor(self) -> tuple[str, int]:
        """The file in front and the line of its cursor; "" when that is no file of Python."""
        path = self._code.files.current_path()
        if not path.endswith(_SUFFIX):
            return "", 0
        return path, self._code.files.editor.debug.cursor_of(self._code.files.uri_of_open(path))

    def path_of(self, uri: str) -> str:
        """The path of an open file of Python; "" for another document."""
        files = self._code.files
        path = next((each for each in files.open_paths() if files.uri_of_open(each) == uri), "")
        return path if path.endswith(_SUFFIX) else ""

    def toggle(self, path: str, line: int) -> None:
        """Sets one on a line, or removes what is there."""
        if number := self.at(path, line):
            self.remove(path, number)
        else:
            self.put(path, Breakpoint(line))

    def put(self, path: str, breakpoint: Breakpoint, number: int = 0) -> None:
        """Sets one; it takes the place of the one with this number."""
        number = number or next(self._numbers)
        self._found.setdefault(path, {})[number] = breakpoint
        self._checked.pop(number, None)
        self._change(path)

    def remove(self, path: str, number: int) -> None:
        """Removes one, and what else is on its line."""
        line = self.of(path)[number].line
        self._found[path] = {other: each for other, each in self.of(path).items() if each.line != line}
        self._change(path)

    def remove_all(self) -> None:
        """Removes those of all files."""
        for path in [path for path, found in self._found.items() if found]:
            self._found[path] = {}
            self._change(path)

    def take(self, checked: Checked) -> None:
        """Takes what the debugger says: the breakpoint goes to the line where the function stops."""
        current = self.of(checked.path).get(checked.number)
        if current is None:
            return
        self._checked[checked.number] = checked
        if current.line == checked.wanted != checked.line:
            self._found[checked.path][checked.number] = replace(current, line=checked.line)
            self._keep()
        self._show(checked.path)

    def forget_checks(self) -> None:
        """The debugger has ended."""
        self._checked.clear()
        for path in self._found:
            self._show(path)

    def _follow(self) -> None:
        function = self._code.function
        self._code.files.editor.debug.forget()
        self._key = f"debug.breakpoints.{function.detail.function_arn}" if function else ""
        kind = dict[str, tuple[Breakpoint | int, ...]]  # formerly lines alone
        kept = self._services.settings.get_as(self._key, kind, {})
        self._checked.clear()
        self._found = {
            path: {
                next(self._numbers): each if isinstance(each, Breakpoint) else Breakpoint(each)
                for each in found
            }
            for path, found in kept.items()
        }
        for path in self._code.files.open_paths():
            self._show(path)

    def _change(self, path: str) -> None:
        self._keep()
        self._show(path)
        self.changed.emit(path)

    def _keep(self) -> None:
        if self._key:
            kept = {path: list(found.values()) for path, found in self._found.items() if found}
            self._services.settings.set(self._key, to_builtins(kept))

    def _show(self, path: str) -> None:
        if uri := self._code.files.uri_of_open(path):
            marks = [self._mark(number, each) for number, each in self.of(path).items()]
            self._code.files.editor.debug.set(uri, marks)

    def _mark(self, number: int, breakpoint: Breakpoint) -> BreakpointMark:
        checked, mark = self._checked.get(number), partial(BreakpointMark, number, breakpoint.line)
        if not breakpoint.is_enabled:
            return mark(BreakpointLook.DISABLED, _("Disabled breakpoint"))
        if checked is not None and checked.problem:
            if checked.is_set:
                return mark(BreakpointLook.FAILED, _("The function stops for an error:"), checked.problem)
            return mark(BreakpointLook.UNVERIFIED, _("The function does not stop here:"), checked.problem)
        if breakpoint.log_message:
            return mark(BreakpointLook.LOG, _("Logpoint: writes this to the log:"), breakpoint.log_message)
        if breakpoint.condition:
            title = _("Breakpoint: stops where this is true:")
            return mark(BreakpointLook.CONDITIONAL, title, breakpoint.condition)
        if breakpoint.hit_count:
            return mark(BreakpointLook.CONDITIONAL, _("Breakpoint: stops at this hit:"), breakpoint.hit_count)
        return mark(BreakpointLook.PLAIN, _("Breakpoint: Debug Locally stops here."))

    def _moved(self, uri: str, lines: Mapping[int, int]) -> None:
        if not (path := self.path_of(uri)):
            return
        before = dict(self.of(path))
        after = {number: replace(each, line=lines.get(number, each.line)) for number, each in before.items()}
        if after != before:
            self._found[path] = after
            self._keep()


class BreakpointDialog(Dialog):
    """Asks when a function stops at a line, or what it writes to the log.

    Args:
        path: The file.
        breakpoint: As it is, or as a new one begins.
        parent: The window.

    Signals:
        chosen: The Breakpoint.
    """

    chosen = Signal(object)

    def __init__(self, path: str, breakpoint: Breakpoint, parent: QWidget) -> None:
        super().__init__("breakpointDialog", "", parent)
        self.set_title(_("Breakpoint in {path}, Line {line}").format(path=path, line=breakpoint.line))
        self._breakpoint = breakpoint
        self.condition = _field("breakpointCondition", breakpoint.condition, 'event["id"] == 7')
        self.hit_count = _field("breakpointHitCount", breakpoint.hit_count, ">= 5")
        self.log_message = _field("breakpointLog", breakpoint.log_message, "id is {event['id']}")
        form = Form(spacing=8)
        form.add(
            self.condition,
            _("Condition"),
            hint=_("A Python expression. The function stops only where it is true."),
        )
        form.add(
            self.hit_count,
            _("Hit count"),
            hint=_("5, >= 5, or % 5 for every fifth time. Counts from the start of the run."),
        )
        form.add(
            self.log_message,
            _("Log message"),
            hint=_("Written to the log instead of stopping. Expressions in braces become their values."),
        )
        self.content.addWidget(form)
        self.finish_layout()
        cancel = self.add_button("breakpointCancel", _("Cancel"))
        self.set_button = self.add_button("breakpointSet", _("Set Breakpoint"), "primary")
        cancel.clicked.connect(self.reject)
        self.set_button.clicked.connect(self._choose)
        for field in (self.condition, self.hit_count, self.log_message):
            field.textChanged.connect(self._check)

    @property
    def _wanted(self) -> Breakpoint:
        return replace(
            self._breakpoint,
            condition=self.condition.text().strip(),
            hit_count=self.hit_count.text().strip(),
            log_message=self.log_message.text(),
            is_enabled=True,
        )

    def _check(self) -> None:
        self.set_message(self._wanted.problem(), "danger")

    def _choose(self) -> None:
        if self._wanted.problem():
            self._check()
            return
        self.chosen.emit(self._wanted)
        self.accept()


def _field(name: str, text: str, example: str) -> QLineEdit:
    field = named(PlainLine(text), name)
    field.setPlaceholderText(example)
    return field


class BreakpointEditing(QObject):
    """What the user does to breakpoints: by keys at the cursor, by the mouse in the margin.

    Args:
        store: Where they are.
        code: The tab.
        window: The parent of the dialog and the menu.
    """

    def __init__(self, store: BreakpointStore, code: CodePage, window: QWidget) -> None:
        super().__init__(store)
        self._store, self._window = store, window
        marks = code.files.editor.debug
        marks.clicked.connect(self._clicked)
        marks.menu_wanted.connect(self._show_menu)

    def toggle(self) -> None:
        """Sets or removes one at the cursor."""
        path, line = self._store.place_of_cursor()
        if path:
            self._store.toggle(path, line)

    def edit(self) -> None:
        """Asks for the conditions of the one at the cursor, or of a new one."""
        path, line = self._store.place_of_cursor()
        if path:
            self._ask(path, line)

    def switch(self) -> None:
        """Disables the one at the cursor, or enables it again."""
        path, line = self._store.place_of_cursor()
        if number := self._store.at(path, line):
            self._switch(path, number)

    def _clicked(self, uri: str, line: int) -> None:
        if path := self._store.path_of(uri):
            self._store.toggle(path, line)

    def _switch(self, path: str, number: int) -> None:
        found = self._store.of(path)[number]
        self._store.put(path, replace(found, is_enabled=not found.is_enabled), number)

    def _ask(self, path: str, line: int, *, logs: bool = False) -> None:
        number = self._store.at(path, line)
        found = self._store.of(path).get(number, Breakpoint(line))
        dialog = BreakpointDialog(path, found, self._window)
        dialog.chosen.connect(lambda chosen: self._store.put(path, chosen, number))
        (dialog.log_message if logs else dialog.condition).setFocus()
        dialog.open()

    def _show_menu(self, uri: str, line: int, point: QPoint) -> None:
        path = self._store.path_of(uri)
        if not path:
            return
        menu = named(PlainMenu(self._window), "breakpointMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def add(title: str, do: Callable[[], object]) -> None:
            menu.addAction(title).triggered.connect(lambda: do())

        number = self._store.at(path, line)
        if number:
            is_enabled = self._store.of(path)[number].is_enabled
            add(_("Edit Breakpoint…"), lambda: self._ask(path, line))
            title = _("Disable Breakpoint") if is_enabled else _("Enable Breakpoint")
            add(title, lambda: self._switch(path, number))
            add(_("Remove Breakpoint"), lambda: self._store.remove(path, number))
        else:
            add(_("Add Breakpoint"), lambda: self._store.toggle(path, line))
            add(_("Add Conditional Breakpoint…"), lambda: self._ask(path, line))
            add(_("Add Logpoint…"), lambda: self._ask(path, line, logs=True))
        if any(self._store.all().values()):
            menu.addSeparator()
            add(_("Remove All Breakpoints"), self._store.remove_all)
        menu.popup(point)

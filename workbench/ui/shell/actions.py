"""Everything that can be done, once, one QAction each: from the table, and what features add to it.

Menus, toolbar, context menus, the command palette, the shortcut sheet and error remedies are made from it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from workbench.core.messages import _
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import tool_tip


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    Attributes:
        id: Stable name, "room.verb"; also the QAction's objectName.
        title: Text for people.
        shortcut: Portable key text, empty for none.
        icon: Name of a drawing in resources/icons.
        when: What must be there for it to make sense: "" (always), "connected", "function",
            "image" (it runs a container image), "merged" (a merge can be taken back),
            "conflict" (other code is deployed than the open code was made from), "creation" (a crash left a
            function that is half made), "deletion" (or half deleted), "compared" (two texts stand side by
            side), "revertible" (and one of them can be changed), "locked" (all is hidden); or an action's
            own id, for what its part switches itself.
        begins_group: Whether a line is drawn above it in its menu.
        submenu: Title of its submenu; empty for none.
        only_when_enabled: Whether menus show it only while it is enabled: what was interrupted, say.
        terms: Other words by which the command palette finds it, parted by commas.
        yields: A situation in which the shortcut belongs to another action; empty for none.
    """

    id: str
    title: str
    shortcut: str = ""
    icon: str = ""
    when: str = ""
    begins_group: bool = False
    submenu: str = ""
    only_when_enabled: bool = False
    terms: str = ""
    yields: str = ""


def in_submenu(title: str, *specs: ActionSpec) -> tuple[ActionSpec, ...]:
    """The actions, in a submenu with this title."""
    return tuple(replace(spec, submenu=title) for spec in specs)


MENUS: dict[str, tuple[ActionSpec, ...]] = {
    _("&File"): (
        ActionSpec("file.open_project", _("Open Project…"), icon="folder-open", when="connected"),
        ActionSpec("app.quit", _("Quit"), "Ctrl+Q", begins_group=True, terms=_("exit, close")),
    ),
    _("&Edit"): (),
    _("&Go"): (),
    _("&Code"): (),
    _("F&unction"): (
        ActionSpec(
            "function.new",
            _("New Function…"),
            "Alt+Shift+N",
            "file-plus",
            "connected",
            terms=_("create, add"),
        ),
        ActionSpec(
            "function.deploy",
            _("Deploy"),
            "Ctrl+Shift+D",
            "rocket",
            "function",
            begins_group=True,
            submenu=_("Deploy"),
            terms=_("upload, publish code, update code"),
        ),
        ActionSpec(
            "function.invoke",
            _("Invoke"),
            "Ctrl+Shift+I",
            "play",
            "function",
            submenu=_("Run and Debug"),
            terms=_("run, test, execute, call"),
        ),
    ),
    _("&Metrics"): (),
    _("&View"): (
        ActionSpec("view.palette", _("Command Palette"), "Ctrl+Shift+P", "terminal", terms=_("commands")),
        ActionSpec("view.code", _("Code"), "Alt+1", when="function", begins_group=True),
        ActionSpec(
            "view.configuration", _("Configuration"), "Alt+2", when="function", terms=_("function settings")
        ),
        ActionSpec("view.triggers", _("Triggers"), "Alt+3", when="function"),
        ActionSpec("view.test", _("Test"), "Alt+4", when="function", terms=_("event, payload")),
        ActionSpec("view.logs", _("Logs"), "Alt+5", when="function", terms=_("CloudWatch, output")),
        ActionSpec(
            "view.metrics",
            _("Metrics"),
            "Alt+6",
            when="function",
            terms=_("charts, errors, duration, monitoring"),
        ),
        ActionSpec("view.versions", _("Versions"), "Alt+7", when="function"),
        ActionSpec("view.problems", _("Problems"), "Alt+9"),
        ActionSpec("view.activity", _("Activity"), "Alt+0", "activity", terms=_("API calls, jobs")),
        ActionSpec("view.next_pane", _("Go to Next Pane"), "F6", begins_group=True),
        ActionSpec("view.previous_pane", _("Go to Previous Pane"), "Shift+F6"),
        ActionSpec("view.newest_message", _("Go to Newest Message"), "Ctrl+Shift+J"),
        ActionSpec(
            "view.hide_functions", _("Show or Hide Function List"), "Ctrl+B", "panel-left", begins_group=True
        ),
        ActionSpec("view.hide_bottom", _("Show or Hide Bottom Panel"), "Ctrl+J", "panel-bottom"),
    ),
    _("&Profile"): (
        ActionSpec("profile.choose", _("Choose Profile"), icon="users", terms=_("switch account")),
        ActionSpec("profile.choose_region", _("Choose Region"), icon="globe", terms=_("switch region")),
        ActionSpec(
            "profile.manage",
            _("AWS Profiles…"),
            "Alt+Shift+P",
            "users",
            begins_group=True,
            terms=_("credentials, accounts, SSO"),
        ),
        ActionSpec("profile.reload", _("Reload Profiles"), icon="users"),
        ActionSpec("connection.retry", _("Connect Again"), icon="plug", begins_group=True),
        ActionSpec("profile.sign_in", _("Sign In…"), icon="log-in", terms=_("log in, SSO, MFA")),
        ActionSpec("profile.confirm_account", _("Confirm Account…"), icon="shield", begins_group=True),
        ActionSpec("profile.trust_endpoint", _("Allow Endpoint…"), icon="globe-lock"),
        ActionSpec("profile.trust_process", _("Allow Credential Process…"), icon="terminal"),
    ),
    _("&Sandbox"): (),
    _("&Help"): (),
}
"""Menu title to its first actions, both in the order that users see: what the first painting shows, before
there are features, and what the window itself does. Everything else is added by its feature."""


class ActionRegistry(QObject):
    """Makes the QActions, switches them with the situation, and finds them by id.

    Signals:
        added: An action was added; its id.
    """

    added = Signal(str)

    def __init__(
        self, parent: QObject, icons: Icons, table: Mapping[str, tuple[ActionSpec, ...]] = MENUS
    ) -> None:
        super().__init__(parent)
        self._icons = icons
        self._table = {menu: list(specs) for menu, specs in table.items()}
        self._menu_of = {spec.id: menu for menu, specs in table.items() for spec in specs}
        self.specs = {spec.id: spec for specs in table.values() for spec in specs}
        self._actions: dict[str, QAction] = {}
        self._handlers: dict[str, Callable[[], object]] = {}
        self._situation: frozenset[str] = frozenset()
        self._locked = False
        self._forbidden: dict[str, str] = {}  # action id to the reason
        for spec in self.specs.values():
            self._make(spec)
        self._switch(*self._actions)

    def _make(self, spec: ActionSpec) -> None:
        action = QAction(spec.title, self)
        action.setObjectName(spec.id)
        action.setIconText(spec.title)  # shown by tool buttons; Qt would drop the ellipsis
        if spec.shortcut:
            action.setShortcut(QKeySequence(spec.shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setToolTip(tool_tip(_tool_tip(action.text(), action)))
        action.triggered.connect(lambda _checked=False, name=spec.id: self._run(name))
        self._actions[spec.id] = action

    def with_handlers(
        self, handlers: Mapping[str, Callable[[], object]], parent: QObject
    ) -> "ActionRegistry":
        """Some of the actions for another window: what they do there, without shortcuts and conditions."""
        specs = [spec for menu in self._table.values() for spec in menu if spec.id in handlers]
        table = {"": tuple(replace(spec, shortcut="", when="") for spec in specs)}
        registry = ActionRegistry(parent, self._icons, table)
        for name, handler in handlers.items():
            registry.bind(name, handler)
        return registry

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __contains__(self, name: str) -> bool:
        return name in self._actions

    def all(self) -> list[QAction]:
        """Every action, in the table's order."""
        return list(self._actions.values())

    def draw_icon(self, name: str) -> None:
        """Gives an action its icon. Not all at once at the start: most show in closed menus only."""
        if icon := self.specs[name].icon:
            self._icons.attach(self._actions[name], icon)

    def draw_icons(self) -> None:
        """Gives every action its icon."""
        for name in self.specs:
            self.draw_icon(name)

    def add(self, spec: ActionSpec, handler: Callable[[], object], after: str) -> QAction:
        """Adds an action to a menu.

        Args:
            spec: The action.
            handler: What it does.
            after: The id of the action that stands before it; a menu's title for the first place in it.
        """
        menu = self._menu_of.get(after, after)
        specs = self._table[menu]
        specs.insert(next((n for n, each in enumerate(specs, 1) if each.id == after), 0), spec)
        self._menu_of[spec.id] = menu
        self.specs[spec.id] = spec
        self._make(spec)
        self.draw_icon(spec.id)
        self.retitle(spec.id)
        self.bind(spec.id, handler)
        self.added.emit(spec.id)
        return self[spec.id]

    def bind(self, name: str, handler: Callable[[], object]) -> None:
        """Says what an action does. Unbound actions are disabled."""
        self._handlers[name] = handler
        self._switch(name)

    def retitle(self, name: str, title: str = "") -> None:
        """Gives an action other words ("Deploy to 123456789012") wherever it is shown; empty for its own."""
        action, reason = self._actions[name], self._forbidden.get(name, "")
        title = title or self.specs[name].title
        action.setText(f"{title} – {reason}" if reason else title)
        action.setIconText(title)  # buttons have no room for the reason
        tip = "\n".join(part for part in (_tool_tip(title, action), reason) if part)
        action.setToolTip(tool_tip(tip))

    def forbid(self, name: str, reason: str) -> None:
        """Switches an action off; the reason shows in menus, the shortcut sheet and tool tips.

        It may be one that is added later. An empty reason allows it again.
        """
        if reason == self.forbidden(name):
            return
        self._forbidden[name] = reason
        if name in self._actions:
            self.retitle(name)
            self._switch(name)

    def forbidden(self, name: str) -> str:
        """Why an action is switched off; empty when it is not."""
        return self._forbidden.get(name, "")

    def set_situation(self, situation: Iterable[str]) -> None:
        """Says what is there ("connected", "function", "conflict"); actions enable themselves by it."""
        before, self._situation = self._situation, frozenset(situation)
        changed = before ^ self._situation
        if changed:
            self._switch(*(name for name, spec in self.specs.items() if {spec.when, spec.yields} & changed))

    def set_there(self, name: str, *, there: bool) -> None:
        """Says of one thing whether it is there; see `set_situation`."""
        self.set_situation(self._situation | {name} if there else self._situation - {name})

    def set_locked(self, *, locked: bool) -> None:
        """While the window is locked nothing can be done but to unlock it, or to quit."""
        self._locked = locked
        self._switch(*self._actions)

    def menus(self) -> dict[str, list[QAction]]:
        """Menu title to its actions, both in the table's order."""
        return {title: [self[spec.id] for spec in specs] for title, specs in self._table.items()}

    def place_of(self, name: str) -> tuple[str, QAction | None]:
        """The title of an action's menu, and the action before it there; None for the first."""
        menu = self._menu_of[name]
        previous: QAction | None = None
        for spec in self._table[menu]:
            if spec.id == name:
                break
            previous = self[spec.id]
        return menu, previous

    def _run(self, name: str) -> None:
        self._handlers[name]()

    def _switch(self, *names: str) -> None:
        for name in names:
            action, when = self._actions[name], self.specs[name].when
            if self._locked:
                makes_sense = when == "locked" or name == "app.quit"
            else:
                makes_sense = not when or when in self._situation
            is_enabled = name in self._handlers and makes_sense and not self.forbidden(name)
            if (spec := self.specs[name]).yields:
                action.setShortcut(QKeySequence("" if spec.yields in self._situation else spec.shortcut))
            action.setEnabled(is_enabled)
            if self.specs[name].only_when_enabled:
                action.setVisible(is_enabled)


def _tool_tip(title: str, action: QAction) -> str:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{title} ({keys})" if keys else title

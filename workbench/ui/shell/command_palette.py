"""The command palette: everything that can be done, found by a few letters; and the words it is found by."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from workbench.core.messages import _, language
from workbench.core.settings import Settings
from workbench.functions.configuration import setting_name
from workbench.functions.model import FunctionDetail
from workbench.functions.settings import has_setting, sections
from workbench.ui.kit.quick_pick import Pick, PickTexts, QuickPick
from workbench.ui.shell.actions import ActionRegistry


@dataclass(frozen=True, slots=True)
class Command:
    """An action in words: its title and menu without mnemonics, its keys as this platform writes them."""

    action: QAction
    title: str
    menu: str
    keys: str


def commands(actions: ActionRegistry) -> tuple[Command, ...]:
    """Every action, enabled or not, in the table's order."""
    return tuple(
        Command(
            action,
            without_mnemonic(action.text()),
            without_mnemonic(menu),
            action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
        )
        for menu, entries in actions.menus().items()
        for action in entries
    )


def without_mnemonic(text: str) -> str:
    """The text without the mark of its access key: "&File" and "ファイル(&F)" lose it, "&&" is a real "&"."""
    return re.sub(r"\(&\w\)|&(.)", r"\1", text)


SETTING, CONFIGURATION = "setting:", "configuration:"
"""Beginnings of the ids of rows: a field of the settings dialog, a setting of the open function."""


def preference_rows() -> list[Pick]:
    """The fields of the settings dialog, by the names of their widgets."""
    rows = (
        ("theme", _("Theme"), _("dark, light, appearance")),
        ("font", _("Font"), _("typeface")),
        (
            "textSize",
            _("Text size"),
            _("zoom, larger"),
        ),
        ("language", _("Language"), _("translation, Japanese, 日本語")),
        ("fontSize", _("Font size"), _("text size, zoom")),
        ("tabSize", _("Tab width"), _("indentation")),
        ("wordWrap", _("Wrap long lines"), _("word wrap")),
        ("minimap", _("Minimap"), _("overview")),
        (
            "whitespace",
            _("Show spaces and tabs"),
            _("blank"),
        ),
        ("formatOnSave", _("Format when saving"), _("ruff")),
        ("metricsRefresh", _("Refresh metrics"), _("interval")),
        ("sparklines", _("Sparklines"), _("list charts")),
        (
            "ledgerSize",
            _("Keep invocations"),
            _("history size"),
        ),
        ("idleLock", _("Lock after"), _("idle, timeout")),
        ("sandboxStart", _("Start the Sandbox"), ""),
        (
            "sandboxStates",
            _("Sandbox states"),
            _("pending, speed"),
        ),
        (
            "localUnfenced",
            _("Run local code without isolation"),
            _("isolation"),
        ),
    )
    detail = _("Settings")
    return [Pick(SETTING + name, title, detail, also=terms) for name, title, terms in rows]


def configuration_rows(detail: FunctionDetail) -> list[Pick]:
    """The settings that such a function has, by their attributes."""
    terms = {
        "environment": _("env, variables"),
        "dead_letter_arn": _("dead letter, DLQ"),
        "role_arn": _("IAM, permissions"),
        "memory_mb": _("RAM, CPU"),
        "timeout_s": _("time limit"),
        "ephemeral_storage_mb": _("disk, tmp"),
        "snap_start": _("cold start"),
        "provisioned": _("cold start, warm"),
        "reserved_concurrency": _("throttle, limit"),
        "subnet_ids": _("VPC, network"),
        "security_group_ids": _("VPC, network, firewall"),
        "file_systems": _("EFS, mount"),
        "tracing": _("X-Ray, traces"),
        "kms_key_arn": _("encryption"),
    }
    tab = _("Configuration")
    return [
        Pick(CONFIGURATION + name, setting_name(name), tab, also=terms.get(name, ""))
        for section in sections()
        for name in section.settings
        if has_setting(detail, name)
    ]


_RECENT = "palette.recent"
_MOST_RECENT = 8
_ITSELF = "view.palette"


class CommandPalette(QuickPick):
    """Shows the actions and settings, those used lately first, and runs or opens the one that is chosen.

    Args:
        actions: What there is to run.
        window: The window it lies over.
        settings: Where the recently used commands are kept; without it they last as long as the palette.
        open_preference: Opens the settings dialog at the field with this name; else there are no settings.
        open_configuration: Opens the function's configuration at the setting with this name; the same.
        function: The open function, whose settings are offered.
    """

    def __init__(
        self,
        actions: ActionRegistry,
        window: QWidget,
        settings: Settings | None = None,
        open_preference: Callable[[str], object] | None = None,
        open_configuration: Callable[[str], object] | None = None,
        function: Callable[[], FunctionDetail | None] = lambda: None,
    ) -> None:
        texts = PickTexts(
            _("Command palette"),
            _("Command"),
            _("Commands"),
            _("Type a command or setting"),
            _("No commands match “{query}”."),
        )
        super().__init__(window, "palette", texts, self._run)
        self._actions = actions
        self._settings = settings
        recent: list[object] = settings.get(_RECENT, []) if settings else []
        self._recent = [name for name in recent if isinstance(name, str)]
        self._function = function
        openers = {SETTING: open_preference, CONFIGURATION: open_configuration}
        self._openers = {beginning: opener for beginning, opener in openers.items() if opener is not None}

    def open(self) -> None:
        """Shows the commands that can be run now; called again, goes away."""
        if self.isVisible():
            self.dismiss()
            return
        order = {name: number for number, name in enumerate(self._recent)}
        picks = [
            Pick(
                name,
                command.title,
                command.menu,
                command.keys,
                ", ".join(filter(None, (self._actions.specs[name].terms, _english(name)))),
            )
            for command in commands(self._actions)
            if command.action.isEnabled() and (name := command.action.objectName()) != _ITSELF
        ]
        if SETTING in self._openers and self._actions["app.settings"].isEnabled():
            picks += preference_rows()
        detail = self._function()
        if CONFIGURATION in self._openers and detail is not None:
            picks += configuration_rows(detail)
        self.show_picks(sorted(picks, key=lambda pick: order.get(pick.id, len(order))))

    def _run(self, name: str) -> None:
        self._recent = [name, *(other for other in self._recent if other != name)][:_MOST_RECENT]
        if self._settings is not None:
            self._settings.set(_RECENT, self._recent)  # not worth a message when it cannot be saved
        beginning, colon, rest = name.partition(":")
        if colon:
            self._openers[beginning + colon](rest)
        else:
            self._actions[name].trigger()


def _english(action: str) -> str:
    """The words of an action's id: who knows its English name finds it in any language."""
    return "" if language() == "en" else action.partition(".")[2].replace("_", " ")

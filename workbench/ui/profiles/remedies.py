"""The buttons of this window's messages.

They are about the profile that was checked here, while the same actions in the main window are about the one
that the program acts as.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QObject

from workbench.ui.action_table import MENUS
from workbench.ui.actions import ActionRegistry
from workbench.ui.icons import Icons

ELSEWHERE = ("profile.sign_in", "profile.trust_endpoint", "profile.trust_process")
"""What other parts of the program do for any profile."""


def remedies(icons: Icons, handlers: Mapping[str, Callable[[], object]], parent: QObject) -> ActionRegistry:
    """A registry of the window's own, with the words of the program's table and these handlers."""
    specs = (spec for menu in MENUS.values() for spec in menu if spec.id in handlers)
    table = {"": tuple(replace(spec, shortcut="", when="") for spec in specs)}
    registry = ActionRegistry(parent, icons, table)
    for spec in table[""]:
        registry.bind(spec.id, handlers[spec.id])
    return registry

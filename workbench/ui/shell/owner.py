"""Who else manages a function, and the question before code is deployed to it."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
from workbench.functions.model import FunctionDetail, Owner, Tool, owner_of
from workbench.ui.kit.dialog import Question

_ONLY_TAGS = (Tool.TERRAFORM, Tool.PULUMI)
"""Tools without resources of their own in AWS: only tags identify them."""
_LONGEST_NAME = 40  # characters; the tool tip has all of it


def owner_title(owner: Owner) -> str:
    """For a badge: the tool and the name of the stack or project, shortened."""
    name = owner.name if len(owner.name) <= _LONGEST_NAME else f"{owner.name[:_LONGEST_NAME]}…"
    return " · ".join(filter(None, (owner.tool.value, name)))


def owner_warning(detail: FunctionDetail) -> str:
    """The warning before a function is changed here; empty without a known owner."""
    owner = owner_of(detail)
    if owner is None:
        return ""
    if not owner.name:
        named = _("Managed by {tool}, according to its tags.")
    elif owner.tool in _ONLY_TAGS:
        named = _("Managed by {tool}, according to its tags ({name}).")
    else:
        named = _("Managed by {tool} ({name}).")
    words = named.format(tool=owner.tool.value, name=owner.name)
    again = _("Its next deployment may overwrite changes made here. Change its source as well.")
    return f"{words} {again}"


def owner_tip(owner: Owner) -> str:
    """What the tags contain, a line each."""
    facts = (
        (_("Created with {value}"), owner.tool.value),
        (_("Stack or project: {value}"), owner.name),
        (_("Logical ID: {value}"), owner.logical_id),
        (_("Stage: {value}"), owner.stage),
    )
    return "\n".join(text.format(value=value) for text, value in facts if value)


class OwnerQuestion(QObject):
    """Remembers the yes for each function until the program ends: the user deploys many times an hour."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._agreed: set[str] = set()  # ARNs

    def ask(self, detail: FunctionDetail, then: Callable[[], object]) -> None:
        """Calls `then`: at once if nothing else manages the function, otherwise once the user agrees."""
        words = owner_warning(detail)
        if not words or detail.function_arn in self._agreed:
            then()
            return

        def agreed() -> None:
            self._agreed.add(detail.function_arn)
            then()

        title = _("Deploy {function_name}").format(function_name=detail.function_name)
        Question("deployOwner", title, words, _("Deploy Anyway"), self._window).ask(agreed)

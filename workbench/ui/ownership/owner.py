"""Who else manages a function, and the question before code is deployed to it."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QWidget

from workbench.functions.model import FunctionDetail
from workbench.functions.ownership import Owner, Tool, owner_of
from workbench.ui.safety.confirm import Question

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
    translate = QCoreApplication.translate
    if not owner.name:
        named = translate("Ownership", "Managed by %1, according to its tags.")
    elif owner.tool in _ONLY_TAGS:
        named = translate("Ownership", "Managed by %1, according to its tags (%2).")
    else:
        named = translate("Ownership", "Managed by %1 (%2).")
    words = named.replace("%1", owner.tool.value).replace("%2", owner.name)
    again = translate(
        "Ownership", "Its next deployment may overwrite changes made here. Change its source as well."
    )
    return f"{words} {again}"


def owner_tip(owner: Owner) -> str:
    """What the tags contain, a line each."""
    translate = QCoreApplication.translate
    facts = (
        (translate("Ownership", "Created with %1"), owner.tool.value),
        (translate("Ownership", "Stack or project: %1"), owner.name),
        (translate("Ownership", "Logical ID: %1"), owner.logical_id),
        (translate("Ownership", "Stage: %1"), owner.stage),
    )
    return "\n".join(text.replace("%1", value) for text, value in facts if value)


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

        title = self.tr("Deploy %1").replace("%1", detail.function_name)
        Question("deployOwner", title, words, self.tr("Deploy Anyway"), self._window).ask(agreed)

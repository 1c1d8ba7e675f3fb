"""Who else manages a function, in words. Dialogs that change a function show `owner_warning`."""

from PySide6.QtCore import QCoreApplication

from workbench.functions.model import FunctionDetail
from workbench.functions.ownership import Owner, Tool, owner_of

_ONLY_TAGS = (Tool.TERRAFORM, Tool.PULUMI)
"""Tools that have nothing of their own in AWS: only tags tell of them."""
_LONGEST_NAME = 40  # characters; the whole stands in the tool tip


def owner_title(owner: Owner) -> str:
    """For a badge: the tool, and what it calls the stack or the project, which may be long."""
    name = owner.name if len(owner.name) <= _LONGEST_NAME else f"{owner.name[:_LONGEST_NAME]}…"
    return " · ".join(filter(None, (owner.tool.value, name)))


def owner_warning(detail: FunctionDetail) -> str:
    """What to know before a function is changed here; empty when nothing is known of an owner."""
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
    """All that the tags say, a line each."""
    translate = QCoreApplication.translate
    facts = (
        (translate("Ownership", "Created with %1"), owner.tool.value),
        (translate("Ownership", "Stack or project: %1"), owner.name),
        (translate("Ownership", "Logical ID: %1"), owner.logical_id),
        (translate("Ownership", "Stage: %1"), owner.stage),
    )
    return "\n".join(text.replace("%1", value) for text, value in facts if value)

"""What is said of one action. The table of all is in action_table.py."""

from dataclasses import dataclass, replace


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


def in_submenu(title: str, *specs: ActionSpec) -> tuple[ActionSpec, ...]:
    """The actions, in a submenu with this title."""
    return tuple(replace(spec, submenu=title) for spec in specs)

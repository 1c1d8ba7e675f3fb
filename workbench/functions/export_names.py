"""Names that templates take, made of names that people gave. Pure."""

import re
from collections.abc import Iterable, Sequence

from workbench.functions.ownership import owner_tags


def logical_id(name: str, ending: str = "") -> str:
    """A name of letters and digits ("orders-api" -> "OrdersApi"); the first is a letter."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[0].upper() + word[1:] for word in words) + ending
    return joined if joined[:1].isalpha() else f"X{joined}"


def logical_ids(names: Iterable[str], beginning: str) -> dict[str, str]:
    """One for each name, no two the same."""
    found: dict[str, str] = {}
    for name in names:
        base = logical_id(f"{beginning}-{name}")
        number, made = 1, base
        while made in found.values():
            number += 1
            made = f"{base}{number}"
        found[name] = made
    return found


def own_tags(tags: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The tags that a person may set: those of AWS and of the tool that made the function are its own."""
    foreign = {*owner_tags(dict(tags)), "STAGE"}
    return {name: value for name, value in tags if name not in foreign and not name.startswith("aws:")}

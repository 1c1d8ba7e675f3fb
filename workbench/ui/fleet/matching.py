"""Finding functions by what is typed: the name as in every search of the program, the rest by its words.

Owns: what of a function is looked at, and what comes first. 10,000 rows must take less than 30 ms a key.
"""

from collections.abc import Sequence

from workbench.functions.fleet import FleetRow
from workbench.ui.fuzzy import rank


def searched_text(row: FleetRow) -> str:
    """All that a word may stand in, in small letters. Of environment variables only the names are known."""
    function = row.function
    tags = (f"{name}={value}" for name, value in function.tags)
    return "\n".join(
        (
            function.function_name,
            function.description,
            function.runtime,
            function.handler,
            *tags,
            *function.environment_names,
        )
    ).lower()


def matching(query: str, names: Sequence[str], texts: Sequence[str]) -> list[int]:
    """The numbers of the rows that match, best first.

    First those whose name has the query in one piece, then those that have all its words anywhere, then those
    whose name has its letters in order: a name of many letters has any few of them.

    Args:
        query: What was typed.
        names: The functions' names.
        texts: Their `searched_text`, as many.
    """
    words = query.lower().split()
    if not words:
        return list(range(len(names)))
    piece = query.strip().lower()
    if len(piece) == 1:  # in one piece or not at all: only where it stands makes a difference
        first = [number for number, name in enumerate(names) if name[:1].lower() == piece]
        found = set(first)
        return first + [number for number, text in enumerate(texts) if piece in text and number not in found]
    ranked = rank(query, names)
    first = [number for number in ranked if piece in names[number].lower()]
    found = set(first)
    if len(words) == 1:
        (word,) = words
        holding = [number for number, text in enumerate(texts) if word in text]
    else:
        holding = [number for number, text in enumerate(texts) if all(word in text for word in words)]
    first += [number for number in holding if number not in found]
    found.update(holding)
    return first + [number for number in ranked if number not in found]

"""Finding functions by what is typed: the name as in every search of the program, the rest by its words.

10,000 rows must take less than 30 ms a key.
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
    if len(words) == 1:
        holding = [number for number, text in enumerate(texts) if piece in text]
    else:
        holding = [number for number, text in enumerate(texts) if all(word in text for word in words)]
    held = set(holding)
    named = [number for number in holding if piece in names[number].lower()]
    # Only what needs an order, or is not found yet, is looked at letter by letter.
    if len(piece) == 1:  # in one piece or not at all: only where it stands makes a difference
        named.sort(key=lambda number: names[number][0].lower() != piece)
        scattered: list[int] = []
    else:
        named = _ranked(query, named, names)
        rest = [number for number in range(len(names)) if number not in held]
        scattered = _ranked(query, rest, names)
    first = set(named)
    return named + [number for number in holding if number not in first] + scattered


def _ranked(query: str, numbers: Sequence[int], names: Sequence[str]) -> list[int]:
    return [numbers[place] for place in rank(query, [names[number] for number in numbers])]

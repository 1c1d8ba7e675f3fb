"""Finding rows by a few letters typed: "gc" finds get-config and GetConfig.

10,000 rows must take less than 30 ms a key, so a row costs a few str methods and regular expressions and no
loop over its letters. The expressions never backtrack (possessive and atomic groups): no query can make them
slow.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

# What a match is worth, before where it stands and how long it is are taken off (at most 99 each).
_WHOLE, _PREFIX, _WORD, _WORD_STARTS, _INSIDE, _SCATTERED = 1500, 1250, 1000, 750, 500, 250

_MANY = 2_000
"""Of more matches only those with letters at the start of words come first: to compare all takes too long."""

_Find = Callable[[str], re.Match[str] | None]


@dataclass(frozen=True, slots=True)
class _Query:
    """A query made ready: as it stands, and its letters as two expressions with a group for each letter."""

    text: str
    scattered: _Find
    word_starts: _Find


def rank(query: str, texts: Sequence[str]) -> list[int]:
    """The numbers of the texts that contain the query's letters in order, best match first.

    Best is the query in one piece at the start of the text, then of a word; then letters that begin words or
    follow each other; then one piece inside a word; then letters anywhere. Case and spaces do not matter.
    Equals keep their order, and an empty query matches everything.
    """
    if not query.strip():
        return list(range(len(texts)))
    ready = _ready(query)
    scattered = ready.scattered
    having = [
        (number, text, match)
        for number, text in enumerate(texts)
        # Letters that are not ASCII may become two when they are small.
        if (match := scattered(text)) is not None or not text.isascii()
    ]
    if len(having) > _MANY:
        starting = [number for number, text, _match in having if ready.word_starts(text) is not None]
        first = set(starting)
        return starting + [number for number, _text, match in having if match and number not in first]
    scores = [(-score, number) for number, text, match in having if (score := _score(ready, text, match))]
    scores.sort()
    return [number for _, number in scores]


def positions(query: str, text: str) -> tuple[int, ...]:
    """Which characters of a text to show as matched, ascending; empty when it does not match."""
    if not query.strip():
        return ()
    ready = _ready(query)
    start, worth = _find_piece(ready.text, text)
    match = None if worth >= _WORD else ready.word_starts(text)
    if match is None and start >= 0:
        return tuple(range(start, start + len(ready.text)))
    match = match or ready.scattered(text)
    return tuple(match.start(group) for group in range(1, len(match.regs))) if match else ()


def _score(query: _Query, text: str, match: re.Match[str] | None) -> int:
    """What the match is worth; 0 when it is none. `match` is that of its letters in order."""
    start, worth = _find_piece(query.text, text)
    if worth >= _WORD:
        return worth - min(start, 99) - min(len(text), 99)
    if match is None:
        return 0
    words = query.word_starts(text)
    if words is None and start >= 0:
        return worth - min(start, 99) - min(len(text), 99)
    match, worth = (words, _WORD_STARTS) if words else (match, _SCATTERED)
    start = match.start(1)
    return worth - min(start, 99) - min(match.end() - start, 99)


def _find_piece(piece: str, text: str) -> tuple[int, int]:
    """Where the query stands in one piece, at the start of a word if it can, and what that is worth."""
    lower = text.lower()
    first = start = lower.find(piece)
    if start < 0:
        return -1, 0
    if start == 0:
        return 0, _WHOLE if len(piece) == len(lower) else _PREFIX
    while start >= 0:
        before, letter = text[start - 1 : start], text[start : start + 1]
        if not before.isalnum() or (letter.isupper() and not before.isupper()):
            return start, _WORD
        start = lower.find(piece, start + 1)
    return first, _INSIDE


@lru_cache(maxsize=8)
def _ready(query: str) -> _Query:
    scattered, word_starts = "", ""
    for letter in "".join(query.split()):
        small, capital = re.escape(letter.lower()), re.escape(letter.upper())
        either = small if small == capital else small + capital
        # Not at a word's start: a small letter after a letter or digit, a capital after a capital.
        within = rf"(?<=[^\W_])[{small}]" + ("" if either == small else f"|(?<=[A-Z])[{capital}]")
        skip = f"(?:[^{either}]++|{within})*+"
        scattered += f"[^{either}]*+([{either}])"
        word_starts += f"(?>(?=[{either}])|{skip})([{either}])" if word_starts else f"{skip}([{either}])"
    return _Query(query.strip().lower(), re.compile(scattered).match, re.compile(word_starts).match)

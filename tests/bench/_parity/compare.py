"""Whether two refusals are the same: the code and the text, with what differs from run to run left out.

Left out: what stands in <angle brackets>, account numbers, Regions, UUIDs, generated names. The members of
"enum value set: [...]" may come in another order, and there may be more of them than were recorded: AWS has
added some since. Several validation errors may come in another order.
"""

import re

from tests.bench._parity.corpus import Refusal

_ANYTHING = "\0"
_PLACEHOLDER = re.compile(r"<[a-zA-Z][^<>]{0,60}>")
_VOLATILE = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), _ANYTHING),
    (re.compile(r"\barn:aws[a-z-]*:"), "arn:" + _ANYTHING + ":"),
    (re.compile(r"\b\d{12}\b"), _ANYTHING),
    (re.compile(r"\b(?:us|eu|ap|sa|ca|af|me|il|mx)-(?:[a-z]+)-\d\b"), _ANYTHING),
    (re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{8}(?![0-9a-zA-Z])"), _ANYTHING),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?"), _ANYTHING),
)
_ENUM = re.compile(r"enum value set: \[([^\]]*)\]")
_COUNTED = re.compile(r"\d+ validation errors? detected: ")
# Where in a pattern AWS's parser was: TestEventPattern's recordings hold the first line of a text only.
_PLACE = re.compile(r"\n at \[Source: .*\]", re.DOTALL)


def is_same(recorded: Refusal, code: str, message: str) -> bool:
    """Whether an answer is what AWS recorded; when no text was recorded, the code alone."""
    if recorded.code != code:
        return False
    if not recorded.message:
        return True
    if not _PLACE.search(recorded.message):
        message = _PLACE.sub("", message)
    wanted, found = _plain(recorded.message), _plain(message)
    if _fits(wanted, found, recorded.is_cut) and _enums_fit(recorded.message, message):
        return True
    split_wanted, split_found = _errors(wanted), _errors(found)
    if len(split_wanted) < 2 or len(split_wanted) != len(split_found):
        return False
    left = list(split_found)
    for number, error in enumerate(split_wanted, 1):
        is_cut = recorded.is_cut and number == len(split_wanted)
        match = next((other for other in left if _fits(error, other, is_cut)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _plain(text: str) -> str:
    text = _ENUM.sub("enum value set: [...]", text)
    text = _PLACEHOLDER.sub(_ANYTHING, text)
    for pattern, word in _VOLATILE:
        text = pattern.sub(word, text)
    return text


def _fits(wanted: str, found: str, is_cut: bool) -> bool:
    pattern = ".*?".join(re.escape(part) for part in wanted.split(_ANYTHING))
    compiled = re.compile(pattern + (".*" if is_cut else ""), re.DOTALL)
    return compiled.fullmatch(found) is not None


def _enums_fit(wanted: str, found: str) -> bool:
    """Whether every recorded enumeration is in the answer's, in any order."""
    pairs = zip(_ENUM.findall(wanted), _ENUM.findall(found), strict=False)
    return all(set(_members(a)) <= set(_members(b)) for a, b in pairs)


def _members(enum: str) -> list[str]:
    return [member.strip() for member in enum.split(",")]


def _errors(text: str) -> list[str]:
    match = _COUNTED.match(text)
    return re.split(r"; (?=Value )", text[match.end() :]) if match else [text]

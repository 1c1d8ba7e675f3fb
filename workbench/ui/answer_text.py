"""What a function answered, as text that a person reads.

Owns: how an answer is laid out. Nothing here raises: a function may answer anything. Must not know: Qt.
"""

import json

from workbench.invoke.failure import FunctionFailure

MOST_CHARACTERS = 200_000
"""No more is shown: a 6 MB answer as one document would take the window's memory and its time."""

_MOST_FORMATTED = 1_000_000  # parsing holds Python's lock, and with it the window


def answer_text(payload: bytes, failure: FunctionFailure | None) -> tuple[str, bool]:
    """The answer, indented when it is JSON. A failure begins with its error and stack trace, as in a log.

    Returns:
        The text, and whether it is the whole answer.
    """
    if len(payload) > 4 * _MOST_FORMATTED:  # to decode 20 MB holds the lock, too
        answer, whole = payload[: 4 * MOST_CHARACTERS].decode("utf-8", "replace")[:MOST_CHARACTERS], False
    else:
        answer, whole = _indented(payload.decode("utf-8", "replace"))
    if failure is None or not failure.frames:
        return answer, whole
    error = ": ".join(part for part in (failure.error_type, failure.error_message) if part)
    trace = "\n".join(frame.text for frame in failure.frames)
    return f"{error[:MOST_CHARACTERS]}\n\n{trace[:MOST_CHARACTERS]}\n\n{answer}", whole


def _indented(text: str) -> tuple[str, bool]:
    if len(text) > _MOST_FORMATTED:
        return text[:MOST_CHARACTERS], False
    parts, length = [], 0
    try:
        # Piece by piece: a few thousand brackets are megabytes of indentation.
        for part in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(text)):
            parts.append(part)
            length += len(part)
            if length > MOST_CHARACTERS:
                break
    except (ValueError, RecursionError):
        return text[:MOST_CHARACTERS], len(text) <= MOST_CHARACTERS
    # Half a surrogate pair is no text; it goes back to how the function wrote it.
    indented = "".join(parts)[:MOST_CHARACTERS].encode("utf-8", "backslashreplace").decode()
    return indented, length <= MOST_CHARACTERS

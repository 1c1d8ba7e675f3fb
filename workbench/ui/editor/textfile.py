"""What a text file has that an editor's text has not: encoding, byte order mark, and each line's own end.

An editor works on text with line feeds as line ends. `TextFile` remembers what the bytes were and puts it
back: an unchanged text gives the identical bytes, and a changed one keeps the line ends above and below the
change. Must not know: Qt, paths.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass

from workbench.core.errors import WorkbenchError

_LINE_END = re.compile("\\r\\n|\\r|\\n")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file's bytes, read as text.

    Attributes:
        data: The bytes as they are on disk.
        text: Their text with line feeds as line ends and without byte order mark.
        encoding: A Python codec name.
        byte_order_mark: As it is on disk, mostly empty.
    """

    data: bytes
    text: str
    encoding: str
    byte_order_mark: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> "TextFile | None":
        """Reads a file's bytes; None when they are no text.

        Text that is not UTF-8 is read as Latin-1, which keeps every byte.
        """
        mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", "utf-8"))
        try:
            decoded = data[len(mark) :].decode(encoding)
        except UnicodeDecodeError:
            mark, encoding = b"", "latin-1"
            decoded = data.decode(encoding)
        if "\0" in decoded:
            return None
        return cls(data, _LINE_END.sub("\n", decoded), encoding, mark)

    def to_bytes(self, text: str) -> bytes:
        """The bytes to write for `text`.

        Raises:
            WorkbenchError: The file's encoding has no such character.
        """
        if text == self.text:
            return self.data
        try:
            return self.byte_order_mark + self._with_line_ends(text).encode(self.encoding)
        except UnicodeEncodeError as error:
            raise WorkbenchError(
                what="The file was not saved.",
                why=f"Its encoding is {self.encoding}, which has no “{error.object[error.start]}”.",
                remedy="Remove that character, or convert the file to UTF-8.",
            ) from error

    def _with_line_ends(self, text: str) -> str:
        original = self.data[len(self.byte_order_mark) :].decode(self.encoding)
        ends = _LINE_END.findall(original)
        kinds = Counter(ends)
        if not kinds:
            return text
        usual = kinds.most_common(1)[0][0]
        if len(kinds) == 1:
            return text if usual == "\n" else text.replace("\n", usual)
        old, new = self.text.split("\n"), text.split("\n")
        above = _common(old, new, len(ends), len(new) - 1)
        below = _common(old[::-1], new[::-1], len(ends) - above, len(new) - 1 - above)
        middle = [usual] * (len(new) - 1 - above - below)
        new_ends = [*ends[:above], *middle, *ends[len(ends) - below :], ""]
        return "".join(line + end for line, end in zip(new, new_ends, strict=True))


def _common(old: list[str], new: list[str], *limits: int) -> int:
    """How many lines the two begin with in common, at most `limits`."""
    count, limit = 0, min(*limits)
    while count < limit and old[count] == new[count]:
        count += 1
    return count

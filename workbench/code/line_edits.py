"""What to replace in a text to make it another one, line by line: the rest, cursors too, stays. Pure."""

from dataclasses import dataclass

from workbench.code.line_changes import changed_blocks


@dataclass(frozen=True, slots=True)
class LineEdit:
    """Replaces a range of a text. Lines and columns count from 1, columns in UTF-16 units."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def line_edits(old: str, new: str) -> tuple[LineEdit, ...]:
    """The edits that make `new` of `old`; all places are those in `old`, and none overlap."""
    old_lines, new_lines = old.split("\n"), new.split("\n")
    found: list[LineEdit] = []
    for old_from, old_to, new_from, new_to in changed_blocks(old_lines, new_lines):
        lines = new_lines[new_from:new_to]
        if old_to < len(old_lines):
            text = "".join(f"{line}\n" for line in lines)
            found.append(LineEdit(old_from + 1, 1, old_to + 1, 1, text))
            continue
        last = _end(old_lines[-1])
        if old_from == 0:
            found.append(LineEdit(1, 1, len(old_lines), last, "\n".join(lines)))
        else:  # the line feed before the last lines goes, or comes, with them
            text = "".join(f"\n{line}" for line in lines)
            start = _end(old_lines[old_from - 1])
            _add(found, LineEdit(old_from, start, len(old_lines), last, text))
    return tuple(found)


def _add(found: list[LineEdit], edit: LineEdit) -> None:
    """Of two that meet at one place it would be open which comes first: they are made one."""
    if found and (found[-1].end_line, found[-1].end_column) == (edit.line, edit.column):
        before = found.pop()
        edit = LineEdit(before.line, before.column, edit.end_line, edit.end_column, before.text + edit.text)
    found.append(edit)


def _end(line: str) -> int:
    """The column behind a line."""
    return 1 + (len(line) if line.isascii() else len(line.encode("utf-16-le", "surrogatepass")) // 2)

"""JavaScript and TypeScript text: comments, strings and regular expressions told apart from code."""

import re

_BEFORE_REGEX = "(,=:[!&|?{};+-*%<>~^"
_TOKEN = re.compile(r"//|/\*|['\"`/]")


def without_comments(text: str) -> tuple[str, str]:
    """The code without comments, and the same with strings blanked. Positions and lines stay."""
    whole, code = [], []
    position = 0
    while match := _TOKEN.search(text, position):
        begin, mark = match.start(), match[0]
        whole.append(text[position:begin])
        code.append(text[position:begin])
        if mark in ("//", "/*"):
            end = text.find("\n" if mark == "//" else "*/", begin + 2)
            end = len(text) if end < 0 else end + (0 if mark == "//" else 2)
            blank = _blank(text[begin:end])
            whole.append(blank)
            code.append(blank)
        elif mark == "/" and not _begins_regex("".join(code[-3:])):
            end = begin + 1
            whole.append(mark)
            code.append(mark)
        else:
            end = _end_of_string(text, begin, mark)
            inner = text[begin + 1 : end - 1]
            whole.append(text[begin:end])
            code.append(f"{mark}{_blank(inner)}{text[end - 1 : end]}" if end > begin + 1 else mark)
        position = end
    whole.append(text[position:])
    code.append(text[position:])
    return "".join(whole), "".join(code)


def _begins_regex(before: str) -> bool:
    stripped = before.rstrip()
    return not stripped or stripped[-1] in _BEFORE_REGEX or stripped.endswith(("return", "typeof", "case"))


def _end_of_string(text: str, begin: int, mark: str) -> int:
    """The position behind a string, template or regular expression; a line ends all but a template."""
    stop = re.compile(r"\\.|`" if mark == "`" else rf"\\.|\n|{re.escape(mark)}", re.DOTALL)
    position = begin + 1
    while match := stop.search(text, position):
        if match[0] in (mark, "\n"):
            return match.end()
        position = match.end()
    return len(text)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)

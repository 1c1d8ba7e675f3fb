"""What an edit changes, for people to read. Secrets are masked."""

import difflib
import re
from pathlib import Path

from workbench.core.redaction import redact

MASK = "****"
_SECRET = re.compile(r"secret|passw|passphrase|session_token|security_token", re.IGNORECASE)
# An option anywhere in a line: commented out, or glued to the value above.
_ASSIGNED = re.compile(
    r"([\w.-]*(?:secret|passw|passphrase|session_token|security_token)[\w.-]*\s*[=:]\s*)(?=\S).*",
    re.IGNORECASE,
)


def is_secret(option: str) -> bool:
    """Whether an option's value is a secret."""
    return bool(_SECRET.search(option))


def mask_value(option: str, value: str) -> str:
    """A value, or MASK if it is a secret or contains one."""
    return MASK if value and (is_secret(option) or redact(value) != value) else value


def mask_text(text: str) -> str:
    """A configuration file's text with its secrets masked, line for line."""
    masked: list[str] = []
    hidden_indent = -1  # of a secret option whose indented lines are secret too
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if hidden_indent >= 0 and line.strip() and indent > hidden_indent:
            masked.append(line[:indent] + MASK)
            continue
        if line.strip() and not line.lstrip().startswith(("#", ";")):
            name = re.split("[=:]", line, maxsplit=1)[0]
            hidden_indent = indent if is_secret(name) else -1
        safe = _ASSIGNED.sub(rf"\1{MASK}", line)
        is_empty = line.rstrip().endswith(("=", ":"))
        masked.append(redact(line) if safe == line and not is_empty else safe)
    return "\n".join(masked)


def diff_text(old: str, new: str, path: Path) -> str:
    """The difference between two states of a file as a unified diff, empty when there is none.

    A changed secret shows as a changed line: "-aws_secret_access_key = ****", then the same with "+".
    """
    old_lines, new_lines = _lines(old), _lines(new)
    masked: dict[str, str] = {}
    for lines in (old_lines, new_lines):
        for line, safe in zip(lines, mask_text("\n".join(lines)).split("\n"), strict=False):
            if masked.get(line, line) == line:  # what is a secret in one place is masked in all
                masked[line] = safe
    found = difflib.unified_diff(old_lines, new_lines, str(path), str(path), lineterm="")
    head = [next(found, ""), next(found, "")]
    body = [line if line.startswith("@@") else line[0] + masked[line[1:]] for line in found]
    return "\n".join([*head, *body]) + "\n" if body else ""


def _lines(text: str) -> list[str]:
    return re.split("\r\n|\r|\n", re.sub("(\r\n|\r|\n)$", "", text)) if text else []

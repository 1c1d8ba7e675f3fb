"""What goes into a package and what stays out: fixed rules, and a function's own patterns.

Owns: the patterns' meaning (gitignore's) and the words for each decision. Must not know: the disk.
"""

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.code.secret_files import LOOKS_LIKE_SECRET
from workbench.code.tree import EntryKind, Found
from workbench.core.errors import WorkbenchError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

PROJECT_PATTERNS = (
    "# Files in a project folder that the function does not need",
    ".venv/",
    "venv/",
    ".tox/",
    ".nox/",
    ".direnv/",
    ".vscode/",
    ".idea/",
    ".vs/",
    ".aws-sam/",
    ".serverless/",
    ".terraform/",
    "cdk.out/",
    ".chalice/deployments/",
    "node_modules/.cache/",
    ".nyc_output/",
    "htmlcov/",
    ".coverage",
    ".coverage.*",
    ".hypothesis/",
    ".ipynb_checkpoints/",
    "*.pyc",
    "*.sw[op]",
    "*~",
    "desktop.ini",
)
"""Sensible for a folder that somebody works in. Downloaded code has none: it is what was deployed.

Files that look like secrets stay out of every package (secret_files.py), whatever patterns a function has.
"""


_LITERAL = re.compile(r"!/?(?P<path>(?:\\.|[^\\*?\[])+)")
_TRAILING = re.compile(r"(?<!\\)[ \t]+$")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Patterns:
    """What to leave out, in gitignore's syntax: later lines win, and `!` takes in again.

    As with git, nothing below a folder that is left out can be taken in again.

    Attributes:
        lines: As written, comments and empty lines included.
    """

    lines: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> "Patterns":
        """From a text with one pattern a line.

        Raises:
            WorkbenchError: A line is no pattern.
        """
        patterns = cls(tuple(text.splitlines()))
        for number, line in enumerate(patterns.lines, 1):
            try:
                cls((line,)).why_left_out("x", is_folder=False)
            except ValueError as error:
                raise WorkbenchError(
                    "The patterns were not saved.",
                    f"Line {number}, {line!r}, is not a valid pattern: {error}.",
                    "Correct that line, or remove it.",
                ) from error
        return patterns

    def why_left_out(self, path: str, is_folder: bool) -> str:
        """The line that leaves a path out, as written; empty when it goes in.

        Asked of folders too, from above: of what lies in a folder that is left out it is not asked.
        """
        if not self._rules:
            return ""
        verdict = self._spec.check_file(f"{path}/" if is_folder else path)
        return self._rules[verdict.index] if verdict.include and verdict.index is not None else ""

    def names(self, path: str, is_folder: bool) -> bool:
        """Whether a line takes in just this path: `!config/.env`, without a wildcard, from the top on."""
        return path in self._named or (is_folder and f"{path}/" in self._named)

    @cached_property
    def _rules(self) -> tuple[str, ...]:
        return tuple(line for line in self.lines if line.strip() and not line.startswith("#"))

    @cached_property
    def _named(self) -> frozenset[str]:
        found = (_LITERAL.fullmatch(_TRAILING.sub("", line)) for line in self._rules)
        return frozenset(_ESCAPED.sub(r"\1", each["path"]) for each in found if each)

    @cached_property
    def _spec(self) -> "GitIgnoreSpec":
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines(self._rules)


NO_PATTERNS = Patterns()


class Secret(Enum):
    """What becomes of a file that looks like a secret."""

    LEFT_OUT = "left out"
    BY_NAME = "by name"
    """A line of the patterns takes it in by its name."""
    DEPLOYED = "deployed"
    """It was deployed with the function before, which may need it."""
    INSTALLED = "installed"
    """It is a file of an installed package, as the list of that package has it."""


def secret_of(path: str, is_folder: bool, patterns: Patterns, deployed: Set[str]) -> Secret:
    """What becomes of a file or folder that looks like a secret, and that no pattern leaves out.

    Args:
        path: It.
        is_folder: Whether it is a folder.
        patterns: The function's.
        deployed: Files that were deployed with the function, and that are to stay.
    """
    if patterns.names(path, is_folder):
        return Secret.BY_NAME
    if path in deployed or (is_folder and any(each.startswith(f"{path}/") for each in deployed)):
        return Secret.DEPLOYED
    return Secret.LEFT_OUT


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether one file goes in.

    Attributes:
        path: The file, or a folder that is left out with all that is in it.
        why_out: Why it stays out: the pattern as written, or a sentence; empty when it goes in.
        size_bytes: Of the file; of all files below the folder.
        secret: What becomes of it as a secret; None when it does not look like one, or a pattern decided.
    """

    path: str
    is_folder: bool
    why_out: str
    size_bytes: int
    secret: Secret | None = None


ALWAYS_OUT = "Caches, version control and virtual environments are never included."


def preview(
    found: Iterable[Found],
    patterns: Patterns,
    secrets: Set[str] = frozenset(),
    deployed: Set[str] = frozenset(),
) -> tuple[Decision, ...]:
    """What would go in and what would not, sorted by path; folders only where they are left out whole.

    Args:
        found: Everything that lies there, in any order (`walk`, for a project's folder with `only_packed`).
        patterns: The function's.
        secrets: Paths, files and folders, that look like secrets (`SecretFinder`).
        deployed: Files that were deployed with the function.
    """
    reasons: dict[str, str] = {"": ""}
    sizes: dict[str, int] = {}
    decided: dict[str, Decision] = {}
    for each in sorted(found, key=lambda each: each.path):
        is_folder = each.kind is EntryKind.FOLDER
        above = each.path.rpartition("/")[0]
        if out := _left_out_above(above, reasons):
            sizes[out] = sizes.get(out, 0) + (0 if is_folder else each.size_bytes)
            continue
        why = ALWAYS_OUT if not each.packed else patterns.why_left_out(each.path, is_folder)
        secret = None
        if not why and each.path in secrets:
            secret = secret_of(each.path, is_folder, patterns, deployed)
            why = LOOKS_LIKE_SECRET if secret is Secret.LEFT_OUT else ""
        if is_folder:
            reasons[each.path] = why
        if why or not is_folder:
            size_bytes = 0 if is_folder else each.size_bytes
            decided[each.path] = Decision(each.path, is_folder, why, size_bytes, secret)
    return tuple(
        replace(each, size_bytes=sizes[each.path]) if each.path in sizes else each
        for each in decided.values()
    )


def _left_out_above(folder: str, reasons: dict[str, str]) -> str:
    """The highest folder above that is left out, or nothing."""
    parts = folder.split("/")
    for count in range(1, len(parts) + 1):
        if reasons.get(path := "/".join(parts[:count])):
            return path
    return ""

"""What goes into a package: fixed rules, and a function's own patterns.

The syntax is that of .gitignore; they are stored as a text in the workspace's folder, never among its code.
`leave_out` and `put_in` change them for one path by as few lines as possible; later lines win, so a new line
is the last.
"""

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.code.contents import LOOKS_LIKE_SECRET, Certainty, certainty_of, is_secret_folder, never_packed
from workbench.code.tree import EntryKind, WalkEntry
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic
from workbench.core.messages import _

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
"""Defaults for a folder that the user works in. Downloaded code has none: it is what was deployed. Files that
look like secrets are left out of every package (contents.py), whatever the patterns."""


_LITERAL = re.compile(r"!/?(?P<path>(?:\\.|[^\\*?\[])+)")
_TRAILING = re.compile(r"(?<!\\)[ \t]+$")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Patterns:
    """What to leave out, in gitignore's syntax: later lines win, and `!` includes again.

    As in git, nothing below an excluded folder can be included again.

    Attributes:
        lines: As written, comments and empty lines included.
        development: Packages in node_modules that are only for development, and links to their commands. They
            stay out unless a line includes them by name.
    """

    lines: tuple[str, ...] = ()
    development: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str) -> "Patterns":
        """Parses a text with one pattern per line. Raises WorkbenchError if one is not valid."""
        patterns = cls(tuple(text.splitlines()))
        for number, line in enumerate(patterns.lines, 1):
            try:
                cls((line,)).why_left_out("x", is_folder=False)
            except ValueError as error:
                raise WorkbenchError(
                    _("The patterns were not saved."),
                    _("Line {line_number}, {line!r}, is not a valid pattern: {error}.").format(
                        line_number=number, line=line, error=error
                    ),
                    _("Correct that line, or remove it."),
                ) from error
        return patterns

    def why_left_out(self, path: str, is_folder: bool) -> str:
        """The line that excludes a path, as written; empty if it is included.

        Must be called for folders, too, from the top: it is not called for paths within an excluded folder.
        """
        if path in self.development and not self.names(path, is_folder=True):
            return FOR_DEVELOPMENT
        if not self._rules:
            return ""
        verdict = self._spec.check_file(f"{path}/" if is_folder else path)
        return self._rules[verdict.index] if verdict.include and verdict.index is not None else ""

    def names(self, path: str, is_folder: bool) -> bool:
        """Whether a line includes exactly this path: `!config/.env`, without a wildcard, from the top."""
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
FOR_DEVELOPMENT = _("only for development (devDependencies)")


class Secret(Enum):
    """What happens to a file that looks like a secret."""

    LEFT_OUT = "left out"
    BY_NAME = "by name"
    """A pattern includes it by its name."""
    DEPLOYED = "deployed"
    """It was deployed with the function before, which may need it."""
    INSTALLED = "installed"
    """It is a file of an installed package, unchanged according to that package's list."""


def secret_of(path: str, is_folder: bool, patterns: Patterns, deployed: Set[str]) -> Secret:
    """What happens to a file or folder that looks like a secret, and that no pattern excludes.

    `deployed` are files that were deployed with the function and must stay.
    """
    if patterns.names(path, is_folder):
        return Secret.BY_NAME
    if path in deployed or (is_folder and any(each.startswith(f"{path}/") for each in deployed)):
        return Secret.DEPLOYED
    return Secret.LEFT_OUT


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a file is included.

    Attributes:
        path: The file, or a folder that is excluded with everything in it.
        why_out: Why it is excluded: the pattern as written, or a sentence; empty if it is included.
        size_bytes: Size of the file, or of all files below the folder.
        secret: What happens to it as a secret; None if it does not look like one, or a pattern decided.
    """

    path: str
    is_folder: bool
    why_out: str
    size_bytes: int
    secret: Secret | None = None


ALWAYS_OUT = _("Caches, version control and virtual environments are never included.")


def preview(
    found: Iterable[WalkEntry],
    patterns: Patterns,
    secrets: Set[str] = frozenset(),
    deployed: Set[str] = frozenset(),
) -> tuple[Decision, ...]:
    """The decision for each path, sorted; folders only if they are excluded as a whole.

    Args:
        found: All entries in any order (`walk`, for a project's folder with `only_packed`).
        secrets: Paths of files and folders that look like secrets (`SecretFinder`).
    """
    reasons: dict[str, str] = {"": ""}
    sizes: dict[str, int] = {}
    decided: dict[str, Decision] = {}
    for each in sorted(found, key=lambda each: each.path):
        is_folder = each.kind is EntryKind.FOLDER
        above = each.path.rpartition("/")[0]
        if out := next((path for path in _steps_to(above) if reasons.get(path)), ""):
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


def _steps_to(path: str) -> Iterator[str]:
    """The folders on the way to a path, from the top, and the path itself."""
    return accumulate(path.split("/"), "{}/{}".format)


_FILE = "package-patterns"


def read_patterns(workspace_folder: Path) -> Patterns:
    """The patterns of a workspace; empty if there are none.

    Raises WorkbenchError if they cannot be read: the package would not be as wanted.
    """
    path = workspace_folder / _FILE
    try:
        return Patterns.of(path.read_text("utf-8"))
    except FileNotFoundError:
        return NO_PATTERNS
    except UnicodeDecodeError as error:
        raise WorkbenchError(
            _("The patterns could not be read."),
            _("{path} is not a text file: {error}.").format(path=path, error=error),
        ) from error
    except OSError as error:
        raise explain_os_error(error, _("The patterns could not be read."), path) from error


def write_patterns(workspace_folder: Path, text: str) -> Patterns:
    """Stores patterns, one per line, for the next package.

    Raises WorkbenchError if one is not valid, or they cannot be written; the old ones are kept.
    """
    patterns = Patterns.of(text)
    write_atomic(workspace_folder / _FILE, text.encode())
    return patterns


_SPECIAL = frozenset("*?[]\\")


def leave_out(patterns: Patterns, path: str, is_folder: bool) -> Patterns:
    """Patterns that exclude a file, or a folder with everything in it."""
    line = line_of(path, is_folder)
    kept = Patterns(tuple(each for each in patterns.lines if each != f"!{line}"))
    if why_out(kept, path, is_folder)[1]:
        return kept
    return Patterns((*kept.lines, line))


def put_in(patterns: Patterns, path: str, is_folder: bool) -> Patterns:
    """Patterns that include a file or folder.

    What looks like a secret is included only by its own name, so it gets a line even if nothing else excludes
    it. Raises WorkbenchError if a parent folder is excluded as a whole, or it is never packed.
    """
    what = _("{path} is excluded from the package.").format(path=path)
    if never_packed(path):
        raise WorkbenchError(what, ALWAYS_OUT)
    line = line_of(path, is_folder)
    kept = Patterns(tuple(each for each in patterns.lines if each != line))
    folder, why = why_out(kept, path, is_folder)
    reason = _("by the line {why!r}").format(why=why)
    if not why and (folder := _secret_folder_above(kept, path)):
        reason = _("because it {looks_like_secret}").format(looks_like_secret=LOOKS_LIKE_SECRET)
    if folder not in ("", path):
        raise WorkbenchError(
            what,
            _(
                "The folder {folder} is excluded as a whole {reason}, so a file in it cannot be "
                "included separately."
            ).format(folder=folder, reason=reason),
            _("Include {folder} in the package, then exclude the files that you do not need.").format(
                folder=folder
            ),
            action="code.package_contents",
        )
    may_be_secret = is_secret_folder(path) if is_folder else certainty_of(path) is not Certainty.ORDINARY
    is_module = "node_modules" in path.split("/")  # it may be only for development
    if not why and not ((may_be_secret or is_module) and not kept.names(path, is_folder)):
        return kept
    return Patterns((*kept.lines, f"!{line}"))


def with_defaults(patterns: Patterns, defaults: tuple[str, ...]) -> Patterns:
    """The patterns, preceded by those of `defaults` that they lack, so that the user's lines win."""
    missing = [line for line in defaults if line not in patterns.lines]
    if not any(line and not line.startswith("#") for line in missing):
        return patterns
    return Patterns((*missing, *patterns.lines))


def _secret_folder_above(patterns: Patterns, path: str) -> str:
    """The topmost parent folder that is excluded because it looks like a secret; empty if there is none."""
    for above in _steps_to(path):
        if above != path and is_secret_folder(above) and not patterns.names(above, is_folder=True):
            return above
    return ""


def line_of(path: str, is_folder: bool) -> str:
    """The line that matches only this path."""
    literal = "".join(f"\\{each}" if each in _SPECIAL else each for each in path)
    if literal.endswith(" ") and not is_folder:
        literal = literal[:-1] + "\\ "
    return f"/{literal}/" if is_folder else f"/{literal}"


def why_out(patterns: Patterns, path: str, is_folder: bool) -> tuple[str, str]:
    """The path, or its topmost excluded parent folder, and the line that excludes it; empty if included."""
    for above in _steps_to(path):
        if why := patterns.why_left_out(above, is_folder or above != path):
            return above, why
    return "", ""

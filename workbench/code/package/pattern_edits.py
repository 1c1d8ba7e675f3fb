"""Leaves one path out of a package, or puts it in again, by as few changes of the patterns as that takes.

Pure. What others wrote into the patterns stays as it is; later lines win, so that a new line is the last.
"""

from workbench.code.names import never_packed
from workbench.code.package.patterns import ALWAYS_OUT, Patterns
from workbench.code.secret_files import LOOKS_LIKE_SECRET, Certainty, certainty_of, is_secret_folder
from workbench.core.errors import WorkbenchError

_SPECIAL = frozenset("*?[]\\")


def leave_out(patterns: Patterns, path: str, is_folder: bool) -> Patterns:
    """Patterns by which a file, or a folder with all that is in it, stays out."""
    line = line_of(path, is_folder)
    kept = Patterns(tuple(each for each in patterns.lines if each != f"!{line}"))
    if why_out(kept, path, is_folder)[1]:
        return kept
    return Patterns((*kept.lines, line))


def put_in(patterns: Patterns, path: str, is_folder: bool) -> Patterns:
    """Patterns by which a file or a folder goes in.

    Raises:
        WorkbenchError: It lies in a folder that stays out as a whole, or is never packed.

    What looks like a secret goes in by its own name only, so that it gets a line even where nothing else
    leaves it out.
    """
    what = f"{path} is excluded from the package."
    if never_packed(path):
        raise WorkbenchError(what, ALWAYS_OUT)
    line = line_of(path, is_folder)
    kept = Patterns(tuple(each for each in patterns.lines if each != line))
    folder, why = why_out(kept, path, is_folder)
    reason = f"by the line {why!r}"
    if not why and (folder := _secret_folder_above(kept, path)):
        reason = f"because it {LOOKS_LIKE_SECRET}"
    if folder not in ("", path):
        raise WorkbenchError(
            what,
            f"The folder {folder} is excluded as a whole {reason}, so a file in it cannot be "
            "included separately.",
            f"Include {folder} in the package, then exclude the files that you do not need.",
            action="code.package_contents",
        )
    may_be_secret = is_secret_folder(path) if is_folder else certainty_of(path) is not Certainty.ORDINARY
    if not why and not (may_be_secret and not kept.names(path, is_folder)):
        return kept
    return Patterns((*kept.lines, f"!{line}"))


def with_defaults(patterns: Patterns, defaults: tuple[str, ...]) -> Patterns:
    """The patterns with those of `defaults` before them that they lack: what a person wrote still wins."""
    missing = [line for line in defaults if line not in patterns.lines]
    if not any(line and not line.startswith("#") for line in missing):
        return patterns
    return Patterns((*missing, *patterns.lines))


def _secret_folder_above(patterns: Patterns, path: str) -> str:
    """The highest folder above that stays out because it looks like a secret, or nothing."""
    parts = path.split("/")
    for count in range(1, len(parts)):
        above = "/".join(parts[:count])
        if is_secret_folder(above) and not patterns.names(above, is_folder=True):
            return above
    return ""


def line_of(path: str, is_folder: bool) -> str:
    """The line that means this path and no other."""
    literal = "".join(f"\\{each}" if each in _SPECIAL else each for each in path)
    if literal.endswith(" ") and not is_folder:
        literal = literal[:-1] + "\\ "
    return f"/{literal}/" if is_folder else f"/{literal}"


def why_out(patterns: Patterns, path: str, is_folder: bool) -> tuple[str, str]:
    """What stays out, the path or the highest folder above it, and the line that says so; or nothing."""
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        above = "/".join(parts[:count])
        if why := patterns.why_left_out(above, is_folder or count < len(parts)):
            return above, why
    return "", ""

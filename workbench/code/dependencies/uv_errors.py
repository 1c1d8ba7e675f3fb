"""What uv says when it cannot install, in a person's words. Pure.

Its own text always stands beside: it knows more than any table.
"""

import re

from workbench.code.dependencies.target import Target
from workbench.core.errors import WorkbenchError

WHAT = "The dependencies were not installed."
_LONGEST = 700
_NOISE = re.compile(
    r"^(?:Using CPython .*|Resolved \d+ .*|\s*Download(?:ing|ed) .*|warning: .*)\n?", re.MULTILINE
)
_NAMED = r"(?P<name>[A-Za-z0-9][\w.-]*(?:\[[\w,-]*\])?(?:==[^\s,]+)?)"
_UNREACHABLE = (
    r"Failed to fetch|error sending request|dns error|Connection refused|timed out|network was disabled"
    r"|Network is unreachable|Could not resolve"
)

_TABLE = (
    (r"No space left on device|os error 28\b|os error 112\b", "The disk is full.",
     "Free some space, then try again. Nothing was lost."),
    (rf"Hash mismatch for `{_NAMED}`",
     "What was downloaded for {name} is not what the lock file names: the hashes differ.",
     "Do not install it. If the lock file is older than the package, lock anew and look at what changed."),
    (rf"Hash-checking is required, .*? for: `{_NAMED}`",
     "Some requirements have a hash, so that all must have one, and {name} has none.",
     "Write the hashes of all packages (uv pip compile --generate-hashes), or of none."),
    (r"401 Unauthorized|403 Forbidden|status code: 40[13]",
     "The index of packages refused: it wants a user name and a password, or others.",
     "Give uv the credentials of the index (uv auth login, or UV_INDEX), then try again."),
    (rf"attempted to build `{_NAMED}`",
     "{name} is no wheel but a folder, an archive or a repository, and Workbench builds nothing.",
     "Build a wheel of it (uv build --wheel) and name that file, or put its code beside the function's."),
    (r"Couldn't parse|Error parsing|Failed to parse|Expected one of|TOML parse error",
     "{path} is malformed.", "Correct the line that uv names, then try again."),
    (r"lockfile .*(?:needs to be updated|outdated)",
     "The lock file does not belong to pyproject.toml as it is now.",
     "Run uv lock in the folder of the code, then try again."),
    (rf"Because (?:all versions of )?{_NAMED} ha(?:s|ve) no (?:usable )?wheels",
     "{name} has no wheel for {target}, and nothing is built here: it would be for this computer.{wheels}",
     "Choose a version of {bare} that has a wheel, or another runtime or architecture of the function."),
    (rf"Because {_NAMED} was not found in the", "There is no package {name} in the index of packages.",
     "Correct its name; for a private index set UV_INDEX or write a uv.toml."),
    (rf"Because (?:there is no version of|only) {_NAMED}", "There is no such version of {bare}.",
     "Choose a version that there is."),
    (r"No solution found", "No set of versions fits all that {path} asks for.",
     "Loosen one of the requirements that uv names."),
    (_UNREACHABLE, "The index of packages cannot be reached, and not all of them are on this computer.",
     "Look at the network connection and the proxy, then try again."),
    (r"Permission denied|os error 13\b", "A folder may not be written.",
     "Change the permissions of the folder that uv names."),
)  # fmt: skip
"""What uv writes, of which a `name` may be a part -> why and what to do. The first that is found counts."""


def explain(text: str, target: Target, path: str) -> WorkbenchError:
    """The error for what uv wrote.

    Args:
        text: Its output.
        target: What it was to install for.
        path: The declaration's main file.
    """
    said = _NOISE.sub("", text).strip()
    flat = re.sub(r"\s*\n\s*", " ", said)
    for pattern, why, remedy in _TABLE:
        if found := re.search(pattern, flat):
            name = found.groupdict().get("name") or ""
            bare = re.split(r"[=\[<>~!]", name)[0]
            words = {
                "name": name,
                "bare": bare,
                "path": path,
                "target": target,
                "wheels": _wheels(flat, bare),
            }
            return WorkbenchError(WHAT, why.format(**words) + _quoted(said), remedy.format(**words))
    return WorkbenchError(WHAT, f"uv failed.{_quoted(said)}", f"Look at {path}, then try again.")


def _wheels(text: str, name: str) -> str:
    """Where there are wheels of a package, if uv says so."""
    found = re.search(rf"Wheels are available for `{re.escape(name)}` (.*?)(?:$|hint:)", text)
    return f" There are wheels {found[1].strip()}." if found else ""


def _quoted(said: str) -> str:
    said = said.removeprefix("error: ")
    if len(said) > _LONGEST:
        said = said[:_LONGEST].rstrip() + " …"
    return f"\nuv: {said}\n" if said else ""

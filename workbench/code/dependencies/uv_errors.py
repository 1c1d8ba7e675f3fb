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
     "Free some space, then try again. No data was lost."),
    (rf"Hash mismatch for `{_NAMED}`",
     "The file that was downloaded for {name} does not match the hash in the lock file.",
     ("Do not install it. If the lock file is older than the package, update the lock file and "
"review the changes.")),
    (rf"Hash-checking is required, .*? for: `{_NAMED}`",
     "Some requirements have a hash, so all need one, but {name} has none.",
     "Specify hashes for all packages (uv pip compile --generate-hashes), or for none."),
    (r"401 Unauthorized|403 Forbidden|status code: 40[13]",
     "The package index rejected the credentials.",
     "Set the credentials of the index in uv (uv auth login, or UV_INDEX), then try again."),
    (rf"attempted to build `{_NAMED}`",
     ("{name} is a folder, an archive or a repository. Workbench only installs wheels and does "
"not build packages."),
     "Build a wheel (uv build --wheel) and specify that file, or put its code next to the function's code."),
    (r"Couldn't parse|Error parsing|Failed to parse|Expected one of|TOML parse error",
     "{path} is malformed.", "Correct the line that uv reports, then try again."),
    (r"lockfile .*(?:needs to be updated|outdated)",
     "The lock file does not match the current pyproject.toml.",
     "Run uv lock in the code folder, then try again."),
    (rf"Because (?:all versions of )?{_NAMED} ha(?:s|ve) no (?:usable )?wheels",
     "{name} has no wheel for {target}, and a build on this computer would not run on Lambda.{wheels}",
     "Choose a version of {bare} that has a wheel, or another runtime or architecture for the function."),
    (rf"Because {_NAMED} was not found in the", "The package {name} does not exist in the package index.",
     "Correct its name. For a private index, set UV_INDEX or create a uv.toml."),
    (rf"Because (?:there is no version of|only) {_NAMED}", "This version of {bare} does not exist.",
     "Choose an existing version."),
    (r"No solution found", "No set of versions satisfies all requirements in {path}.",
     "Relax one of the requirements that uv reports."),
    (_UNREACHABLE, "Some packages are not available offline, and the package index cannot be reached.",
     "Check the network connection and the proxy, then try again."),
    (r"Permission denied|os error 13\b", "You do not have permission to write to a folder.",
     "Change the permissions of the folder that uv reports."),
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
    return WorkbenchError(WHAT, f"uv failed.{_quoted(said)}", f"Check {path}, then try again.")


def _wheels(text: str, name: str) -> str:
    """Where there are wheels of a package, if uv says so."""
    found = re.search(rf"Wheels are available for `{re.escape(name)}` (.*?)(?:$|hint:)", text)
    return f" There are wheels {found[1].strip()}." if found else ""


def _quoted(said: str) -> str:
    said = said.removeprefix("error: ")
    if len(said) > _LONGEST:
        said = said[:_LONGEST].rstrip() + " …"
    return f"\nuv: {said}\n" if said else ""

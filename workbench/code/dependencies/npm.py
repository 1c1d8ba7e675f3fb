"""Installs Node.js packages as they are locked, with npm, for Lambda's system, without running their scripts.

Owns: how npm is called, and what its failures mean.
"""

import os
import re
import shutil
import sys
from pathlib import Path

from workbench.code.dependencies.child import not_there, run_tool
from workbench.code.dependencies.declared import Declaration, Kind, read_json
from workbench.code.dependencies.store import Found
from workbench.code.dependencies.target import Target
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

WHAT = "The dependencies were not installed."
_MODULES = "node_modules"
_LONGEST = 700
_NOT_RUN = (
    "would run a script when installed. It was not run: it would build for this computer, not for Lambda."
)
_CPUS = {"x86_64": "x64", "arm64": "arm64"}
# npm's own code -> why and what to do. Source: npm's lib/utils/error-message.js.
_TABLE: tuple[tuple[str, str, str], ...] = (
    ("ENOSPC", "The disk is full.", "Free some space, then try again. Nothing was lost."),
    ("EINTEGRITY", "What was downloaded is not what package-lock.json names.",
     "Do not install it. If the lock is older than the package, lock anew and look at what changed."),
    ("EUSAGE", "package-lock.json does not belong to package.json as it is now.",
     "Run npm install in the folder of the code, which makes the lock anew."),
    ("ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ECONNRESET|ENETUNREACH|ENOTCACHED",
     "The registry of packages cannot be reached, and not all of them are on this computer.",
     "Look at the network connection and the proxy, then try again."),
    ("E401|E403|ENEEDAUTH", "The registry of packages refused: it wants other credentials.",
     "Sign in with npm login, then try again."),
    ("E404", "A package is not in the registry.", "Correct its name in package.json."),
    ("EJSONPARSE", "package.json or package-lock.json is malformed.", "Correct it, then try again."),
    ("ETARGET", "There is no such version of a package.", "Choose a version that there is."),
    ("EBADPLATFORM", "A package is not for Linux on this processor.",
     "Make it an optional dependency, or choose another package."),
)  # fmt: skip


def install_node(
    code: Path, declaration: Declaration, target: Target, root: Path, scratch: Path, ctx: JobContext
) -> Found:
    """Installs what the lock names, but what is for development only.

    Args:
        code: The function's code.
        declaration: What it declares.
        target: What it will run on.
        root: Where node_modules goes: there, and empty.
        scratch: For npm to work in.
        ctx: The job; Cancel ends npm.

    Raises:
        WorkbenchError: There is no npm, or no lock, or npm cannot do it.
        Cancelled: `root` is unfinished then.
    """
    if declaration.kind is Kind.NODE:
        raise WorkbenchError(
            WHAT,
            "package.json has no package-lock.json beside it, so that versions are not fixed.",
            "Run npm install in the folder of the code, which makes one; for yarn or pnpm install there "
            "yourself: node_modules is deployed as it is.",
        )
    npm = find_npm()
    for name in (*declaration.files, ".npmrc"):
        if (code / name).is_file():
            shutil.copyfile(code / name, scratch / name)
    ctx.progress(0, 0, "npm ci")
    command = [
        npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
        "--prefer-offline", "--os=linux", f"--cpu={_CPUS.get(target.architecture, 'x64')}", "--libc=glibc",
    ]  # fmt: skip
    ended = run_tool(command, scratch, ctx, variables={"npm_config_color": "false"})
    if ended.status:
        raise explain_npm(ended.text)
    modules = scratch / _MODULES
    (modules / ".package-lock.json").unlink(missing_ok=True)
    if modules.is_dir():
        modules.rename(root / _MODULES)
    return _found(root, declaration, scratch)


def find_npm() -> str:
    """Where npm is. Raises WorkbenchError when there is none."""
    npm = shutil.which("npm.cmd" if sys.platform == "win32" else "npm")
    if npm is None:
        raise not_there(
            "npm",
            WHAT,
            "Install Node.js, which brings npm, then try again; or install the packages elsewhere and put "
            "node_modules into the code.",
        )
    return npm


def explain_npm(text: str) -> WorkbenchError:
    """The error for what npm wrote."""
    lines = [line.removeprefix("npm error ") for line in text.splitlines() if line.startswith("npm error ")]
    lines = [line for line in lines if "complete log of this run" not in line] or text.splitlines()[-5:]
    said = "\n".join(lines).strip()[:_LONGEST]
    for codes, why, remedy in _TABLE:
        if re.search(rf"\b(?:{codes})\b", text):
            return WorkbenchError(WHAT, f"{why}\nnpm: {said}\n", remedy)
    return WorkbenchError(WHAT, f"npm failed.\nnpm: {said}\n", "Look at package.json, then try again.")


def _found(root: Path, declaration: Declaration, scratch: Path) -> Found:
    packages, scripted = [], []
    locked = read_json(scratch / declaration.path).get("packages", {})
    for path, about in sorted(locked.items() if isinstance(locked, dict) else ()):
        if path.startswith(f"{_MODULES}/") and isinstance(about, dict) and (root / path).is_dir():
            name = path.rpartition(f"{_MODULES}/")[2]
            packages.append((name, str(about.get("version") or "")))
            if about.get("hasInstallScript"):
                scripted.append(name)
    paths, size = [], 0
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            paths.append(file.relative_to(root).as_posix())
            size += file.lstat().st_size
    notes = (f"{', '.join(scripted)} {_NOT_RUN}",) if scripted else ()
    return Found(tuple(packages), tuple(sorted(paths)), size, notes)

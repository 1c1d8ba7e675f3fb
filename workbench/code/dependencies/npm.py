"""Installs Node.js packages as they are locked, with npm, for Lambda's system, without running their scripts.

Owns: how npm is called, and what its failures mean.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

from workbench.code.dependencies.child import not_there, run_tool
from workbench.code.dependencies.declared import Declaration, Kind
from workbench.code.dependencies.environment import npm_environment
from workbench.code.dependencies.npm_lock import (
    WHAT,
    LockedPackage,
    from_registries,
    project_of,
    read_lock,
)
from workbench.code.dependencies.store import Found
from workbench.code.dependencies.target import Target
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

_MODULES = "node_modules"
_LONGEST = 700
_NOT_RUN = (
    "would run an installation script. It was not run, because it would build for this "
    "computer and not for Lambda."
)
# No script, no git, no other project's settings, and nothing that is sent to say what is installed.
_SAFE = (
    "--ignore-scripts", "--git=git-is-not-run", "--no-audit", "--no-fund", "--no-update-notifier",
    "--replace-registry-host=npmjs", "--package-lock=true", "--no-global", "--no-workspaces",
)  # fmt: skip
_CPUS = {"x86_64": "x64", "arm64": "arm64"}
# npm's own code -> why and what to do. Source: npm's lib/utils/error-message.js.
_TABLE: tuple[tuple[str, str, str], ...] = (
    ("ENOSPC", "The disk is full.", "Free some space, then try again. No data was lost."),
    ("EINTEGRITY", "The downloaded package does not match package-lock.json.",
     ("Do not install it. If the lock file is older than the package, update the lock file "
"and review the changes.")),
    ("EUSAGE", "package-lock.json does not match the current package.json.",
     "Run npm install in the code folder to update the lock file."),
    ("ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ECONNRESET|ENETUNREACH|ENOTCACHED",
     "Some packages are not available offline, and the package registry cannot be reached.",
     "Check the network connection and the proxy, then try again."),
    ("E401|E403|ENEEDAUTH", "The package registry rejected the credentials.",
     "Sign in with npm login, then try again."),
    ("E404", "A package does not exist in the registry.", "Correct its name in package.json."),
    ("EJSONPARSE", "package.json or package-lock.json is malformed.", "Correct it, then try again."),
    ("ETARGET", "A package version does not exist.", "Choose an existing version."),
    ("EBADPLATFORM", "A package does not support Linux on this architecture.",
     "Make it an optional dependency, or choose another package."),
)  # fmt: skip


def install_node(
    declaration: Declaration, target: Target, root: Path, scratch: Path, ctx: JobContext
) -> Found:
    """Installs what the lock names, but what is for development only.

    npm works in a scratch folder on a package.json and a lock that are written anew from what was parsed.

    Args:
        declaration: What is to be installed.
        target: What it will run on.
        root: Where node_modules goes: there, and empty.
        scratch: An empty folder for npm to work in.
        ctx: The job; Cancel ends npm.

    Raises:
        WorkbenchError: There is no npm, or no lock, or the lock is refused, or npm cannot do it.
        Cancelled: `root` is unfinished then.
    """
    packages = node_packages(declaration)
    npm = find_npm()
    if any(each.address for each in packages):
        packages = from_registries(packages, *_registries(npm, scratch, ctx))
    about, lock = project_of(packages)
    (scratch / "package.json").write_text(json.dumps(about), "utf-8")
    (scratch / "package-lock.json").write_text(json.dumps(lock), "utf-8")
    ctx.progress(0, 0, "npm ci")
    command = [
        npm, "ci", "--omit=dev", *_SAFE, "--prefer-offline", "--os=linux",
        f"--cpu={_CPUS.get(target.architecture, 'x64')}", "--libc=glibc",
    ]  # fmt: skip
    ended = run_tool(command, scratch, ctx, environment=npm_environment())
    if ended.status:
        raise explain_npm(ended.text)
    modules = scratch / _MODULES
    (modules / ".package-lock.json").unlink(missing_ok=True)
    if modules.is_dir():
        modules.rename(root / _MODULES)
    return _found(root, packages)


def node_packages(declaration: Declaration) -> tuple[LockedPackage, ...]:
    """What a lock fixes for use. Contacts nobody.

    Raises:
        WorkbenchError: There is no lock, or it is refused; see `read_lock`.
    """
    if declaration.kind is Kind.NODE:
        raise WorkbenchError(
            WHAT,
            "package.json has no package-lock.json, so versions are not fixed.",
            "Run npm install in the code folder to create one. For yarn or pnpm, install the "
            "packages yourself: node_modules is deployed as it is.",
        )
    return read_lock(declaration)


def node_registries(packages: Collection[LockedPackage], scratch: Path, ctx: JobContext) -> tuple[str, ...]:
    """The user's registries that these packages come from.

    Args:
        packages: Of a lock.
        scratch: An empty folder for npm to work in.
        ctx: The job.

    Raises:
        WorkbenchError: There is no npm, or one would come from elsewhere.
        Cancelled: In between.
    """
    default, scoped = _registries(find_npm(), scratch, ctx)
    from_registries(packages, default, scoped)
    scopes = {each.name.partition("/")[0] for each in packages if each.name.startswith("@")}
    return tuple(dict.fromkeys([default, *(scoped[scope] for scope in sorted(scopes) if scope in scoped)]))


def _registries(npm: str, scratch: Path, ctx: JobContext) -> tuple[str, dict[str, str]]:
    """The user's registry, and those of scopes."""
    (scratch / "package.json").write_text("{}", "utf-8")  # so that npm looks for no project above
    command = [npm, "config", "list", "--json", "--loglevel=silent", *_SAFE]
    ended = run_tool(command, scratch, ctx, environment=npm_environment())
    try:
        values = json.loads(ended.text)
        default = str(values["registry"])
    except (ValueError, TypeError, KeyError) as error:
        raise explain_npm(ended.text) from error
    end = ":registry"
    scoped = {name.removesuffix(end): str(each) for name, each in values.items() if name.endswith(end)}
    return default, scoped


def find_npm() -> str:
    """Where npm is. Raises WorkbenchError when there is none."""
    npm = shutil.which("npm.cmd" if sys.platform == "win32" else "npm")
    if npm is None:
        raise not_there(
            "npm",
            WHAT,
            "Install Node.js, which includes npm, then try again. Alternatively, install the "
            "packages elsewhere and copy node_modules into the code folder.",
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
    return WorkbenchError(WHAT, f"npm failed.\nnpm: {said}\n", "Check package.json, then try again.")


def _found(root: Path, packages: Collection[LockedPackage]) -> Found:
    there = [each for each in packages if (root / each.location).is_dir()]
    scripted = [each.key for each in there if each.has_script]
    paths, size = [], 0
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            paths.append(file.relative_to(root).as_posix())
            size += file.lstat().st_size
    notes = (f"{', '.join(scripted)} {_NOT_RUN}",) if scripted else ()
    return Found(tuple((each.key, each.version) for each in there), tuple(sorted(paths)), size, notes)

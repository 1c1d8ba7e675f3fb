"""Resolves and installs Node.js packages with npm, for Lambda's system, without running their scripts.

npm works in a scratch folder, and never sees the code. A package.json without a lock file is resolved there
from a copy that has only its dependencies; what comes of it is read like any lock file (npm_lock.py), so npm
installs exactly the packages that the user was asked about. While npm resolves, npm_guard.cjs keeps it from
starting programs and from asking other hosts than the user's registries, whatever its version.
"""

import json
import os
import posixpath
import re
import shutil
import sys
import tarfile
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.code.dependencies.declaration_files import parse_json
from workbench.code.dependencies.declared import Declaration, DeclarationKind, InstallPreview
from workbench.code.dependencies.local_folders import files_of
from workbench.code.dependencies.local_packages import local_folder_of
from workbench.code.dependencies.node_locks import read_foreign_lock
from workbench.code.dependencies.npm_lock import (
    ASKED,
    LockedPackage,
    check_specs,
    from_registries,
    lock_error,
    project_of,
    read_lock,
)
from workbench.code.dependencies.requirements import WHAT, short
from workbench.code.dependencies.store import InstalledFiles, Target
from workbench.code.dependencies.tool_process import not_installed_error, npm_environment, run_tool
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext

_FOLDER = "node_modules"
_MAX_NAMED = 5
_ABOUT = DeclarationKind.NODE.value
_LONGEST = 700
_NOT_RUN = _(
    "would run an installation script. It was not run, because it would build for this "
    "computer and not for Lambda."
)
# No scripts, no git, no settings of other projects, and no reports of what is installed.
_SAFE = (
    "--ignore-scripts", "--git=git-is-not-run", "--no-audit", "--no-fund", "--no-update-notifier",
    "--replace-registry-host=npmjs", "--package-lock=true", "--no-global", "--no-workspaces",
)  # fmt: skip
_CPUS = {"x86_64": "x64", "arm64": "arm64"}
# npm's error code -> reason and remedy. Source: npm's lib/utils/error-message.js.
_TABLE: tuple[tuple[str, str, str], ...] = (
    ("ENOSPC", _("The disk is full."), _("Free some space, then try again. No data was lost.")),
    ("EINTEGRITY", _("The downloaded package does not match the lock file."),
     (_("Do not install it. If the lock file is older than the package, update the lock file "
"and review the changes."))),
    ("EUSAGE", _("package-lock.json does not match the current package.json."),
     _("Update the lock file (npm install --package-lock-only), then try again.")),
    ("EALLOWGIT|EALLOWREMOTE|EALLOWFILE|EALLOWDIRECTORY|EGUARD|git-is-not-run",
     _("A package requires another one from a repository or a URL, not from a registry."),
     _("Use a version of it that takes its packages from a registry.")),
    ("ERESOLVE", _("The peer dependencies of the packages contradict each other."),
     _("Change a version in package.json, or add a lock file.")),
    ("ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ECONNRESET|ENETUNREACH|ENOTCACHED",
     _("Some packages are not available offline, and the package registry cannot be reached."),
     _("Check the network connection and the proxy, then try again.")),
    ("E401|E403|ENEEDAUTH", _("The package registry rejected the credentials."),
     _("Sign in with npm login, then try again.")),
    ("E404", _("A package does not exist in the registry."), _("Correct its name in package.json.")),
    ("EJSONPARSE", _("package.json or package-lock.json is malformed."), _("Correct it, then try again.")),
    ("ETARGET", _("A package version does not exist."), _("Choose an existing version.")),
    ("EBADPLATFORM", _("A package does not support Linux on this architecture."),
     _("Make it an optional dependency, or choose another package.")),
)  # fmt: skip


def install(
    declaration: Declaration, target: Target, root: Path, scratch: Path, ctx: JobContext
) -> InstalledFiles:
    """Installs the packages of a lock file, except development ones, into an empty folder.

    npm works in the empty scratch folder on a package.json and a lock file that are written from what was
    parsed. Cancel ends it. Raises WorkbenchError: npm is missing, the lock file is refused, or npm failed.
    """
    packages = _locked_packages(declaration)
    npm = find_npm()
    if any(each.address for each in packages):
        packages = from_registries(packages, *_registries(npm, scratch, ctx))
    packages = _with_archives(packages, declaration, scratch)
    about, lock = project_of(packages)
    _write(scratch, about, lock)
    ctx.progress(0, 0, _("npm ci"))
    command = [
        npm, "ci", "--omit=dev", *_SAFE, "--prefer-offline", "--os=linux",
        f"--cpu={_CPUS.get(target.architecture, 'x64')}", "--libc=glibc",
    ]  # fmt: skip
    ended = run_tool(command, scratch, ctx, environment=npm_environment())
    if ended.status:
        raise _npm_error(ended.text)
    modules = scratch / _FOLDER
    (modules / ".package-lock.json").unlink(missing_ok=True)
    if modules.is_dir():
        modules.rename(root / _FOLDER)
    _remove_other_systems(root, packages, target)
    return _found(root, packages)


def preview(declaration: Declaration, _target: Target, scratch: Path, ctx: JobContext) -> InstallPreview:
    """The packages that `install` would install, and the user's registries that they come from.

    Accesses no network. Raises WorkbenchError if npm is missing, or the lock file is refused.
    """
    locked = _locked_packages(declaration)
    default, scoped = _registries(find_npm(), scratch, ctx)
    from_registries(locked, default, scoped)
    scopes = {each.name.partition("/")[0] for each in locked if each.name.startswith("@")}
    sources = dict.fromkeys([default, *(scoped[scope] for scope in sorted(scopes) if scope in scoped)])
    packages = dict.fromkeys(
        _("{folder} (folder of the project)").format(folder=each.folder)
        if each.folder
        else f"{each.name} {each.version}"
        for each in locked
    )
    return InstallPreview(
        declaration.path, declaration.consent, tuple(packages), (), tuple(sources),
        is_resolved=bool(declaration.lock),
        notes=_notes(declaration, [each for each in locked if each.has_weak_hash]),
    )  # fmt: skip


def _notes(declaration: Declaration, weak: Collection[LockedPackage]) -> tuple[str, ...]:
    """Says which packages have no hash that protects them.

    Old lock files have many. They are still checked: a hash of the registry would not bind the registry.
    """
    if not weak:
        return ()
    names = list(dict.fromkeys(each.name for each in weak))
    more = ", …" if len(names) > _MAX_NAMED else ""
    text = ngettext(
        "{path} has only a SHA-1 hash of {count:,} package ({names}), which no longer protects against an "
        "archive that was made to match. To record SHA-512, delete its “integrity” and update the lock file "
        "(npm install --package-lock-only).",
        "{path} has only SHA-1 hashes of {count:,} packages ({names}), which no longer protect against "
        "archives that were made to match. To record SHA-512, delete their “integrity” and update the lock "
        "file (npm install --package-lock-only).",
        len(names),
    )
    shown = ", ".join(names[:_MAX_NAMED]) + more
    return (text.format(path=declaration.files[0], count=len(names), names=shown),)


def resolve(declaration: Declaration, scratch: Path, ctx: JobContext) -> bytes:
    """The lock file that npm makes for a package.json without one, from the user's registries.

    Nothing is installed. Raises WorkbenchError if a package is not from a registry, or npm failed.
    """
    about = parse_json(declaration.data[0], _ABOUT)
    check_specs(_ABOUT, "", about, declaration, "")
    npm = find_npm()
    default, scoped = _registries(npm, scratch, ctx)
    _write(scratch, _resolvable(about, declaration, scratch))
    ctx.progress(0, 0, _("Finding package versions"))
    command = [
        npm, "install", "--package-lock-only", "--omit=dev", "--install-links=true", "--lockfile-version=3",
        "--legacy-peer-deps=false", *_SAFE, "--prefer-offline",
    ]  # fmt: skip
    hosts = {urlsplit(each).netloc for each in (default, *scoped.values())}
    environment = npm_environment() | _guard(hosts)
    ended = run_tool(command, scratch, ctx, environment=environment)
    if ended.status and re.search(r"\bERESOLVE\b", ended.text):
        # As with npm 6 and Yarn, whose users have such packages: it says which ones, and installs them.
        ended = run_tool([*command, "--legacy-peer-deps"], scratch, ctx, environment=environment)
    lock = scratch / "package-lock.json"
    if ended.status or not lock.is_file():
        raise _npm_error(ended.text)
    return _with_folders(lock.read_bytes(), declaration)


def keep_lock(declaration: Declaration, resolved: bytes, scratch: Path, ctx: JobContext) -> bytes:
    """A package-lock.json for the project itself: the resolved versions, and those for development besides.

    Raises WorkbenchError if the package.json takes packages from elsewhere than a registry, or npm failed.
    """
    about = parse_json(declaration.data[0], _ABOUT)
    kinds = (*ASKED, "peerDependenciesMeta", "devDependencies", "overrides")
    kept: dict[str, Any] = {key: about[key] for key in ("name", "version") if isinstance(about.get(key), str)}
    kept |= {key: about[key] for key in kinds if isinstance(about.get(key), dict)}
    check_specs(_ABOUT, "", kept, _NO_FOLDERS)
    check_specs(_ABOUT, "", {"dependencies": kept.get("devDependencies", {})}, _NO_FOLDERS)
    _check_overrides(kept.get("overrides", {}))
    npm = find_npm()
    default, scoped = _registries(npm, scratch, ctx)
    _write(scratch, kept, parse_json(resolved, "package-lock.json"))
    command = [
        npm, "install", "--package-lock-only", "--lockfile-version=3", "--legacy-peer-deps=false", *_SAFE,
        "--prefer-offline",
    ]  # fmt: skip
    hosts = {urlsplit(each).netloc for each in (default, *scoped.values())}
    ended = run_tool(command, scratch, ctx, environment=npm_environment() | _guard(hosts))
    if ended.status:
        raise _npm_error(ended.text)
    return (scratch / "package-lock.json").read_bytes()


def have_same_packages(one: Declaration, other: Declaration) -> bool:
    """Whether two declarations install the same packages. Raises WorkbenchError if one is refused."""

    def packages(declaration: Declaration) -> set[tuple[str, ...]]:
        locked = _locked_packages(declaration)
        return {(each.location, each.name, each.version, each.integrity) for each in locked}

    return packages(one) == packages(other)


_NO_FOLDERS = Declaration(DeclarationKind.NODE, (_ABOUT,), "", (b"{}",))
_STUBS = "folders"


def _resolvable(about: Mapping[str, Any], declaration: Declaration, scratch: Path) -> dict[str, Any]:
    """A package.json with only what npm needs to resolve the dependencies, and its folders as such."""
    found: dict[str, Any] = {"name": "function", "version": "0.0.0"}
    stubs = {each.written: f"{_STUBS}/{number}" for number, each in enumerate(declaration.folders)}
    for folder in declaration.folders:
        inner = parse_json(folder.about, folder.written)
        check_specs(folder.written, "", inner, declaration, folder.written)
        stub = _listed(inner, declaration, stubs, folder.written, f"{_STUBS}/x/")
        place = scratch / stubs[folder.written]
        place.mkdir(parents=True)
        name = str(inner.get("name") or folder.folder.name)
        (place / _ABOUT).write_text(json.dumps({"name": name, "version": "0.0.0", **stub}), "utf-8")
    found |= _listed(about, declaration, stubs, "", "")
    overrides = about.get("overrides")
    if isinstance(overrides, dict):
        _check_overrides(overrides)
        found["overrides"] = overrides
    return found


def _listed(
    about: Mapping[str, Any], declaration: Declaration, stubs: Mapping[str, str], above: str, start: str
) -> dict[str, Any]:
    """The dependencies of a package.json, with the stubs of folders."""
    found: dict[str, Any] = {}
    for kind in (*ASKED, "peerDependenciesMeta"):
        listed = about.get(kind)
        if not isinstance(listed, dict):
            continue
        found[kind] = dict(listed)
        for name, spec in listed.items():
            if kind in ASKED and (folder := local_folder_of(str(spec))):
                stub = stubs[posixpath.normpath(posixpath.join(above, folder))]
                found[kind][name] = f"file:{posixpath.relpath(stub, posixpath.dirname(start) or '.')}"
    return found


def _check_overrides(overrides: Mapping[str, Any]) -> None:
    """Refuses versions from elsewhere than a registry, in overrides of any depth."""
    waiting = [overrides]
    for each in waiting:
        for name, spec in each.items():
            if isinstance(spec, dict):
                waiting.append(spec)
            elif not re.fullmatch(r"\$[A-Za-z0-9@/._~-]+", str(spec)):
                check_specs(_ABOUT, "", {"dependencies": {re.sub(r"(?<=.)@.*", "", name): spec}}, _NO_FOLDERS)


def _with_folders(lock: bytes, declaration: Declaration) -> bytes:
    """Names the folders in npm's lock file as the declaration does."""
    if not declaration.folders:
        return lock
    found = parse_json(lock, "package-lock.json")
    for each in found["packages"].values():
        if match := re.fullmatch(rf"file:{_STUBS}/(\d+)", str(each.get("resolved") or "")):
            del each["resolved"]
            each.pop("integrity", None)
            each["folder"] = declaration.folders[int(match[1])].written
    return json.dumps(found).encode()


def _guard(hosts: Collection[str]) -> dict[str, str]:
    """Variables with which node loads npm_guard.cjs before npm."""
    guard = Path(__file__).with_name("npm_guard.cjs")
    quoted = json.dumps(guard.as_posix())
    return {"NODE_OPTIONS": f"--require={quoted}", "WORKBENCH_NPM_HOSTS": " ".join(sorted(hosts))}


def _write(scratch: Path, about: Mapping[str, Any], lock: Mapping[str, Any] | None = None) -> None:
    (scratch / _ABOUT).write_text(json.dumps(about), "utf-8")
    if lock is not None:
        (scratch / "package-lock.json").write_text(json.dumps(lock), "utf-8")


def _locked_packages(declaration: Declaration) -> tuple[LockedPackage, ...]:
    if declaration.kind in (DeclarationKind.YARN, DeclarationKind.PNPM):
        return read_foreign_lock(declaration)
    if declaration.is_unresolved:
        raise lock_error(
            _("the versions for {path} are not resolved yet").format(path=declaration.path),
            _("Choose Install Dependencies."),
        )
    return read_lock(declaration)


def _with_archives(
    packages: Collection[LockedPackage], declaration: Declaration, scratch: Path
) -> tuple[LockedPackage, ...]:
    """The same packages, with an archive in the scratch folder for each folder of the project."""
    found = []
    for number, each in enumerate(packages):
        if each.folder:
            folder = declaration.folder(each.folder)
            if folder is None or each.parent:
                why = _("{name} is a folder of the project, but not one that the code itself names")
                raise lock_error(why.format(name=short(each.name)), _("Name it in package.json."))
            archive = f"folder-{number}.tgz"
            with tarfile.open(scratch / archive, "w:gz") as out:
                for file in files_of(folder.folder, declaration.path):
                    member = tarfile.TarInfo(f"package/{file.path}")
                    member.size = file.place.stat().st_size
                    member.mode = 0o755 if file.is_executable else 0o644
                    with file.place.open("rb") as data:
                        out.addfile(member, data)
            each = replace(each, address=f"file:{archive}")
        found.append(each)
    return tuple(found)


def _remove_other_systems(root: Path, packages: Collection[LockedPackage], target: Target) -> None:
    """Removes optional packages for other systems, as npm does where the lock file names their systems."""
    words = {"os": "linux", "cpu": _CPUS.get(target.architecture, "x64"), "libc": "glibc"}
    for each in packages:
        place = root / each.location
        if each.limits is not None or not each.is_optional or not (place / _ABOUT).is_file():
            continue
        try:
            about = parse_json((place / _ABOUT).read_bytes(), _ABOUT)
        except WorkbenchError:
            continue
        if not all(_fits(about.get(key), word) for key, word in words.items()):
            shutil.rmtree(place)


def _fits(listed: object, word: str) -> bool:
    """Whether a package's list of systems has one, or does not exclude it ("!win32")."""
    values = [listed] if isinstance(listed, str) else listed if isinstance(listed, list) else []
    wanted = [each for each in map(str, values) if not each.startswith("!")]
    return f"!{word}" not in values and (not wanted or word in wanted or "any" in wanted)


def _registries(npm: str, scratch: Path, ctx: JobContext) -> tuple[str, dict[str, str]]:
    """The user's registry, and those of scopes."""
    (scratch / "package.json").write_text("{}", "utf-8")  # so that npm uses no project above this folder
    command = [npm, "config", "list", "--json", "--loglevel=silent", *_SAFE]
    ended = run_tool(command, scratch, ctx, environment=npm_environment())
    try:
        values = json.loads(ended.text)
        default = str(values["registry"])
    except (ValueError, TypeError, KeyError) as error:
        raise _npm_error(ended.text) from error
    end = ":registry"
    scoped = {name.removesuffix(end): str(each) for name, each in values.items() if name.endswith(end)}
    return default, scoped


def find_npm() -> str:
    """The path of npm. Raises WorkbenchError."""
    npm = shutil.which("npm.cmd" if sys.platform == "win32" else "npm")
    if npm is None:
        raise not_installed_error(
            "npm",
            WHAT,
            _(
                "Install Node.js, which includes npm, then try again. Alternatively, install the "
                "packages elsewhere and copy node_modules into the code folder."
            ),
        )
    return npm


def _npm_error(text: str) -> WorkbenchError:
    lines = [line.removeprefix("npm error ") for line in text.splitlines() if line.startswith("npm error ")]
    lines = [line for line in lines if "complete log of this run" not in line] or text.splitlines()[-5:]
    said = "\n".join(lines).strip()[:_LONGEST]
    for codes, why, remedy in _TABLE:
        if re.search(rf"\b(?:{codes})\b", text):
            return WorkbenchError(WHAT, f"{why}\nnpm: {said}\n", remedy)
    return WorkbenchError(
        WHAT, _("npm failed.\nnpm: {said}\n").format(said=said), _("Check package.json, then try again.")
    )


def _found(root: Path, packages: Collection[LockedPackage]) -> InstalledFiles:
    there = [each for each in packages if (root / each.location).is_dir()]
    scripted = [each.key for each in there if each.has_script]
    paths, size = [], 0
    for folder, __, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            paths.append(file.relative_to(root).as_posix())
            size += file.lstat().st_size
    notes = (f"{', '.join(scripted)} {_NOT_RUN}",) if scripted else ()
    return InstalledFiles(
        tuple((each.key, each.version) for each in there), tuple(sorted(paths)), size, notes
    )

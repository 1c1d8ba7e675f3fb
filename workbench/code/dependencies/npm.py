"""Installs locked Node.js packages with npm, for Lambda's system, without running their scripts.

The package-lock.json is parsed, and npm gets a new one. In that one each package requires those below it, by
their exact versions, and nothing else: npm has nothing to resolve, and uses no range or address from the code
or a package. Source of the format: npm help package-lock-json.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.code.contents import fault_in_name
from workbench.code.dependencies.declared import Declaration, DeclarationKind, InstallPreview, parse_json
from workbench.code.dependencies.requirements import WHAT, short
from workbench.code.dependencies.store import InstalledFiles, Target
from workbench.code.dependencies.tool_process import not_installed_error, npm_environment, run_tool
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_FOLDER = "node_modules"
_MODULES = f"{_FOLDER}/"
_NAME = r"(?:@[A-Za-z0-9~_-][A-Za-z0-9._~-]*/)?[A-Za-z0-9~_-][A-Za-z0-9._~-]*"
_NAMED = re.compile(_NAME)
_LOCATION = re.compile(rf"node_modules/{_NAME}(?:/node_modules/{_NAME})*")
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_RANGE = re.compile(r"[A-Za-z0-9.*^~<>=|+\s-]*")
_ALIAS = re.compile(rf"npm:{_NAME}(?:@[A-Za-z0-9.*^~<>=|+\s-]*)?")
# Every parser agrees on such an address: no user name, backslash or query.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?/[A-Za-z0-9@._~%/+-]*")
_INTEGRITY = re.compile(r"sha\d+-[A-Za-z0-9+/=]+(?:\s+sha\d+-[A-Za-z0-9+/=]+)*")
_SYSTEMS = ("os", "cpu", "libc")
_WORD = re.compile(r"!?[A-Za-z0-9_-]+")
_ASKED = ("dependencies", "optionalDependencies", "peerDependencies")
_REMEDY = _("Use a version of it that is in a registry, then run npm install to update the lock file.")
_ANEW = _("Run npm install in the code folder to update the lock file.")


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """A package to install.

    Attributes:
        location: "node_modules/a/node_modules/b".
        address: URL of its archive; "" to ask the registry.
        integrity: Hashes of the archive; "" for none.
        is_optional: Whether it may be left out on other systems.
        is_bundled: Whether its parent's archive contains it.
        limits: Its systems by "os", "cpu" and "libc".
        commands: Paths of its programs, by name.
    """

    location: str
    name: str
    version: str
    address: str
    integrity: str
    is_optional: bool
    is_bundled: bool
    has_script: bool
    limits: Mapping[str, tuple[str, ...]]
    commands: Mapping[str, str]

    @property
    def key(self) -> str:
        """Its name in node_modules, which may be an alias."""
        return self.location.rpartition(_MODULES)[2]

    @property
    def parent(self) -> str:
        """The location of the package that contains it; "" for the function itself."""
        return self.location[: -len(_MODULES + self.key)].rstrip("/")


def _read_lock(declaration: Declaration) -> tuple[LockedPackage, ...]:
    """The packages of a lock file, except development ones, in order of locations.

    Raises WorkbenchError if it or its package.json is malformed, they do not match, or a package is not from
    a registry.
    """
    lock_path, about_path = declaration.files[:2]
    lock = parse_json(declaration.data[0], lock_path)
    about = parse_json(declaration.data[1], about_path)
    if lock.get("lockfileVersion") not in (2, 3):
        why = _(
            "{lock_path} was created by npm 6 or earlier and does not list everything that is installed"
        ).format(lock_path=lock_path)
        raise _error(why, _("Run npm install with npm 7 or later in the code folder."))
    packages = lock.get("packages")
    if not isinstance(packages, dict) or not all(isinstance(each, dict) for each in packages.values()):
        raise _error(
            _("{lock_path} is malformed: “packages” is not a valid object").format(lock_path=lock_path), _ANEW
        )
    _check_specs(about_path, "", about)
    root = packages.get("", {})
    if any(_mapping(root, kind) != _mapping(about, kind) for kind in _ASKED[:2]):
        raise _error(
            _("{lock_path} does not match the current {about_path}").format(
                lock_path=lock_path, about_path=about_path
            ),
            _ANEW,
        )
    used = {path: each for path, each in packages.items() if path and not each.get("dev")}
    found = {path: _package(lock_path, path, each) for path, each in sorted(used.items())}
    for each in found.values():
        if each.parent and each.parent not in found:
            raise _error(
                _("{lock_path} does not contain {parent}, the parent of {location}").format(
                    lock_path=lock_path, parent=each.parent, location=each.location
                ),
                _ANEW,
            )
    for path, each in ("", about), *used.items():
        for name in sorted(_needed(each)):
            if not any(f"{above}{_MODULES}{name}" in found for above in _above(path)):
                by = path.rpartition(_MODULES)[2] or about_path
                why = _("{lock_path} does not contain {name}, which {by} needs").format(
                    lock_path=lock_path, name=short(name), by=by
                )
                raise _error(
                    _("{why}: it does not match the current {about_path}").format(
                        why=why, about_path=about_path
                    ),
                    _ANEW,
                )
    return tuple(found.values())


def _project_of(packages: Collection[LockedPackage]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A package.json with these packages, and a matching package-lock.json."""
    root: dict[str, Any] = {"name": "function", "version": "0.0.0"}
    locked: dict[str, dict[str, Any]] = {"": root}
    for each in packages:
        about: dict[str, Any] = {"version": each.version}
        about |= {"name": each.name} if each.name != each.key else {}
        about |= {"resolved": each.address} if each.address else {}
        about |= {"integrity": each.integrity} if each.integrity else {}
        about |= {"optional": True} if each.is_optional else {}
        about |= {"inBundle": True} if each.is_bundled else {}
        about |= {name: list(values) for name, values in each.limits.items()}
        about |= {"bin": dict(each.commands)} if each.commands else {}
        locked[each.location] = about
    for each in packages:
        kind = "optionalDependencies" if each.is_optional else "dependencies"
        version = each.version if each.name == each.key else f"npm:{each.name}@{each.version}"
        parent = locked[each.parent]
        parent.setdefault(kind, {})[each.key] = version
        if each.is_bundled and not parent.get("inBundle"):
            parent.setdefault("bundleDependencies", []).append(each.key)
    lock = {**root, "lockfileVersion": 3, "requires": True, "packages": locked}
    for kind in _ASKED:
        lock.pop(kind, None)
    return dict(root), lock


def _from_registries(
    packages: Collection[LockedPackage], default: str, scoped: Mapping[str, str]
) -> tuple[LockedPackage, ...]:
    """The same packages, with archives from the user's registries only.

    An archive from another registry is taken from the user's, with the same hash. So is one that the lock
    file takes from the path of another package: the user was asked about names. `scoped` are the registries
    of scopes, such as "@corp". Raises WorkbenchError for an address outside all of them.
    """
    return tuple(replace(each, address=_own_address(each, default, scoped)) for each in packages)


def _own_address(package: LockedPackage, default: str, scoped: Mapping[str, str]) -> str:
    scope = package.name.partition("/")[0] if package.name.startswith("@") else ""
    registry = scoped.get(scope, default).rstrip("/") + "/"
    if package.address.startswith(registry):
        is_its_own = _is_archive_of(package, package.address.removeprefix(registry))
        return package.address if is_its_own else ""  # the registry knows its address; the hash is checked
    if not package.address:
        return ""
    archive = f"{package.name}/-/{package.name.rpartition('/')[2]}-{package.version}.tgz"
    if package.integrity and package.address.replace("%2f", "/").replace("%2F", "/").endswith(f"/{archive}"):
        return registry + archive
    host = urlsplit(package.address).netloc
    why = _("package-lock.json takes {key} from {host}, which is not one of your registries").format(
        key=package.key, host=host
    )
    raise _error(why, _("Set your registry in your user account's .npmrc. {anew}").format(anew=_ANEW))


def _is_archive_of(package: LockedPackage, path: str) -> bool:
    """Whether a path in a registry is the archive of this package and version, not of another name.

    Registries name archives differently: lib/-/lib-1.0.0.tgz, download/@corp/lib/1.0.0/0123abcd.
    """
    parts = path.replace("%2f", "/").replace("%2F", "/").split("/")
    if "%" in path.replace("%2f", "").replace("%2F", "") or not {"", ".", ".."}.isdisjoint(parts):
        return False
    name = package.name.split("/")
    for start in range(len(parts) - len(name)):
        before, after = parts[:start], parts[start + len(name) :]
        if parts[start : start + len(name)] != name or "-" in before:
            continue
        is_scoped = bool(before) and before[-1].startswith("@")
        return not is_scoped and package.version in "/".join(after)
    return False


def _package(lock_path: str, path: str, about: Mapping[str, Any]) -> LockedPackage:
    key = path.rpartition(_MODULES)[2]
    address, integrity = str(about.get("resolved") or ""), str(about.get("integrity") or "")
    name, version = str(about.get("name") or key), str(about.get("version") or "")
    faults = (
        (
            not _LOCATION.fullmatch(path),
            _("{lock_path} contains {path}, which is not in a node_modules folder"),
            _REMEDY,
        ),
        (about.get("link"), _("{lock_path} takes {key} from a folder (link), not from a registry"), _REMEDY),
        (
            address and not _ADDRESS.fullmatch(address),
            _("{lock_path} takes {key} from {address}, not from a registry"),
            _REMEDY,
        ),
        (
            not _NAMED.fullmatch(name) or not _VERSION.fullmatch(version),
            _("{lock_path} does not specify a registry version for {key} ({version})"),
            _REMEDY,
        ),
        (
            integrity and not _INTEGRITY.fullmatch(integrity),
            _("{lock_path} is malformed: the integrity of {key} is not a hash"),
            _ANEW,
        ),
        (
            about.get("hasShrinkwrap"),
            _("{lock_path} contains {key}, which includes a lock file that would be used"),
            _REMEDY,
        ),
    )
    for is_fault, why, remedy in faults:
        if is_fault:
            words = {"path": short(path), "address": short(address), "version": short(version)}
            raise _error(why.format(lock_path=lock_path, key=short(key), **words), remedy)
    _check_specs(lock_path, key, about)
    return LockedPackage(
        path,
        name,
        version,
        address,
        integrity,
        bool(about.get("optional") or about.get("devOptional")),
        bool(about.get("inBundle")),
        bool(about.get("hasInstallScript")),
        {kind: values for kind in _SYSTEMS if (values := _plain_names(about.get(kind)))},
        _commands(key, about.get("bin")),
    )


def _check_specs(path: str, key: str, about: Mapping[str, Any]) -> None:
    """Refuses requirements of packages from elsewhere than a registry."""
    for kind in _ASKED:
        for name, spec in _mapping(about, kind).items():
            if not _NAMED.fullmatch(name) or not (_RANGE.fullmatch(spec) or _ALIAS.fullmatch(spec)):
                what = (
                    _("{path} takes {name} from {spec} for {key}, not from a registry")
                    if key
                    else _("{path} takes {name} from {spec}, not from a registry")
                )
                raise _error(
                    what.format(path=path, name=short(name), spec=short(spec), key=key),
                    _REMEDY,
                )


def _needed(about: Mapping[str, Any]) -> set[str]:
    return _mapping(about, "dependencies").keys() - _mapping(about, "optionalDependencies").keys()


def _above(path: str) -> Iterator[str]:
    """Where a package finds others, from near to far: prefixes of their node_modules folders."""
    while path:
        yield f"{path}/"
        path = path.rpartition(_MODULES)[0].rstrip("/")
    yield ""


def _mapping(about: Mapping[str, Any], kind: str) -> dict[str, str]:
    value = about.get(kind)
    return {str(name): str(spec) for name, spec in value.items()} if isinstance(value, dict) else {}


def _plain_names(value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(each for each in map(str, values) if _WORD.fullmatch(each))


def _commands(key: str, value: object) -> dict[str, str]:
    """The commands that are files of the package and have a plain name."""
    if isinstance(value, str):
        value = {key.rpartition("/")[2]: value}
    found = value if isinstance(value, dict) else {}
    return {
        str(name): path.removeprefix("./")
        for name, path in found.items()
        if _WORD.fullmatch(str(name)) and isinstance(path, str) and not fault_in_name(path.removeprefix("./"))
    }


def _error(why: str, remedy: str) -> WorkbenchError:
    return WorkbenchError(WHAT, f"{why}.", remedy)


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
    ("EINTEGRITY", _("The downloaded package does not match package-lock.json."),
     (_("Do not install it. If the lock file is older than the package, update the lock file "
"and review the changes."))),
    ("EUSAGE", _("package-lock.json does not match the current package.json."),
     _("Run npm install in the code folder to update the lock file.")),
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
    parsed. Cancel ends it. Raises WorkbenchError: npm or the lock file is missing, the lock file is refused,
    or npm failed.
    """
    packages = _locked_packages(declaration)
    npm = _find_npm()
    if any(each.address for each in packages):
        packages = _from_registries(packages, *_registries(npm, scratch, ctx))
    about, lock = _project_of(packages)
    (scratch / "package.json").write_text(json.dumps(about), "utf-8")
    (scratch / "package-lock.json").write_text(json.dumps(lock), "utf-8")
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
    return _found(root, packages)


def preview(declaration: Declaration, _target: Target, scratch: Path, ctx: JobContext) -> InstallPreview:
    """The packages that `install` would install, and the user's registries that they come from.

    Accesses no network. Raises WorkbenchError if npm is missing, or the lock file is refused.
    """
    locked = _locked_packages(declaration)
    default, scoped = _registries(_find_npm(), scratch, ctx)
    _from_registries(locked, default, scoped)
    scopes = {each.name.partition("/")[0] for each in locked if each.name.startswith("@")}
    sources = dict.fromkeys([default, *(scoped[scope] for scope in sorted(scopes) if scope in scoped)])
    packages = dict.fromkeys(f"{each.name} {each.version}" for each in locked)
    return InstallPreview(declaration.path, declaration.digest, tuple(packages), (), tuple(sources))


def _locked_packages(declaration: Declaration) -> tuple[LockedPackage, ...]:
    if declaration.kind is DeclarationKind.NODE:
        raise WorkbenchError(
            WHAT,
            _("package.json has no package-lock.json, so versions are not fixed."),
            _(
                "Run npm install in the code folder to create one. For yarn or pnpm, install the "
                "packages yourself: node_modules is deployed as it is."
            ),
        )
    return _read_lock(declaration)


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


def _find_npm() -> str:
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

"""Locked Node.js packages: what a lock file says, checked, and the project that npm installs them from.

A package-lock.json of any npm is read here, a yarn.lock or pnpm-lock.yaml in node_locks.py. All give the same
packages by their places in node_modules, and npm gets a new lock file with exactly these. In that one each
package requires those below it, by their exact versions, and nothing else: npm has nothing to resolve, and
uses no range or address from the code or a package. Source of the format: npm help package-lock-json.
"""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from workbench.code.contents import fault_in_name
from workbench.code.dependencies.declaration_files import parse_json
from workbench.code.dependencies.declared import Declaration
from workbench.code.dependencies.local_packages import local_folder_of, read_node_folder
from workbench.code.dependencies.requirements import WHAT, short
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

_FOLDER = "node_modules"
_MODULES = f"{_FOLDER}/"
_NAME = r"(?:@[A-Za-z0-9~_-][A-Za-z0-9._~-]*/)?[A-Za-z0-9~_-][A-Za-z0-9._~-]*"
_NAMED = re.compile(_NAME)
LOCATION = re.compile(rf"node_modules/{_NAME}(?:/node_modules/{_NAME})*")
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_RANGE = re.compile(r"[A-Za-z0-9.*^~<>=|+\s-]*")
_ALIAS = re.compile(rf"npm:{_NAME}(?:@[A-Za-z0-9.*^~<>=|+\s-]*)?")
# Every parser agrees on such an address: no user name, backslash or query.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?/[A-Za-z0-9@._~%/+-]*")
# npm ignores hashes of other algorithms, and so would check nothing.
_HASH = r"sha(?:1|256|384|512)-[A-Za-z0-9+/]+={0,2}"
_INTEGRITY = re.compile(rf"{_HASH}(?:\s+{_HASH})*")
_SYSTEMS = ("os", "cpu", "libc")
_WORD = re.compile(r"!?[A-Za-z0-9_-]+")
ASKED = ("dependencies", "optionalDependencies", "peerDependencies")
REMEDY = _("Use a version of it that is in a registry, then update the lock file.")
ANEW = _(
    "Update the lock file (npm install --package-lock-only), or remove it: then npm resolves the "
    "versions, and you are asked before they are installed."
)


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """A package to install.

    Attributes:
        location: "node_modules/a/node_modules/b".
        address: URL of its archive; "" to ask the registry.
        integrity: Hashes of the archive; "" for none.
        is_optional: Whether it may be left out on other systems.
        is_bundled: Whether its parent's archive contains it.
        limits: Its systems by "os", "cpu" and "libc"; None if the lock file does not tell.
        commands: Paths of its programs, by name.
        folder: The folder of the project that it comes from, as written; "" for a registry.
    """

    location: str
    name: str
    version: str
    address: str
    integrity: str
    is_optional: bool
    is_bundled: bool
    has_script: bool
    limits: Mapping[str, tuple[str, ...]] | None
    commands: Mapping[str, str]
    folder: str = ""

    @property
    def key(self) -> str:
        """Its name in node_modules, which may be an alias."""
        return self.location.rpartition(_MODULES)[2]

    @property
    def parent(self) -> str:
        """The location of the package that contains it; "" for the function itself."""
        return self.location[: -len(_MODULES + self.key)].rstrip("/")

    @property
    def has_weak_hash(self) -> bool:
        """Whether its only hash is SHA-1, with which two archives can be made to agree."""
        return bool(self.integrity) and all(each.startswith("sha1-") for each in self.integrity.split())


def read_lock(declaration: Declaration) -> tuple[LockedPackage, ...]:
    """The packages of a package-lock.json, except development ones, in order of locations.

    Raises WorkbenchError if it or its package.json is malformed, they do not match, or a package is neither
    from a registry nor from a folder of the project.
    """
    lock_path, about_path = (
        declaration.files[:2] if not declaration.lock else (_RESOLVED, declaration.files[0])
    )
    lock = parse_json(declaration.lock or declaration.data[0], lock_path)
    about = parse_json(declaration.data[0 if declaration.lock else 1], about_path)
    is_old = "packages" not in lock and isinstance(lock.get("dependencies"), dict)
    packages = _packages_of_old(lock_path, lock, about) if is_old else lock.get("packages")
    if not isinstance(packages, dict) or not all(isinstance(each, dict) for each in packages.values()):
        raise lock_error(
            _("{lock_path} is malformed: “packages” is not a valid object").format(lock_path=lock_path), ANEW
        )
    check_specs(about_path, "", about, declaration, "")
    if not declaration.lock and not is_old:
        _check_root(lock_path, about_path, packages.get("", {}), about)
    packages = _with_links_followed(lock_path, packages, declaration)
    wanted = _production(packages, about)
    found = {
        path: read_package(lock_path, path, packages[path], declaration, is_old) for path in sorted(wanted)
    }
    for each in found.values():
        if each.parent and each.parent not in found:
            raise lock_error(
                _("{lock_path} does not contain {parent}, the parent of {location}").format(
                    lock_path=lock_path, parent=each.parent, location=each.location
                ),
                ANEW,
            )
    for path, each in ("", about), *((path, packages[path]) for path in wanted):
        for name in sorted(_needed(each)):
            if not any(f"{above}{_MODULES}{name}" in found for above in _above(path)):
                by = path.rpartition(_MODULES)[2] or about_path
                why = _("{lock_path} does not contain {name}, which {by} needs").format(
                    lock_path=lock_path, name=short(name), by=by
                )
                raise lock_error(
                    _("{why}: it does not match the current {about_path}").format(
                        why=why, about_path=about_path
                    ),
                    ANEW,
                )
    return tuple(found.values())


_RESOLVED = "package.json"
"""What errors name, where npm resolved the versions."""
_MAX_PACKAGES = 20_000


def _check_root(lock_path: str, about_path: str, root: Mapping[str, Any], about: Mapping[str, Any]) -> None:
    """Refuses a lock file for other dependencies.

    npm files a package that is also needed for development under either.
    """
    asked = _mapping(about, "dependencies") | _mapping(about, "optionalDependencies")
    twice = _mapping(about, "devDependencies").keys() & asked.keys()
    locked = _mapping(root, "dependencies") | _mapping(root, "optionalDependencies")
    missing = {name: spec for name, spec in _mapping(root, "devDependencies").items() if name in twice}
    if {**missing, **locked} != asked:
        raise lock_error(
            _("{lock_path} does not match the current {about_path}").format(
                lock_path=lock_path, about_path=about_path
            ),
            ANEW,
        )


def _packages_of_old(lock_path: str, lock: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """The packages of a lock file of npm 6 as later ones list them."""
    found: dict[str, Any] = {"": about}
    waiting = [("", lock["dependencies"])]
    while waiting:
        above, listed = waiting.pop()
        for name, each in listed.items() if isinstance(listed, dict) else ():
            if not isinstance(each, dict) or len(found) > _MAX_PACKAGES:
                why = _("{lock_path} is malformed: “dependencies” is not a valid object")
                raise lock_error(why.format(lock_path=lock_path), ANEW)
            path = f"{above}{_MODULES}{name}"
            version = str(each.get("version") or "")
            real, __, number = version.removeprefix("npm:").rpartition("@")
            one = {key: each[key] for key in ("resolved", "integrity", "dev", "optional") if key in each}
            is_alias = version.startswith("npm:") and bool(real)
            one |= {"name": real, "version": number} if is_alias else {"version": version}
            if local := local_folder_of(version):
                one |= {"resolved": local, "link": True}
            one |= {"inBundle": True} if each.get("bundled") else {}
            optional = about.get("optionalDependencies")
            one |= {"optional": True} if not above and isinstance(optional, dict) and name in optional else {}
            found[path] = one
            waiting.append((f"{path}/", each.get("dependencies") or {}))
    return found


def _with_links_followed(
    lock_path: str, packages: Mapping[str, Any], declaration: Declaration
) -> dict[str, Any]:
    """Puts what a lock file has for a linked folder of the project below the link, where it is installed."""
    links = {
        path: posixpath.normpath(str(each.get("resolved") or "."))
        for path, each in packages.items()
        if each.get("link") and not each.get("dev")
    }
    if not links:
        return dict(packages)
    found: dict[str, Any] = {}
    targets = set(links.values())
    for path, each in packages.items():
        if path in links:
            target = links[path]
            folder = declaration.folder(target)
            if folder is None:
                raise_folder_error(declaration, target, lock_path)
            assert folder is not None
            found[path] = {**_about_folder(folder.about, lock_path), "folder": target}
            start = f"{target}/{_MODULES}"
            found |= {
                f"{path}/{inner.removeprefix(f'{target}/')}": value
                for inner, value in packages.items()
                if inner.startswith(start)
            }
        elif path not in targets and not any(path.startswith(f"{target}/{_MODULES}") for target in targets):
            found[path] = each
    return found


def raise_folder_error(declaration: Declaration, written: str, path: str) -> None:
    """Raises the WorkbenchError that says why a folder is not used."""
    read_node_folder(declaration, written, path, 0)
    raise lock_error(
        _("{path} takes a package from the folder {folder}").format(path=path, folder=short(written)), REMEDY
    )


def _about_folder(data: bytes, path: str) -> dict[str, Any]:
    """What a lock file says of a package in a folder, from its package.json."""
    about = parse_json(data, path)
    version = str(about.get("version") or "")
    found: dict[str, Any] = {"version": version if _VERSION.fullmatch(version) else "0.0.0"}
    return found | {kind: about[kind] for kind in ASKED[:2] if isinstance(about.get(kind), dict)}


def _production(packages: Mapping[str, Any], about: Mapping[str, Any]) -> set[str]:
    """The places of packages that are not only for development: unmarked ones, and all that is needed.

    Of a project with workspaces only what is needed: the other workspaces are not this function's.
    """
    has_workspaces = bool(about.get("workspaces"))
    found = {path for path, each in packages.items() if path and not each.get("dev") and not has_workspaces}
    asked = _mapping(about, "dependencies").keys() | _mapping(about, "optionalDependencies").keys()
    twice = asked if has_workspaces else asked & _mapping(about, "devDependencies").keys()
    waiting = [path for name in twice if (path := f"{_MODULES}{name}") in packages]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        needs = (_mapping(packages[path], kind) for kind in ASKED)
        for name in {name for each in needs for name in each}:
            places = (f"{above}{_MODULES}{name}" for above in _above(path))
            waiting += [place for place in places if place in packages][:1]
    return found


def project_of(packages: Collection[LockedPackage]) -> tuple[dict[str, Any], dict[str, Any]]:
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
        about |= {name: list(values) for name, values in (each.limits or {}).items()}
        about |= {"bin": dict(each.commands)} if each.commands else {}
        locked[each.location] = about
    for each in packages:
        kind = "optionalDependencies" if each.is_optional else "dependencies"
        version = each.version if each.name == each.key else f"npm:{each.name}@{each.version}"
        version = each.address if each.folder else version
        parent = locked[each.parent]
        parent.setdefault(kind, {})[each.key] = version
        if each.is_bundled and not parent.get("inBundle"):
            parent.setdefault("bundleDependencies", []).append(each.key)
    lock = {**root, "lockfileVersion": 3, "requires": True, "packages": locked}
    for kind in ASKED:
        lock.pop(kind, None)
    return dict(root), lock


def from_registries(
    packages: Collection[LockedPackage], default: str, scoped: Mapping[str, str]
) -> tuple[LockedPackage, ...]:
    """The same packages, with archives from the user's registries only.

    An archive from another registry is taken from the user's, with the same hash if it has one. So is one
    that the lock file takes from the path of another package: the user was asked about names. `scoped`
    are the registries of scopes, such as "@corp". Raises WorkbenchError for an address outside all of
    them.
    """
    return tuple(replace(each, address=_own_address(each, default, scoped)) for each in packages)


def _own_address(package: LockedPackage, default: str, scoped: Mapping[str, str]) -> str:
    scope = package.name.partition("/")[0] if package.name.startswith("@") else ""
    registry = scoped.get(scope, default).rstrip("/") + "/"
    if package.address.startswith(registry):
        is_its_own = _is_archive_of(package, package.address.removeprefix(registry))
        return package.address if is_its_own else ""  # the registry knows its address; the hash is checked
    if not package.address or package.folder:
        return package.address
    archive = f"{package.name}/-/{package.name.rpartition('/')[2]}-{package.version}.tgz"
    if package.address.replace("%2f", "/").replace("%2F", "/").endswith(f"/{archive}"):
        return registry + archive if package.integrity else ""  # the registry knows its address
    host = urlsplit(package.address).netloc
    why = _("the lock file takes {key} from {host}, which is not one of your registries").format(
        key=package.key, host=host
    )
    raise lock_error(why, _("Set your registry in your user account's .npmrc. {anew}").format(anew=ANEW))


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


def read_package(
    lock_path: str, path: str, about: Mapping[str, Any], declaration: Declaration, is_old: bool = False
) -> LockedPackage:
    """A package of a lock file, by what a package-lock.json of npm 7 says of it.

    Raises WorkbenchError if it is neither from a registry nor from a folder of the project.

    Args:
        is_old: Whether the lock file does not tell for which systems a package is.
    """
    key = path.rpartition(_MODULES)[2]
    address, integrity = str(about.get("resolved") or ""), str(about.get("integrity") or "")
    name, version = str(about.get("name") or key), str(about.get("version") or "")
    faults = (
        (
            not LOCATION.fullmatch(path),
            _("{lock_path} contains {path}, which is not in a node_modules folder"),
            REMEDY,
        ),
        (
            address and not _ADDRESS.fullmatch(address),
            _("{lock_path} takes {key} from {address}, not from a registry"),
            REMEDY,
        ),
        (
            not _NAMED.fullmatch(name) or not _VERSION.fullmatch(version),
            _("{lock_path} does not specify a registry version for {key} ({version})"),
            REMEDY,
        ),
        (
            integrity and not _INTEGRITY.fullmatch(integrity),
            _("{lock_path} is malformed: the integrity of {key} is not a hash"),
            ANEW,
        ),
        (
            about.get("hasShrinkwrap"),
            _("{lock_path} contains {key}, which includes a lock file that would be used"),
            REMEDY,
        ),
    )
    for is_fault, why, remedy in faults:
        if is_fault:
            words = {"path": short(path), "address": short(address), "version": short(version)}
            raise lock_error(why.format(lock_path=lock_path, key=short(key), **words), remedy)
    check_specs(lock_path, key, about, declaration, about.get("folder"))
    limits = {kind: values for kind in _SYSTEMS if (values := _plain_names(about.get(kind)))}
    return LockedPackage(
        path,
        name,
        version,
        address,
        integrity,
        bool(about.get("optional") or about.get("devOptional")),
        bool(about.get("inBundle")),
        bool(about.get("hasInstallScript")),
        None if is_old and not limits else limits,
        _commands(key, about.get("bin")),
        str(about.get("folder") or ""),
    )


def check_specs(
    path: str, key: str, about: Mapping[str, Any], declaration: Declaration, above: str | None = None
) -> None:
    """Refuses requirements of packages from elsewhere than a registry, or a folder of the project.

    Args:
        path: The file that is read, and `key` the package in it that requires; "" for the code itself.
        above: The folder of that package; None if it is not in the project, and may name no folder.
    """
    for kind in ASKED:
        for name, spec in _mapping(about, kind).items():
            folder = local_folder_of(spec) if above is not None and _NAMED.fullmatch(name) else ""
            if folder:
                folder = posixpath.normpath(posixpath.join(above or "", folder))
                if declaration.folder(folder) is None:
                    raise_folder_error(declaration, folder, path)
                continue
            if not _NAMED.fullmatch(name) or not (_RANGE.fullmatch(spec) or _ALIAS.fullmatch(spec)):
                what = (
                    _("{path} takes {name} from {spec} for {key}, not from a registry")
                    if key
                    else _("{path} takes {name} from {spec}, not from a registry")
                )
                raise lock_error(
                    what.format(path=path, name=short(name), spec=short(spec), key=key),
                    REMEDY,
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


def lock_error(why: str, remedy: str) -> WorkbenchError:
    """The error for a lock file, or for what it lacks."""
    return WorkbenchError(WHAT, f"{why}.", remedy)

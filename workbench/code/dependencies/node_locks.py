"""Reads yarn.lock (of Yarn 1 and later) and pnpm-lock.yaml: exact versions, and hashes where there are any.

No setting or plugin of Yarn or pnpm is read. Their packages are laid out in node_modules as npm would: at the
top if nothing else is there, otherwise below the package that needs them. Sources:
https://classic.yarnpkg.com/en/docs/yarn-lock, https://yarnpkg.com/protocols and
https://github.com/pnpm/spec/tree/master/lockfile
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.code.dependencies.declaration_files import malformed, parse_json, text_of
from workbench.code.dependencies.declared import Declaration, DeclarationKind
from workbench.code.dependencies.local_packages import local_folder_of
from workbench.code.dependencies.npm_lock import (
    LockedPackage,
    check_specs,
    lock_error,
    raise_folder_error,
    read_package,
)
from workbench.code.dependencies.requirements import short
from workbench.core.messages import _

_MAX_PLACED = 20_000
_MAX_DEPTH = 40
_ABOUT = DeclarationKind.NODE.value
_UPDATE = _("Update the lock file, or remove it: then npm resolves the versions.")
_KINDS = ("dependencies", "optionalDependencies")


@dataclass(frozen=True, slots=True)
class _Node:
    """A package of a lock file.

    Attributes:
        about: As a package-lock.json would list it.
        needs: Name in node_modules -> what `_Graph.find` is asked for.
        optional: The names among them that may be missing.
    """

    about: Mapping[str, Any]
    needs: Mapping[str, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()


_Find = Callable[[str, str], tuple[str, _Node] | None]
"""Name and specification -> an identity and the package; None if the lock file does not have it."""


def read_foreign_lock(declaration: Declaration) -> tuple[LockedPackage, ...]:
    """The packages of a yarn.lock or pnpm-lock.yaml, except development ones, by their places.

    Raises WorkbenchError if it is malformed, does not match the package.json, or has a package that is
    neither from a registry nor from a folder of the project.
    """
    lock_path = declaration.path
    about = parse_json(declaration.data[1], _ABOUT)
    check_specs(_ABOUT, "", about, declaration, "")
    text = text_of(declaration.data[0], lock_path)
    if declaration.kind is DeclarationKind.PNPM:
        root, find = _pnpm(_yaml(text, lock_path), about, declaration)
    else:
        is_first = "# yarn lockfile v1" in text or not re.search(r"^__metadata:", text, re.MULTILINE)
        root, find = (_yarn_1 if is_first else _yarn_later)(text, about, declaration)
    placed = _laid_out(root, find, lock_path)
    # Yarn 1 does not say for which systems a package is.
    return tuple(
        read_package(lock_path, path, each, declaration, is_old=declaration.kind is DeclarationKind.YARN)
        for path, each in sorted(placed.items())
    )


def _laid_out(root: _Node, find: _Find, lock_path: str) -> dict[str, dict[str, Any]]:
    """Places every package that is needed in node_modules: location -> what a package-lock.json lists."""
    identities: dict[str, str] = {}
    placed: dict[str, dict[str, Any]] = {}
    strict: set[str] = set()
    waiting = deque([("", root, True)])
    while waiting:
        path, node, is_needed = waiting.popleft()
        for name, spec in node.needs.items():
            must = is_needed and name not in node.optional
            found = find(name, spec)
            if found is None:
                if name in node.optional:
                    continue
                by = path.rpartition("node_modules/")[2] or _ABOUT
                raise lock_error(
                    _("{lock_path} does not contain {name}, which {by} needs: it does not match").format(
                        lock_path=lock_path, name=f"{short(name)}@{short(spec)}", by=by
                    ),
                    _UPDATE,
                )
            identity, package = found
            place = _place_of(path, name, identity, identities)
            if place in identities:
                if not must or place in strict:
                    continue
            elif len(placed) >= _MAX_PLACED or place.count("node_modules/") > _MAX_DEPTH:
                raise malformed(lock_path, _("its packages require each other without an end"))
            identities[place] = identity
            placed[place] = {**package.about, **({} if must else {"optional": True})}
            if must:
                strict.add(place)
            waiting.append((place, package, must))
    return placed


def _place_of(path: str, name: str, identity: str, identities: Mapping[str, str]) -> str:
    """Where a package is found from a place, or else is put."""
    above = path
    while True:
        place = f"{above}/node_modules/{name}".lstrip("/")
        if place in identities:
            return place if identities[place] == identity else f"{path}/node_modules/{name}".lstrip("/")
        if not above:
            return place
        above = above.rpartition("node_modules/")[0].rstrip("/")


def _needs_of(about: Mapping[str, Any]) -> tuple[dict[str, str], frozenset[str]]:
    optional = about.get("optionalDependencies")
    optional = optional if isinstance(optional, dict) else {}
    listed = about.get("dependencies")
    needs = {str(name): str(spec) for name, spec in (listed if isinstance(listed, dict) else {}).items()}
    meta = about.get("dependenciesMeta")
    left = {
        str(name)
        for name, each in (meta if isinstance(meta, dict) else {}).items()
        if isinstance(each, dict) and str(each.get("optional")).lower() == "true"
    }
    return needs | {str(name): str(spec) for name, spec in optional.items()}, frozenset(
        {*map(str, optional), *left}
    )


def _root(about: Mapping[str, Any]) -> _Node:
    return _Node({}, *_needs_of(about))


def _local(declaration: Declaration, spec: str) -> tuple[str, _Node] | None:
    """The package in a folder that the package.json names."""
    written = local_folder_of(spec)
    if not written:
        return None
    folder = declaration.folder(written)
    if folder is None:
        raise_folder_error(declaration, written, declaration.path)
    assert folder is not None
    about = parse_json(folder.about, written)
    version = str(about.get("version") or "0.0.0")
    return f"folder:{written}", _Node({"version": version, "folder": written}, *_needs_of(about))


# Yarn


def _yarn_1(text: str, about: Mapping[str, Any], declaration: Declaration) -> tuple[_Node, _Find]:
    entries: dict[str, tuple[str, _Node]] = {}
    for number, (patterns, each) in enumerate(_entries(text, declaration.path)):
        name, spec = _split(patterns[0])
        alias = re.fullmatch(r"npm:((?:@[^/]+/)?[^@]+)(?:@.*)?", spec)
        described: dict[str, Any] = {"version": each.get("version", "")}
        described |= {"name": alias[1]} if alias else {}
        described |= _archive(str(each.get("resolved") or ""), str(each.get("integrity") or ""))
        node = _Node(described, *_needs_of(each))
        entries |= dict.fromkeys(patterns, (f"{number} {name}", node))
    return _root(about), _finder(entries, about, declaration, lambda name, spec: (f"{name}@{spec}",))


def _archive(resolved: str, integrity: str) -> dict[str, Any]:
    """The archive's address, without the weak hash behind "#", and its hash."""
    address, __, mark = resolved.partition("#")
    found = {"resolved": address if re.fullmatch(r"[0-9a-f]{40}|", mark) else resolved}
    strong = " ".join(each for each in integrity.split() if not each.startswith(("sha1-", "md5-")))
    return found | ({"integrity": strong} if strong else {})


def _yarn_later(text: str, about: Mapping[str, Any], declaration: Declaration) -> tuple[_Node, _Find]:
    entries: dict[str, tuple[str, _Node]] = {}
    for key, each in _yaml(text, declaration.path).items():
        if key == "__metadata" or not isinstance(each, dict):
            continue
        resolution = str(each.get("resolution") or "")
        name, where = _split(resolution)
        described: dict[str, Any] = {"name": name, "version": str(each.get("version") or "")}
        if not where.startswith("npm:"):
            described["resolved"] = where  # refused, if it is needed
        described |= _conditions(str(each.get("conditions") or ""))
        node = _Node(described, *_needs_of(each))
        entries |= {pattern.strip(): (resolution, node) for pattern in str(key).split(",")}

    def patterns(name: str, spec: str) -> Iterable[str]:
        return (f"{name}@{spec}", f"{name}@npm:{spec}")

    return _root(about), _finder(entries, about, declaration, patterns)


def _conditions(text: str) -> dict[str, list[str]]:
    """Systems, from "os=darwin & cpu=arm64"; with alternatives any system counts."""
    found = re.findall(r"\b(os|cpu|libc)=([A-Za-z0-9_-]+)", text)
    return {} if "|" in text else {key: [value] for key, value in found}


def _finder(
    entries: Mapping[str, tuple[str, _Node]],
    about: Mapping[str, Any],
    declaration: Declaration,
    patterns: Callable[[str, str], Iterable[str]],
) -> _Find:
    resolutions = about.get("resolutions")
    replaced = {
        name.rpartition("**/")[2]: str(spec)
        for name, spec in (resolutions if isinstance(resolutions, dict) else {}).items()
    }

    def find(name: str, spec: str) -> tuple[str, _Node] | None:
        specs = [spec, *([replaced[name]] if name in replaced else [])]
        for pattern in (pattern for each in specs for pattern in patterns(name, each)):
            if pattern in entries and not local_folder_of(spec):
                return entries[pattern]
        return _local(declaration, spec)

    return find


def _split(descriptor: str) -> tuple[str, str]:
    """Name and specification of "@scope/name@^1.0"."""
    at = descriptor.find("@", 1)
    return (descriptor, "") if at < 0 else (descriptor[:at], descriptor[at + 1 :])


def _entries(text: str, path: str) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """The entries of a yarn.lock of Yarn 1: their patterns, and what is indented below them."""
    patterns: list[str] = []
    found: dict[str, Any] = {}
    inner: dict[str, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        words = [
            word or quoted for quoted, word in re.findall(r'"((?:[^"\\]|\\.)*)"|([^\s,:"][^\s,"]*)', bare)
        ]
        words = [
            word.removesuffix(":") if place == len(words) - 1 else word for place, word in enumerate(words)
        ]
        if indent == 0 and bare.endswith(":") and words:
            if patterns:
                yield patterns, found
            patterns, found, inner = words, {}, None
        elif indent == 2 and bare.endswith(":") and len(words) == 1 and patterns:
            inner = found[words[0]] = {}
        elif indent == 2 and len(words) == 2 and patterns:
            found[words[0]], inner = words[1], None
        elif indent == 4 and len(words) == 2 and inner is not None:
            inner[words[0]] = words[1]
        else:
            raise malformed(path, _("line {number} is not understood").format(number=number))
    if patterns:
        yield patterns, found


# pnpm


def _pnpm(lock: dict[str, Any], about: Mapping[str, Any], declaration: Declaration) -> tuple[_Node, _Find]:
    path = declaration.path
    importers = _map(lock.get("importers"))
    importer = _map(importers.get(".")) if importers else lock
    packages, snapshots = _map(lock.get("packages")), _map(lock.get("snapshots"))
    asked, optional = _needs_of(about)
    specifiers = _map(importer.get("specifiers"))
    needs = {}
    for kind in _KINDS:
        for name, each in _map(importer.get(kind)).items():
            ref = str(_map(each).get("version") if isinstance(each, dict) else each)
            specifier = str(_map(each).get("specifier") if isinstance(each, dict) else specifiers.get(name))
            if name in asked and specifier not in (asked[name], "None"):
                raise lock_error(
                    _("{lock_path} does not match the current {about_path}").format(
                        lock_path=path, about_path=_ABOUT
                    ),
                    _UPDATE,
                )
            if name in asked:
                needs[name] = asked[name] if local_folder_of(asked[name]) else ref
    needs = {name: needs.get(name, "") for name in asked}

    def find(name: str, ref: str) -> tuple[str, _Node] | None:
        if local := _local(declaration, ref):
            return local
        keys = (f"{name}@{ref}", ref, f"/{name}@{ref}", f"/{name}/{ref}")
        for key in keys:
            bare = key.partition("(")[0]
            if (ref and not {key, bare}.isdisjoint(packages)) or key in snapshots:
                each = _map(packages.get(key) or packages.get(bare))
                return key, _pnpm_node(key, each, _map(snapshots.get(key)) or each)
        return None

    return _Node({}, needs, optional), find


def _pnpm_node(key: str, about: Mapping[str, Any], edges: Mapping[str, Any]) -> _Node:
    bare = key.partition("(")[0]
    if found := re.fullmatch(r"/((?:@[^/@]+/)?[^/@]+)/([^/_]+)(?:_.*)?", bare):
        name, version = found[1], found[2]
    else:
        name, version = _split(bare.removeprefix("/"))
    resolution = _map(about.get("resolution"))
    described: dict[str, Any] = {"name": str(about.get("name") or name), "version": version}
    described["version"] = str(about.get("version") or version)
    described |= _archive(str(resolution.get("tarball") or ""), str(resolution.get("integrity") or ""))
    elsewhere = [key for key in ("repo", "directory", "path") if key in resolution]
    if elsewhere:
        described["resolved"] = str(resolution[elsewhere[0]]) or "?"
    described |= {kind: about[kind] for kind in ("os", "cpu", "libc") if kind in about}
    return _Node(described, *_needs_of({kind: edges.get(kind) for kind in _KINDS}))


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _yaml(text: str, path: str) -> dict[str, Any]:
    """A YAML file of plain values, all of them texts. Raises WorkbenchError."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # makes texts, lists and dictionaries only
    try:
        depth = 0
        for event in yaml.parse(text, loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if (
                isinstance(event, yaml.AliasEvent) or depth > _MAX_DEPTH
            ):  # a small file could become a large one
                raise malformed(path, _("it has references, or too many levels"))
        value = yaml.load(text, loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise malformed(path, " ".join(str(error).split())[:200]) from error
    if not isinstance(value, dict):
        raise malformed(path, _("it does not contain an object"))
    return {str(key): each for key, each in value.items()}

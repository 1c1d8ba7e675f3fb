"""Installs Python packages for a Lambda runtime with uv, as files, without building or running anything.

uv works in a scratch folder on files that are written from what was parsed, and never sees the code. It gets
one configuration file, written from the user's and the system's, with the settings for the sources of
packages and the access to them; settings that would let uv build or replace packages are left out. Sources:
https://docs.astral.sh/uv/reference/cli/#uv-pip-install,
https://docs.astral.sh/uv/concepts/configuration-files/ and .../reference/settings/
"""

import csv
import io
import json
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from workbench.code.contents import fault_in_name
from workbench.code.dependencies.declared import Declaration, DeclarationKind, InstallPreview
from workbench.code.dependencies.local_folders import copy_files
from workbench.code.dependencies.local_packages import folder_reader
from workbench.code.dependencies.pip_settings import read_pip_settings
from workbench.code.dependencies.python_locks import check_uv_lock, locked_requirements
from workbench.code.dependencies.python_projects import source_files
from workbench.code.dependencies.requirements import (
    LOGIN,
    WHAT,
    Requirement,
    Requirements,
    as_file,
    host_of,
    read_requirements,
)
from workbench.code.dependencies.store import InstalledFiles, Target
from workbench.code.dependencies.tool_process import (
    base_environment,
    not_installed_error,
    run_tool,
    uv_environment,
)
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext

_RESOLVED = re.compile(r"Resolved (\d+) packages?")
_DOWNLOADING = re.compile(r"\s*Downloading (\S+)")
_DOWNLOADED = re.compile(r"\s*Downloaded (\S+)")
# Files in the list of installed files that differ from machine to machine.
_OWN_FILES = ("direct_url.json", "uv_cache.json")


def install(
    declaration: Declaration, target: Target, root: Path, scratch: Path, ctx: JobContext
) -> InstalledFiles:
    """Installs a declaration into an empty folder, from the cache, and from the network if necessary.

    uv works in the empty scratch folder. Cancel ends it. Raises WorkbenchError if the declaration is refused,
    or uv failed; see `uv_error`.
    """
    requirements = _requirements_of(declaration, target, scratch, ctx)
    settings = read_settings()
    _check_hosts(declaration, requirements, settings)
    command = [
        find_uv(), "pip", "install", "--config-file", str(_write_settings(settings, scratch)),
        "--target", str(root), "--python-platform", target.platform,
        "--python-version", target.python_full_version,
        "--only-binary", ":all:", "--no-sources", "--no-compile-bytecode", "--no-progress", *_interpreter(),
    ]  # fmt: skip
    for option, listed in (
        ("--requirements", requirements.wanted),
        ("--constraints", requirements.constraints),
        ("--overrides", requirements.overrides),
    ):
        if listed:
            file = scratch / f"{option.strip('-')}.txt"
            file.write_text(as_file(listed), "utf-8")
            command += [option, str(file)]
    command += ["--prerelease", "allow"] if requirements.prereleases else []
    command += ["--require-hashes"] if requirements.needs_hashes else []
    for index in requirements.indexes:
        is_only = index.replaces and len(requirements.indexes) == 1 and not requirements.asks_default
        command += ["--default-index" if is_only else "--index", index.url]
    progress = _Progress(ctx)
    environment = uv_environment()
    if requirements.wanted:
        ended = run_tool([*command, "--offline"], scratch, ctx, environment=environment)
        if ended.status:
            ctx.progress(0, 0, _("Finding packages"))
            ended = run_tool(command, scratch, ctx, progress.take, environment=environment)
        if ended.status:
            raise uv_error(ended.text, target, declaration.path)
    return _with_folders(tidy(root), declaration, requirements, root)


def _with_folders(
    found: InstalledFiles, declaration: Declaration, requirements: Requirements, root: Path
) -> InstalledFiles:
    """Copies the packages of the project's folders beside the installed ones."""
    sizes: dict[str, int] = {}
    names = []
    for folder in declaration.folders:
        sizes |= copy_files(source_files(folder.folder, declaration.path), root)
        names.append((folder.folder.name, _("(folder)")))
    if not sizes:
        return found
    return InstalledFiles(
        (*found.packages, *names),
        tuple(sorted({*found.paths, *sizes})),
        found.size_bytes + sum(sizes.values()),
        found.notes,
    )


def _check_hosts(declaration: Declaration, requirements: Requirements, settings: Mapping[str, Any]) -> None:
    """Raises WorkbenchError if an index is neither the user's nor agreed to for this project."""
    new = _new_hosts(declaration, requirements, settings)
    for index in requirements.indexes:
        if index.host in new:
            raise WorkbenchError(
                WHAT,
                _("{where}: {host} is not one of your package indexes.").format(
                    where=index.where, host=index.host
                ),
                _("Choose Install Dependencies to allow it for this project, or name it in your uv.toml."),
                action="dependencies.install",
            )


def _new_hosts(
    declaration: Declaration, requirements: Requirements, settings: Mapping[str, Any]
) -> tuple[str, ...]:
    own = {host_of(each.rstrip("/")) for each in _indexes(settings, uv_environment())}
    known = own | declaration.hosts
    asked = (index.host for index in requirements.indexes)
    return tuple(dict.fromkeys(host for host in asked if host not in known))


def preview(declaration: Declaration, target: Target, scratch: Path, ctx: JobContext) -> InstallPreview:
    """The packages that `install` would install, and the indexes that uv would search.

    Accesses no network. Raises WorkbenchError if the declaration is refused.
    """
    asked = _requirements_of(declaration, target, scratch, ctx)
    packages = tuple(each.text for each in asked.wanted)
    limits = tuple(each.text for each in (*asked.constraints, *asked.overrides))
    settings = read_settings()
    only = [index for index in asked.indexes if index.replaces]
    own = () if only and not asked.asks_default else _indexes(settings, uv_environment())
    sources = tuple(dict.fromkeys((*(index.url for index in asked.indexes), *own)))
    folders = tuple(_("{folder} (folder of the project)").format(folder=each) for each in asked.folders)
    return InstallPreview(
        declaration.path, declaration.consent, (*packages, *folders), limits, sources,
        new_hosts=_new_hosts(declaration, asked, settings),
    )  # fmt: skip


def _requirements_of(
    declaration: Declaration, target: Target, scratch: Path, ctx: JobContext
) -> Requirements:
    read_folder = folder_reader(declaration)
    if declaration.kind is DeclarationKind.REQUIREMENTS:
        files = dict(zip(declaration.files, declaration.data, strict=True))
        found = read_requirements(files, declaration.path, read_folder)
    elif declaration.kind is DeclarationKind.UV:
        found = _exported(declaration, target, scratch, ctx)
    else:
        found = locked_requirements(declaration, read_folder)
    if not found.indexes:
        return found
    # Many declarations name the index that uv has by default: the user's own is in its place.
    default = host_of(default_index())
    others = tuple(index for index in found.indexes if index.host != default)
    return replace(found, indexes=others, asks_default=len(others) < len(found.indexes))


@cache
def default_index() -> str:
    """The address of the index that uv has without any settings, as its help says; "" if it does not."""
    with tempfile.TemporaryDirectory(prefix="workbench-uv-", ignore_cleanup_errors=True) as folder:
        command = [find_uv(), "pip", "install", "--help", "--no-config"]
        ended = run_tool(command, Path(folder), JobContext(), environment=base_environment())
    found = re.search(r"--default-index <.*?by default:\s*<?(https://[^\s<>)]+)", ended.text, re.DOTALL)
    return found[1] if found else ""


def find_uv() -> str:
    """The path of uv, which comes with Workbench. Raises WorkbenchError."""
    from uv import find_uv_bin

    try:
        return str(find_uv_bin())
    except FileNotFoundError as error:
        raise not_installed_error("uv", WHAT, _("Reinstall Workbench.")) from error


def tidy(root: Path) -> InstalledFiles:
    """Removes what depends on the machine, such as scripts that start with the path of its Python.

    Files are replaced, not changed: uv may have linked them to its cache. Raises OSError.
    """
    (root / ".lock").unlink(missing_ok=True)
    packages, sizes = [], {}
    for record in sorted(root.glob("*.dist-info/RECORD")):
        name, __, version = record.parent.name.removesuffix(".dist-info").partition("-")
        packages.append((name.replace("_", "-").lower(), version))
        kept, dropped = [], False
        for row in csv.reader(io.StringIO(record.read_text("utf-8"))):
            if not row or fault_in_name(row[0]):
                continue  # a path outside the folder is not a file of the package
            if _is_of_this_machine(root, row[0]):
                (root / row[0]).unlink(missing_ok=True)
                dropped = True
                continue
            kept.append(row)
            sizes[row[0]] = int(row[2]) if len(row) > 2 and row[2].isdecimal() else 0
        if dropped:
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(kept)
            record.unlink()
            record.write_text(text.getvalue(), "utf-8")
        sizes[record.relative_to(root).as_posix()] = record.stat().st_size
    scripts = root / "bin"
    if scripts.is_dir() and not any(scripts.iterdir()):
        scripts.rmdir()
    return InstalledFiles(tuple(sorted(packages)), tuple(sorted(sizes)), sum(sizes.values()))


def _is_of_this_machine(root: Path, path: str) -> bool:
    folder, __, name = path.rpartition("/")
    if folder.endswith(".dist-info"):
        return name in _OWN_FILES
    if folder not in ("bin", "Scripts"):
        return False
    try:
        with (root / path).open("rb") as file:
            return file.read(2) == b"#!" or name.endswith(".exe")
    except FileNotFoundError:
        return True


def _exported(declaration: Declaration, target: Target, scratch: Path, ctx: JobContext) -> Requirements:
    """The requirements of a uv.lock. uv reads it beside a project that has only a name."""
    project = scratch / "project"
    listed = "exported.txt"
    name = check_uv_lock(declaration)
    project.mkdir()
    (project / "uv.lock").write_bytes(declaration.data[0])
    (project / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "0"\n', "utf-8")
    ended = run_tool(
        [
            find_uv(), "export", "--frozen", "--no-dev", "--no-default-groups", "--no-emit-project",
            "--no-header", "--no-annotate", "--format", "requirements.txt", "--output-file",
            str(project / listed), "--project", str(project), "--no-config", "--offline", *_interpreter(),
        ],
        project,
        ctx,
        environment=base_environment(),
    )  # fmt: skip
    if ended.status:
        raise uv_error(ended.text, target, declaration.path)
    read = folder_reader(declaration)

    def check(written: str, path: str, line: int) -> tuple[Requirement, ...]:
        read(written, path, line)
        return ()  # the lock file has what it requires, with versions

    return read_requirements({declaration.path: (project / listed).read_bytes()}, declaration.path, check)


def _interpreter() -> tuple[str, ...]:
    """Options: uv requires some Python of any version, and searching for one takes time."""
    return () if getattr(sys, "frozen", False) else ("--python", sys.executable)


class _Progress:
    """Turns uv's output into progress: it names the packages that it downloads."""

    def __init__(self, ctx: JobContext) -> None:
        self._ctx = ctx
        self._total = 0
        self._done = 0

    def take(self, line: str) -> None:
        if found := _RESOLVED.match(line):
            self._total = int(found[1])
            self._report(
                ngettext("{count} package", "{count} packages", self._total).format(count=self._total)
            )
        elif found := _DOWNLOADED.match(line):
            self._done += 1
            self._report(found[1])
        elif found := _DOWNLOADING.match(line):
            self._report(_("Downloading {file}").format(file=found[1]))

    def _report(self, text: str) -> None:
        self._ctx.progress(min(self._done, self._total), self._total, text)


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
    (r"No space left on device|os error 28\b|os error 112\b", _("The disk is full."),
     _("Free some space, then try again. No data was lost.")),
    (rf"Hash mismatch for `{_NAMED}`",
     _("The file that was downloaded for {name} does not match the hash in the lock file."),
     (_("Do not install it. If the lock file is older than the package, update the lock file and "
"review the changes."))),
    (rf"Hash-checking is required, .*? for: `{_NAMED}`",
     _("Some requirements have a hash, so all need one, but {name} has none."),
     _("Specify hashes for all packages (uv pip compile --generate-hashes), or for none.")),
    (r"401 Unauthorized|403 Forbidden|status code: 40[13]",
     _("The package index rejected the credentials."),
     _("Set the credentials of the index in uv (uv auth login, or UV_INDEX), then try again.")),
    (rf"attempted to build `{_NAMED}`",
     (_("{name} is a folder, an archive or a repository. Workbench only installs wheels and does "
"not build packages.")),
     _("Build a wheel (uv build --wheel) and specify that file, or put its code next to the "
"function's code.")),
    (r"Couldn't parse|Error parsing|Failed to parse|Expected one of|TOML parse error",
     _("{path} is malformed."), _("Correct the line that uv reports, then try again.")),
    (r"lockfile .*(?:needs to be updated|outdated)",
     _("The lock file does not match the current pyproject.toml."),
     _("Run uv lock in the code folder, then try again.")),
    (rf"Because (?:all versions of )?{_NAMED} ha(?:s|ve) no (?:usable )?wheels",
     _("{name} has no wheel for {target}, and a build on this computer would not run on Lambda. {wheels}"),
     _("Choose a version of {bare} that has a wheel, or another runtime or architecture for the function.")),
    (rf"Because {_NAMED} was not found in the", _("The package {name} does not exist in the package index."),
     _("Correct its name. For a private index, set UV_INDEX or create a uv.toml.")),
    (rf"Because (?:there is no version of|only) {_NAMED}", _("This version of {bare} does not exist."),
     _("Choose an existing version.")),
    (r"No solution found", _("No set of versions satisfies all requirements in {path}."),
     _("Relax one of the requirements that uv reports.")),
    (_UNREACHABLE, _("Some packages are not available offline, and the package index cannot be reached."),
     _("Check the network connection and the proxy, then try again.")),
    (r"Permission denied|os error 13\b", _("You do not have permission to write to a folder."),
     _("Change the permissions of the folder that uv reports.")),
)  # fmt: skip
"""Pattern in uv's output, which may contain a `name` -> reason and remedy. The first match is used."""


def uv_error(text: str, target: Target, path: str) -> WorkbenchError:
    """The error for uv's output on a declaration, whose main file is at `path`."""
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
            return WorkbenchError(WHAT, why.format(**words).rstrip() + _quoted(said), remedy.format(**words))
    return WorkbenchError(
        WHAT,
        _("uv failed.{said}").format(said=_quoted(said)),
        _("Check {path}, then try again.").format(path=path),
    )


def _wheels(text: str, name: str) -> str:
    """For which platforms a package has wheels, if uv says so."""
    found = re.search(rf"Wheels are available for `{re.escape(name)}` (.*?)(?:$|hint:)", text)
    return _("There are wheels {tags}.").format(tags=found[1].strip()) if found else ""


def _quoted(said: str) -> str:
    said = said.removeprefix("error: ")
    if len(said) > _LONGEST:
        said = said[:_LONGEST].rstrip() + " …"
    return f"\nuv: {said}\n" if said else ""


PYPI = "PyPI"
"""uv's source of packages by default."""

_WHAT = _("The settings of uv could not be read.")
_FILE = "uv.toml"
_KEYS = (
    "index", "index-url", "extra-index-url", "no-index", "find-links", "index-strategy", "keyring-provider",
    "allow-insecure-host", "trusted-host", "native-tls", "system-certs", "http-proxy", "https-proxy",
    "no-proxy", "offline", "no-cache", "cache-dir", "link-mode", "concurrent-downloads",
    "concurrent-installs", "exclude-newer", "prerelease", "resolution",
)  # fmt: skip

_SOURCES = ("index", "index-url", "extra-index-url", "no-index", "find-links")
_SOURCE_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def read_settings() -> dict[str, Any]:
    """The user's settings, completed with those of the system, and pip's indexes where uv has none.

    Raises WorkbenchError.
    """
    settings: dict[str, Any] = {}
    for path in _files():
        settings |= _read(path)
    if settings.keys().isdisjoint(_SOURCES) and not any(os.environ.get(name) for name in _SOURCE_VARIABLES):
        settings |= read_pip_settings()
    return settings


def _write_settings(settings: Mapping[str, Any], folder: Path) -> Path:
    """Writes the settings for uv into a folder. Raises OSError."""
    path = folder / _FILE
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in settings.items()), "utf-8")
    return path


def _indexes(settings: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, ...]:
    """The indexes that uv searches, without user names and passwords. Variables override settings."""
    tables = [
        each for each in settings.get("index", ()) if isinstance(each, dict) and not each.get("explicit")
    ]
    default = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    default = default or next((each.get("url") for each in tables if each.get("default")), None)
    found = environment.get("UV_INDEX", "").split() + environment.get("UV_EXTRA_INDEX_URL", "").split()
    found += [str(each.get("url")) for each in tables if not each.get("default")]
    found += map(str, settings.get("extra-index-url", ()))
    found += [str(default or settings.get("index-url") or PYPI)]
    if settings.get("no-index"):
        found = []
    found += environment.get("UV_FIND_LINKS", "").split(",") + list(map(str, settings.get("find-links", ())))
    # An index may have a name before its address: name=https://…
    bare = (LOGIN.sub("", re.sub(r"^[\w.-]+=(?=\w+:)", "", each.strip())) for each in found)
    return tuple(dict.fromkeys(filter(None, bare)))


def _files() -> list[Path]:
    """The files, in order of precedence: later ones are overridden."""
    if own := os.environ.get("UV_CONFIG_FILE"):
        return [Path(own)]
    if os.environ.get("UV_NO_CONFIG", "").lower() in ("1", "true", "yes", "on", "t", "y"):
        return []
    if sys.platform == "win32":
        folders = [os.environ.get("PROGRAMDATA", ""), os.environ.get("APPDATA", "")]
        return [path for each in folders if each and (path := Path(each, "uv", _FILE)).is_file()]
    system = [
        Path(each, "uv", _FILE) for each in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if each
    ]
    user = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "uv", _FILE)
    first = next((path for path in [*system, Path("/etc/uv") / _FILE] if path.is_file()), None)
    return [path for path in (first, user) if path is not None and path.is_file()]


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise explain_os_error(error, _WHAT, path) from error
    except ValueError as error:
        raise WorkbenchError(
            _WHAT,
            _("{path} is malformed: {error}.").format(path=path, error=error),
            _("Correct it, then try again."),
        ) from error
    pip = values.get("pip")
    values |= pip if isinstance(pip, dict) else {}
    return {key: _placed(key, values[key], path.parent) for key in _KEYS if key in values}


def _placed(key: str, value: Any, folder: Path) -> Any:
    """A value with absolute paths, because uv gets a file in another folder."""
    if isinstance(value, list):
        return [_placed(key, each, folder) for each in value]
    if isinstance(value, dict):
        return {name: _placed(name, each, folder) for name, each in value.items()}
    paths = ("url", "index-url", "extra-index-url", "find-links", "cache-dir")
    if key in paths and isinstance(value, str) and not (_ADDRESS.match(value) or os.path.isabs(value)):
        return str(folder / value)
    return value


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=False)
    return str(value.isoformat())  # tomllib's other values are dates and times

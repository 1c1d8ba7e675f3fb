"""Python projects that declare packages without a lock file, or that are themselves a local package.

Only what their files say literally is used: nothing of them is run, and what only a build could tell is
refused.
Sources: https://packaging.python.org/en/latest/specifications/pyproject-toml/,
https://python-poetry.org/docs/dependency-specification/, https://pipenv.pypa.io/en/latest/pipfile.html,
https://setuptools.pypa.io/en/latest/userguide/package_discovery.html
"""

import ast
import configparser
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.code.contents import fault_in_name
from workbench.code.dependencies.declaration_files import parse_toml, read_file
from workbench.code.dependencies.local_folders import LocalFile, files_of
from workbench.code.dependencies.requirements import decode, logical_lines, refused, short
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

_PYPROJECT, _SETUP_CFG, _SETUP_PY = "pyproject.toml", "setup.cfg", "setup.py"
_CODE_ELSEWHERE = ("git", "hg", "svn", "bzr", "url", "ref")
_PLAIN = _("Write the version as a range, such as >=1.2,<2.")


def poetry_dependencies(about: Mapping[str, Any]) -> dict[str, Any]:
    """The main dependencies of a pyproject.toml for Poetry, without Python itself."""
    found = table(table(table(about.get("tool")).get("poetry")).get("dependencies"))
    return {name: each for name, each in found.items() if name.lower() != "python"}


def poetry_lines(dependencies: Mapping[str, Any], path: str) -> Iterator[str]:
    """The dependencies of Poetry as lines of a requirements file; folders as "./path".

    Raises WorkbenchError if one has no such form, or is not from an index.
    """
    for name, value in dependencies.items():
        for each in value if isinstance(value, list) else [value]:
            about = each if isinstance(each, dict) else {"version": each}
            if about.get("optional"):
                continue
            if folder := _folder_of(name, about, path):
                yield folder
                continue
            versions = ",".join(_poetry_versions(str(about.get("version") or "*"), name, path))
            markers = [f"({each})" for each in _poetry_markers(name, about, path)]
            yield _line(name, about.get("extras"), versions, " and ".join(markers))


def pipfile_lines(packages: Mapping[str, Any], path: str) -> Iterator[str]:
    """The packages of a Pipfile as lines of a requirements file; raises as `poetry_lines` does."""
    for name, value in packages.items():
        about = value if isinstance(value, dict) else {"version": value}
        if folder := _folder_of(name, about, path):
            yield folder
            continue
        version = str(about.get("version") or "*").strip()
        keys = ("sys_platform", "os_name", "platform_system", "platform_machine", "python_version")
        markers = [f"({about['markers']})"] if about.get("markers") else []
        markers += [f"({key} {about[key]})" for key in keys if about.get(key)]
        version = f"=={version}" if version[:1].isdigit() else "" if version == "*" else version
        yield _line(name, about.get("extras"), version, " and ".join(markers))


def _line(name: str, extras: object, versions: str, marker: str) -> str:
    wanted = ",".join(map(str, extras)) if isinstance(extras, list) else ""
    text = f"{name}[{wanted}]{versions}" if wanted else f"{name}{versions}"
    return f"{text} ; {marker}" if marker else text


def _folder_of(name: str, about: Mapping[str, Any], path: str) -> str:
    """The folder that a table takes a package from; "" for an index."""
    if any(key in about for key in _CODE_ELSEWHERE):
        why = _("{name} comes from another source, not from a package index").format(name=short(name))
        raise refused(path, 0, why, _("Use a version of it that is in an index."))
    folder = about.get("path", about.get("file"))
    if folder is None:
        return ""
    return str(folder) if str(folder).startswith(("./", "../")) or folder in (".", "..") else f"./{folder}"


_CARET = re.compile(r"[\^]\s*(\d+(?:\.\d+)*)(\S*)")
_TILDE = re.compile(r"~(?!=)\s*(\d+(?:\.\d+)*)(\S*)")
_COMPARED = re.compile(r"(===|==|!=|<=|>=|~=|<|>)\s*([\w.*+!-]+)")


def _poetry_versions(text: str, name: str, path: str) -> Iterator[str]:
    """Version specifiers of PEP 440 for a constraint of Poetry."""
    if "|" in text:
        why = _("{name} has alternative ranges ({text})").format(name=short(name), text=short(text))
        raise refused(path, 0, why, _PLAIN)
    for each in filter(None, re.split(r"\s*,\s*|(?<=[\w*.])\s+(?=[<>=!~^])", text.strip())):
        if each == "*":
            continue
        if found := _CARET.fullmatch(each):
            yield from (f">={found[1]}{found[2]}", f"<{_caret_end(found[1])}")
        elif found := _TILDE.fullmatch(each):
            parts = [int(part) for part in found[1].split(".")]
            end = [parts[0] + 1] if len(parts) == 1 else [parts[0], parts[1] + 1]
            yield from (f">={found[1]}{found[2]}", f"<{'.'.join(map(str, end))}")
        elif found := _COMPARED.fullmatch(each):
            yield f"{found[1]}{found[2]}"
        elif re.fullmatch(r"\d[\w.*+!-]*", each):
            yield f"=={each}"
        else:
            why = _("{name} has a version that is not understood ({text})").format(
                name=short(name), text=short(text)
            )
            raise refused(path, 0, why, _PLAIN)


def _caret_end(version: str) -> str:
    """The first version that `^version` excludes: the leftmost part that is not zero goes up."""
    parts = [int(part) for part in version.split(".")]
    place = next((place for place, part in enumerate(parts) if part), len(parts) - 1)
    return ".".join(map(str, [*parts[:place], parts[place] + 1]))


def _poetry_markers(name: str, about: Mapping[str, Any], path: str) -> Iterator[str]:
    if python := about.get("python"):
        for each in _poetry_versions(str(python), name, path):
            found = _COMPARED.fullmatch(each)
            assert found is not None
            yield f"python_version {found[1]} '{found[2]}'"
    if platform := about.get("platform"):
        yield f"sys_platform == '{platform}'"
    if markers := about.get("markers"):
        yield str(markers)


@dataclass(frozen=True, slots=True)
class SourceProject:
    """A Python package in a folder, as its files describe it.

    Attributes:
        needs: Lines of a requirements file; folders relative to its own.
        packages: Folders and modules to take, relative to its folder.
        base: The folder, relative to its own, whose contents are at the top of the package: "src" or "".
    """

    needs: tuple[str, ...]
    packages: tuple[str, ...]
    base: str


_NOT_PACKAGES = frozenset(
    {
        "test", "tests", "testing", "doc", "docs", "example", "examples", "script", "scripts", "tool",
        "tools", "build", "dist", "venv", "env", "bin", "benchmark", "benchmarks", "node_modules", "tasks",
        "site",
    }
)  # fmt: skip
_NOT_MODULES = frozenset({"setup.py", "conftest.py", "noxfile.py", "tasks.py", "test.py", "manage.py"})
_COMPILED = (".pyx", ".pxd", ".c", ".cc", ".cpp", ".rs", ".f90")
_BUILT = ("Cargo.toml", "CMakeLists.txt", "meson.build")
_MUST_BE_BUILT = _(
    "Build a wheel of it and publish that in an index, or put its code next to the function's."
)


def read_source_project(folder: Path, path: str, line: int = 0) -> SourceProject:
    """Reads what a folder's pyproject.toml, setup.cfg or setup.py says of its package.

    Raises WorkbenchError if there is no such file, or only a build could tell what is in it.
    """
    reader = _SourceReader(folder, path, line)
    return SourceProject(reader.needs(), *reader.layout())


def source_files(folder: Path, path: str) -> tuple[tuple[str, LocalFile], ...]:
    """The files of a folder's package, with their paths at the top of Lambda's package.

    Raises WorkbenchError as `read_source_project` does, and if there is nothing to take, or a part has to be
    compiled.
    """
    project = read_source_project(folder, path)
    found = []
    for file in files_of(folder, path):
        if any(file.path == each or file.path.startswith(f"{each}/") for each in project.packages):
            if file.path.endswith(_COMPILED):
                why = _("the folder {folder} has {file}, which must be compiled").format(
                    folder=short(folder.name), file=short(file.path)
                )
                raise refused(path, 0, why, _MUST_BE_BUILT)
            found.append((file.path.removeprefix(f"{project.base}/") if project.base else file.path, file))
    if not found:
        why = _("the folder {folder} has no Python package").format(folder=short(folder.name))
        raise refused(path, 0, why, _("Correct the path, or remove the line."))
    return tuple(found)


class _SourceReader:
    """Reads the files of one folder. Its methods raise WorkbenchError."""

    def __init__(self, folder: Path, path: str, line: int) -> None:
        self._folder, self._path, self._line = folder, path, line
        pyproject, cfg, script = (self._read(name) for name in (_PYPROJECT, _SETUP_CFG, _SETUP_PY))
        if pyproject is cfg is script is None:
            raise self._refuse(
                _("has no pyproject.toml, setup.cfg or setup.py"), _("Add a pyproject.toml to it.")
            )
        about = parse_toml(pyproject, self._name(_PYPROJECT)) if pyproject is not None else {}
        self._project, self._tool = table(about.get("project")), table(about.get("tool"))
        self._poetry = poetry_dependencies(about)
        self._cfg = self._parse_cfg(cfg)
        self._script = self._parse_script(script)
        if "ext_modules" in self._script or any((folder / name).is_file() for name in _BUILT):
            raise self._refuse(_("has parts that must be compiled"), _MUST_BE_BUILT)

    def needs(self) -> tuple[str, ...]:
        if "dependencies" in listed(self._project.get("dynamic")):
            return self._dynamic()
        if self._project or self._poetry:
            found = tuple(map(str, listed(self._project.get("dependencies"))))
            return found or tuple(poetry_lines(self._poetry, self._name(_PYPROJECT)))
        if self._cfg.has_option("options", "install_requires"):
            text = self._cfg.get("options", "install_requires")
            return tuple(filter(None, (each.strip() for each in text.splitlines())))
        return tuple(self._literal_list("install_requires"))

    def layout(self) -> tuple[tuple[str, ...], str]:
        """The packages to take, and their base."""
        if named := self._named_packages():
            bases = {PurePosixPath(each).parent.as_posix() for each in named}
            base = bases.pop() if len(bases) == 1 else "."
            return tuple(named), "" if base == "." else base
        base = self._base()
        modules = self._listed_modules()
        top = self._folder / base if base else self._folder
        found = [] if modules else self._discovered(top, in_source=bool(base))
        prefix = f"{base}/" if base else ""
        return tuple(f"{prefix}{each}" for each in (*found, *modules)), base

    def _discovered(self, top: Path, *, in_source: bool) -> list[str]:
        try:
            entries = sorted(top.iterdir())
        except OSError:
            return []
        folders = [
            each.name
            for each in entries
            if each.name.isidentifier() and not each.is_symlink() and each.is_dir() and _has_python(each)
        ]
        own = re.sub(r"[-.]+", "_", str(self._project.get("name") or self._script.get("name") or "")).lower()
        if not in_source:
            matching = [each for each in folders if each.lower() == own]
            folders = matching or [each for each in folders if each.lower() not in _NOT_PACKAGES]
        modules = [
            each.name
            for each in entries
            if each.suffix == ".py" and each.is_file() and each.name not in _NOT_MODULES
        ]
        if in_source:
            return folders + modules
        return folders or [each for each in modules if each.removesuffix(".py") == own] or modules

    def _named_packages(self) -> list[str]:
        """Packages that a build tool's settings name."""
        setuptools = table(self._tool.get("setuptools"))
        base = self._base()
        prefix = f"{base}/" if base else ""
        found = [f"{prefix}{each}".replace(".", "/") for each in listed(setuptools.get("packages"))]
        wheel = table(table(table(table(self._tool.get("hatch")).get("build")).get("targets")).get("wheel"))
        found += map(str, listed(wheel.get("packages")))
        for each in listed(table(self._tool.get("poetry")).get("packages")):
            if isinstance(each, dict):
                found.append("/".join(filter(None, (str(each.get("from") or ""), str(each.get("include"))))))
        found = [each.strip("/").removeprefix("./").removesuffix("/**/*") for each in found]
        return [each for each in found if each and not fault_in_name(each)]

    def _base(self) -> str:
        setuptools = table(self._tool.get("setuptools"))
        where = listed(table(table(setuptools.get("packages")).get("find")).get("where"))
        candidates = [
            table(setuptools.get("package-dir")).get(""),
            where[0] if where else None,
            table(self._script.get("package_dir")).get(""),
            self._cfg.get("options.packages.find", "where", fallback=None),
            "src"
            if (self._folder / "src").is_dir() and not (self._folder / "src/__init__.py").exists()
            else None,
        ]
        base = str(next((each for each in candidates if each), "")).strip("./")
        return "" if fault_in_name(base) else base

    def _listed_modules(self) -> list[str]:
        named = table(self._tool.get("setuptools")).get("py-modules") or self._script.get("py_modules")
        return [f"{each}.py" for each in listed(named) if str(each).isidentifier()]

    def _dynamic(self) -> tuple[str, ...]:
        """Dependencies that setuptools reads from a requirements file."""
        about = table(table(table(self._tool.get("setuptools")).get("dynamic")).get("dependencies"))
        files = about.get("file")
        names = [files] if isinstance(files, str) else listed(files)
        if not names and (
            "install_requires" in self._script or self._cfg.has_option("options", "install_requires")
        ):
            if self._cfg.has_option("options", "install_requires"):
                text = self._cfg.get("options", "install_requires")
                return tuple(filter(None, (each.strip() for each in text.splitlines())))
            return tuple(self._literal_list("install_requires"))
        if not names:
            raise self._refuse(_("has dependencies that only a build can determine"), _MUST_BE_BUILT)
        lines: list[str] = []
        for name in map(str, names):
            data = None if fault_in_name(name) else self._read(name)
            if data is None:
                raise self._refuse(
                    _("takes its dependencies from a file that it does not have"), _MUST_BE_BUILT
                )
            lines += (each.text for each in logical_lines(decode(data, self._name(name))))
        return tuple(lines)

    def _literal_list(self, key: str) -> list[str]:
        value = self._script.get(key, [])
        if not isinstance(value, list | tuple):
            raise self._refuse(
                _("has a setup.py that computes {key}, which only a build can determine").format(key=key),
                _MUST_BE_BUILT,
            )
        return list(map(str, value))

    def _parse_cfg(self, data: bytes | None) -> configparser.ConfigParser:
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(decode(data or b"", self._name(_SETUP_CFG)))
        except configparser.Error as error:
            raise self._refuse(_("has a malformed setup.cfg"), _("Correct it, then try again.")) from error
        return parser

    def _parse_script(self, data: bytes | None) -> dict[str, Any]:
        """The literal arguments of setup() in a setup.py; what is computed is None."""
        if data is None:
            return {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise self._refuse(_("has a malformed setup.py"), _("Correct it, then try again.")) from error
        assigned = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setup"
            ):
                return {each.arg: _literal(each.value, assigned) for each in node.keywords if each.arg}
        return {}

    def _read(self, name: str) -> bytes | None:
        place = self._folder / name
        try:
            if not place.is_file() or not place.resolve().is_relative_to(self._folder.resolve()):
                return None
        except (OSError, RuntimeError):
            return None
        return read_file(place)

    def _name(self, name: str) -> str:
        return f"{self._folder.name}/{name}"

    def _refuse(self, why: str, remedy: str) -> WorkbenchError:
        words = _("the folder {folder} {why}").format(folder=short(self._folder.name), why=why)
        return refused(self._path, self._line, words, remedy)


def _literal(node: ast.expr, assigned: Mapping[str, ast.expr]) -> object:
    if isinstance(node, ast.Name):
        node = assigned.get(node.id, node)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _has_python(folder: Path) -> bool:
    return any(folder.glob("*.py")) or any(folder.glob("*/__init__.py"))


def table(value: object) -> dict[str, Any]:
    """A table of a TOML file; empty if it is something else."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    """A list of a TOML or JSON file; empty if it is something else."""
    return value if isinstance(value, list) else []


MAIN = "main"
"""The group of Poetry's packages that are not only for development."""


def is_main(about: Mapping[str, Any]) -> bool:
    """Whether a package of a poetry.lock is in the main group. Older files have a category, or neither."""
    groups = about.get("groups")
    if isinstance(groups, list):
        return MAIN in groups
    return str(about.get("category") or MAIN) == MAIN

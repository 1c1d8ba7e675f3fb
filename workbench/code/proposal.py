"""The runtime and the handler that code proposes for a new function. A template only gives a hint."""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from workbench.code.handlers import find_handlers, java_version
from workbench.code.sources import FAMILY_OF_SOURCE, Sources, json_object, language_of_file
from workbench_sandbox.rules.runtimes import FAMILIES, family_of, version_of

_PROJECT_FILES = {
    "package.json": "nodejs",
    "requirements.txt": "python",
    "pyproject.toml": "python",
    "Pipfile": "python",
    "Gemfile": "ruby",
    "pom.xml": "java",
    "build.gradle": "java",
    "build.gradle.kts": "java",
    "go.mod": "provided",
    "Cargo.toml": "provided",
}
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,4})*")
_COMPARATOR = re.compile(r"(>=|<=|>|<|=|\^|~>?)?\s*v?(\d{1,4}|[xX*])(?:\.(\d{1,4}|[xX*]))?[^\s|,]*")
_RUBY = re.compile(r"^[ \t]*+ruby[ \t]*+\(?[ \t]*+['\"]([^'\"\n]{1,40})", re.MULTILINE)
_MAX_COMPARATORS = 50
Version = tuple[int, ...]
Fits = Callable[[Version], bool]


@dataclass(frozen=True, slots=True)
class Hint:
    """What a template says of a function."""

    handler: str
    runtime: str


@dataclass(frozen=True, slots=True)
class CodeProposal:
    """What code proposes. Empty where it tells nothing.

    Attributes:
        runtime: For the handlers.
        handlers: That the runtime could call, most likely first.
    """

    runtime: str = ""
    handlers: tuple[str, ...] = ()

    @property
    def handler(self) -> str:
        """The most likely handler."""
        return next(iter(self.handlers), "")


NO_PROPOSAL = CodeProposal()


def propose_for(
    sources: Sources,
    offered: Sequence[str],
    runtime: str = "",
    usual: str = "",
    hints: Sequence[Hint] = (),
    check: Callable[[], object] = lambda: None,
) -> CodeProposal:
    """Reads the function's own code.

    Args:
        offered: The runtimes that a new function can have, newest of each family first.
        runtime: The runtime that was chosen; empty if the code is to propose it.
        usual: The runtime for code that needs no other.
        hints: What templates say. They count where the code agrees with them.
        check: Called between files; may raise to stop.
    """
    found = find_handlers(sources, check)
    family = family_of(runtime) if runtime else _family(sources, found, family_of(usual))
    handlers = found.get(family, ())
    hinted = [each.handler for each in hints if family_of(each.runtime) in ("", family)]
    first = [each for each in hinted if each in handlers]
    handlers = tuple(dict.fromkeys((*first, *handlers)))
    return CodeProposal(runtime or _runtime(sources, family, offered, usual, hints), handlers)


def _family(sources: Sources, found: dict[str, tuple[str, ...]], usual: str) -> str:
    """The family with handlers; without any, that of the files nearest to the top."""
    listed = [family for name, family in _PROJECT_FILES.items() if sources.text(name)]
    with_handlers = [family for family in FAMILIES if found.get(family)]
    if with_handlers:
        return min(with_handlers, key=lambda each: (each != "provided", each not in listed, each != usual))
    for path in sources.own:
        language = language_of_file(path)
        family = FAMILY_OF_SOURCE.get(language, language)
        if family and "config" not in path.rpartition("/")[2]:
            return family
    return next(iter(listed), "")


def _runtime(sources: Sources, family: str, offered: Sequence[str], usual: str, hints: Sequence[Hint]) -> str:
    """The runtime that the files ask for, else the usual one of the family, else its newest."""
    known = [each for each in offered if family_of(each) == family]
    if not known:
        return ""
    usual = usual if usual in known else known[0]
    for fits in _requirements(sources, family):
        fitting = [each for each in known if fits(version_of(each))]
        if fitting:
            return usual if usual in fitting else fitting[0]
    hinted = [each.runtime for each in hints if each.runtime in known]
    return hinted[0] if hinted else usual


def _requirements(sources: Sources, family: str) -> Iterator[Fits]:
    """What the project's files ask for, most exact first."""
    match family:
        case "python":
            yield from _of_python(sources)
        case "nodejs":
            yield from _of_node(sources)
        case "ruby":
            words = re.search(
                r"^\s*ruby\s*\(?\s*['\"]([^'\"\n]{1,40})", sources.text("Gemfile"), re.MULTILINE
            )
            yield from _pinned(sources.text(".ruby-version"), words[1] if words else "")
        case "java":
            versions = [java_version(sources.data(path)) for path in sources.of("java")[:50]]
            newest = max(versions, default=0)
            # The oldest runtime that can run them: it is what the project was tested with.
            yield from (partial(_is_version, (each,)) for each in range(newest, newest + 20) if newest)
        case "dotnet":
            for path in sources.own:
                if path.endswith((".runtimeconfig.json", ".csproj", "aws-lambda-tools-defaults.json")):
                    found = re.search(r"\b(?:net|dotnet)(\d{1,2})(?:\.0)?\b", sources.text(path))
                    yield from _pinned(found[1] if found else "")


def _of_python(sources: Sources) -> Iterator[Fits]:
    project = _toml(sources.text("pyproject.toml"))
    pipfile = _toml(sources.text("Pipfile"))
    pins = (_string(_table(pipfile, "requires"), key) for key in ("python_full_version", "python_version"))
    yield from _pinned(_first_line(sources.text(".python-version")), sources.text("runtime.txt"), *pins)
    wanted = _string(_table(project, "project"), "requires-python")
    poetry = _string(_table(project, "tool", "poetry", "dependencies"), "python")
    for words in (wanted, *(poetry.split("||") if poetry else ())):
        if words:
            try:
                specifiers = SpecifierSet(re.sub(r"\^\s*(\d+)([.\d]*)", _caret, words))
            except InvalidSpecifier:
                continue
            yield partial(_python_fits, specifiers)


def _python_fits(wanted: SpecifierSet, version: Version) -> bool:
    """Whether the first or a late release of a version satisfies a requirement such as >=3.12.3."""
    return any(wanted.contains(".".join(map(str, (*version, patch)))) for patch in (0, 99))


def _caret(found: re.Match[str]) -> str:
    return f">={found[1]}{found[2]},<{int(found[1]) + 1}"


def _of_node(sources: Sources) -> Iterator[Fits]:
    package = json_object(sources.text("package.json"))
    pins = [_first_line(sources.text(name)) for name in (".nvmrc", ".node-version")]
    yield from _pinned(*pins, _string(_table(package, "volta"), "node"))
    wanted = _string(_table(package, "engines"), "node")
    if wanted:
        yield lambda version: _node_fits(wanted, version)


def _node_fits(wanted: str, version: Version) -> bool:
    """Whether some release of a major version satisfies a range of npm."""
    wanted = re.sub(r"(\S+)\s+-\s+(\S+)", r">=\1 <=\2", wanted[:200])
    for choice in wanted.split("||"):
        found = list(_COMPARATOR.finditer(choice))[:_MAX_COMPARATORS]
        if all(_satisfies(each, version[0]) for each in found):
            return True
    return False


def _satisfies(found: re.Match[str], major: int) -> bool:
    sign, number, minor = found[1] or "", found[2], found[3]
    if not number.isdigit():
        return True
    bound, is_whole = int(number), minor is None or not minor.isdigit()
    return {
        ">=": major >= bound,
        ">": major > bound if is_whole else major >= bound,
        "<=": major <= bound,
        "<": major < bound if is_whole or minor == "0" else major <= bound,
    }.get(sign, major == bound)


def _pinned(*texts: str) -> Iterator[Fits]:
    """Requirements of exactly the versions in some texts, such as "v22.3.0" or "python-3.12"."""
    for text in texts:
        if found := _NUMBER.search(text[:100]):
            wanted = tuple(map(int, found[0].split(".")))
            yield partial(_is_version, wanted)


def _is_version(wanted: Version, version: Version) -> bool:
    return version[: len(wanted)] == wanted[: len(version)]


def _first_line(text: str) -> str:
    lines = (line.strip() for line in text[:2000].splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


def _table(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _string(value: object, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""

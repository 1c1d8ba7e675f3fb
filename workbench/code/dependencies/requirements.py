"""Requirements files, parsed as pip does. Packages come from an index, or a folder of the project.

Pure. Source of the format: https://pip.pypa.io/en/stable/reference/requirements-file-format/ and pip's own
`pip/_internal/req/req_file.py`; https://packaging.python.org/en/latest/specifications/dependency-specifiers/.
"""

import codecs
import posixpath
import re
import shlex
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from workbench.code.contents import fault_in_name
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

WHAT = _("The dependencies were not installed.")
MAX_FILES = 100
MAX_FILE_BYTES = 4 << 20
MAX_REQUIREMENTS = 5_000
_MAX_LENGTH = 4_096
_INDEX = (
    _("only your own settings can choose package sources"),
    _("Remove the line. To use a custom index, set UV_INDEX or specify it in your user account's uv.toml."),
)
_WHEELS = (_("Workbench only installs wheels"), _("Remove the line."))
_OPTIONS: dict[str, tuple[str, str]] = {
    "--no-index": _INDEX,
    "-f": _INDEX, "--find-links": _INDEX, "--trusted-host": _INDEX,
    "--no-binary": _WHEELS, "--only-binary": _WHEELS,
}  # fmt: skip
_REPLACING = ("-i", "--index-url", "--pypi-url")
_INDEXES = (*_REPLACING, "--extra-index-url")
_FOLDERS = ("-e", "--editable")
_REMEDY = _("Write the name and version of a package in an index, such as boto3==1.40.0.")
_UNKNOWN = (_("the option is not supported in a requirements file"), _("Remove the line."))
_HASH_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
LOGIN = re.compile(r"(?<=://)[^/\s@]+@")
"""User name and password in a URL."""
# What is written for uv: nothing that it could interpret as a path, address, variable or comment.
_SAFE = re.compile(r"[A-Za-z0-9 ._\-\[\],<>=!~;()'\"+*]+")
_VERSION = re.compile(r"[A-Za-z0-9.!+_*-]+")
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_ENCODINGS = re.compile(r"ascii|utf-8|iso8859-\d+|cp\d+|koi8-[rut]|shift_jis|euc_\w+|gb\w+|big5\w*")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_ARCHIVES = (".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".egg")


# Every parser agrees on such an address: no user name, backslash, query or variable.
_INDEX_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?)(?:/[A-Za-z0-9._~%/+-]*)?"
)
_THIS_COMPUTER = ("127.0.0.1", "localhost")


class Line(NamedTuple):
    """A logical line without comments, never empty, and the number of its first line, from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """A required package in standard form, and its hashes ("sha256:…"); none for any file."""

    text: str
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedIndex:
    """An index that a declaration asks for.

    Attributes:
        replaces: Whether it is asked instead of the user's, and not besides.
        where: File, line and option, for errors.
    """

    url: str
    replaces: bool
    where: str

    @property
    def host(self) -> str:
        return host_of(self.url)


@dataclass(frozen=True, slots=True)
class Requirements:
    """The requirements of a declaration.

    Attributes:
        constraints: Limit the versions of packages that are installed for other reasons.
        needs_hashes: Whether packages without a hash are refused.
        indexes: Indexes besides the user's own, in order.
        asks_default: Whether uv's default index is asked for by its address, so that the user's own is used.
        folders: Folders of the project with packages, as written. What they require is in `wanted`.
    """

    wanted: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()
    prereleases: bool = False
    needs_hashes: bool = False
    indexes: tuple[AskedIndex, ...] = ()
    asks_default: bool = False
    folders: tuple[str, ...] = ()


ReadFolder = Callable[[str, str, int], tuple[Requirement, ...]]
"""Folder as written, file and line -> what the package in it requires. Raises WorkbenchError."""


def host_of(url: str) -> str:
    """The host of an index's address, with its port if it has one; "" if it is not such an address."""
    found = _INDEX_ADDRESS.fullmatch(url)
    return found["host"] if found else ""


def asked_index(url: str, path: str, line: int, option: str, *, replaces: bool) -> AskedIndex:
    """An index at an address.

    Raises WorkbenchError if the address may not be used: a user name or variable in it would be sent, and
    what parsers disagree on could lead elsewhere.
    """
    where = f"{_where(path, line)}: {option}"
    remedy = _("Write the address as https://host/path, and set credentials in your own settings of uv.")
    if re.search(r"\$\{|%[^0-9A-Fa-f]", url):
        why = _("{option}: it uses the value of a variable (${{…}})").format(option=option)
        raise refused(path, line, why, remedy)
    found = _INDEX_ADDRESS.fullmatch(url)
    if not found or ".." in found["host"] or "/../" in f"{url}/":
        why = _("{option}: the address of a package index is not accepted: {url}").format(
            option=option, url=short(url)
        )
        raise refused(path, line, why, remedy)
    if found["scheme"] == "http" and found["host"].partition(":")[0] not in _THIS_COMPUTER:
        why = _("{option}: the package index {host} is not asked over a secure connection (https)").format(
            option=option, host=found["host"]
        )
        raise refused(path, line, why, remedy)
    return AskedIndex(url, replaces, where)


def as_file(requirements: tuple[Requirement, ...]) -> str:
    """The text of a requirements file with exactly these."""
    return "".join(
        " \\\n    ".join((each.text, *(f"--hash={one}" for one in each.hashes))) + "\n"
        for each in requirements
    )


def read_requirements(
    files: Mapping[str, bytes], path: str, read_folder: ReadFolder | None = None
) -> Requirements:
    """The requirements of the file at a path, and of those that it includes, from contents by path.

    Raises WorkbenchError if a line is refused or malformed, or a file is missing.

    Args:
        read_folder: Reads a folder of the project; without it folders are refused.
    """
    reader = _Reader(files, read_folder)
    reader.read(path, as_constraints=False)
    return Requirements(
        tuple(reader.wanted), tuple(reader.constraints), (), reader.prereleases, reader.needs_hashes,
        tuple(dict.fromkeys(reader.indexes)), folders=tuple(dict.fromkeys(reader.folders)),
    )  # fmt: skip


def included(data: bytes, path: str) -> tuple[str, ...]:
    """The files within the code that a requirements file includes. Ignores its errors."""
    found: list[str] = []
    try:
        for line in logical_lines(decode(data, path)):
            for name, value in _pairs(_tokens(path, line)[1]):
                inner = _inside(path, value) if name in _INCLUDES else ""
                if inner:
                    found.append(inner)
    except WorkbenchError:
        pass  # the line is refused when the packages are to be installed
    return tuple(found)


def parse_requirement(text: str, path: str, line: int = 0) -> str:
    """A requirement in standard form. `path` and `line` (from 1; 0 if unknown) are for errors.

    Raises WorkbenchError if it is malformed, or takes a package from elsewhere than an index.
    """
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    if len(text) > _MAX_LENGTH:
        raise refused(path, line, _("the requirement is too long"), _REMEDY)
    if "${" in text:
        raise refused(path, line, _("it uses the value of a variable (${…})"), _("Write the value instead."))
    try:
        parsed = Parsed(text)
    except (InvalidRequirement, RecursionError) as error:
        if source := _foreign_source_of(text):
            raise refused(path, line, *source) from error
        why = _("“{text}” is not a valid requirement").format(text=short(text))
        raise refused(path, line, why, _REMEDY, is_malformed=True) from error
    if parsed.url is not None or parsed.name.lower().endswith(_ARCHIVES):
        raise refused(path, line, *(_foreign_source_of(text) or _ADDRESS))
    extras = f"[{','.join(sorted(parsed.extras))}]" if parsed.extras else ""
    versions = ",".join(sorted(map(str, parsed.specifier)))
    if any(not _VERSION.fullmatch(each.version) for each in parsed.specifier):
        why = _("“{text}” does not specify a version").format(text=short(text))
        raise refused(path, line, why, _REMEDY, is_malformed=True)
    found = f"{parsed.name}{extras}{versions}" + (f" ; {parsed.marker}" if parsed.marker else "")
    if not _SAFE.fullmatch(found):
        why = _("“{text}” contains characters that are not valid in a requirement").format(text=short(text))
        raise refused(path, line, why, _REMEDY)
    return found


def parse_hash(text: str, path: str, line: int = 0) -> str:
    """A hash such as "sha256:…". Raises WorkbenchError if it is malformed or weak."""
    name, __, digest = text.strip().lower().partition(":")
    if len(digest) != _HASH_LENGTHS.get(name) or not re.fullmatch(r"[0-9a-f]+", digest):
        why = _("“{text}” is not a secure hash").format(text=short(text))
        raise refused(path, line, why, _("Use sha256, sha384 or sha512."), is_malformed=True)
    return f"{name}:{digest}"


def refused(path: str, line: int, why: str, remedy: str, *, is_malformed: bool = False) -> WorkbenchError:
    """The error for a line."""
    where = _where(path, line)
    return WorkbenchError(
        WHAT,
        _("{path} is malformed. {where}: {why}.").format(path=path, where=where, why=why)
        if is_malformed
        else f"{where}: {why}.",
        remedy,
    )


def _where(path: str, line: int) -> str:
    return _("{path}, line {line}").format(path=path, line=line) if line else path


def decode(data: bytes, path: str) -> str:
    """A file's text, decoded by byte order mark, coding line, or as UTF-8. Raises WorkbenchError."""
    if len(data) > MAX_FILE_BYTES:
        why = _("it is larger than {max_file_bytes} MiB").format(max_file_bytes=MAX_FILE_BYTES >> 20)
        raise refused(path, 0, why, _("Remove what the function does not need."))
    encoding, start = next(((name, len(mark)) for mark, name in _BOMS if data.startswith(mark)), ("", 0))
    if not encoding:
        found = next(
            (match[1] for each in data.split(b"\n", 2)[:2] if (match := _CODING.match(each))), b"utf-8"
        )
        encoding = _encoding(found.decode("ascii", "replace"), path)
    try:
        text = data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, start + error.start) + 1
        why = _("it is not {encoding} text").format(encoding=encoding.upper())
        raise refused(path, line, why, _("Save the file as UTF-8.")) from error
    if (position := text.find("\0")) >= 0:
        line = text.count("\n", 0, position) + 1
        raise refused(path, line, _("it contains a NUL character"), _("Save the file as UTF-8."))
    return text


def logical_lines(text: str) -> Iterator[Line]:
    """The lines of a requirements file joined as by pip, without comments and empty lines."""
    parts: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        is_comment = line.lstrip().startswith("#")
        first = first if parts else number
        if line.endswith("\\") and not is_comment:
            parts.append(line.rstrip("\\"))
            continue
        parts.append(f" {line}" if is_comment else line)  # a comment ends a continued line
        if whole := _without_comment("".join(parts)):
            yield Line(first, whole)
        parts = []
    if parts and (whole := _without_comment("".join(parts))):
        yield Line(first, whole)


def _without_comment(line: str) -> str:
    position = line.find("#")
    while position > 0 and not line[position - 1].isspace():
        position = line.find("#", position + 1)
    return (line if position < 0 else line[:position]).strip()


def _encoding(name: str, path: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        found = ""
    if not _ENCODINGS.fullmatch(found):
        why = _("“{name}” is not a supported encoding of a requirements file").format(name=short(name))
        raise refused(path, 1, why, _("Save the file as UTF-8."))
    return found


# Sources of packages other than an index: why they are refused, and the remedy.
_VCS = (_("it takes a package from a repository, which would require a build"), _REMEDY)
_ADDRESS = (
    _("it takes a package from a URL, but only your own settings can choose package sources"),
    _REMEDY,
)
_PATH = (
    _(
        "it takes a package from a file or folder, but Workbench installs from an index or a "
        "folder of the project"
    ),
    _("Write the folder as ./name, or publish a wheel in an index."),
)


def _foreign_source_of(text: str) -> tuple[str, str] | None:
    if re.search(r"(?:^|[@\s])(?:git|hg|svn|bzr)(?:\+|://)", text, re.IGNORECASE):
        return _VCS
    name, __, _marker = text.partition(";")
    if re.search(r"(?:^|@)\s*file:", name, re.IGNORECASE):
        return _PATH
    if "://" in name or re.match(r"(?:[\w.\[\],-]+\s*@\s*)?https?:", name, re.IGNORECASE):
        return _ADDRESS
    if re.match(r"[.~/\\]|[A-Za-z]:[\\/]|[^<>=!~\[@\s]*[/\\]", name) or name.strip().lower().endswith(
        _ARCHIVES
    ):
        return _PATH
    return _ADDRESS if re.match(r"[\w.\[\],-]+\s*@", name) else None


_NAMED_FOLDER = re.compile(r"[\w.-]+\s*@\s*(?:file:(?!//))?(?P<path>\.{1,2}(?:/.*)?)")


def folder_in(text: str) -> str:
    """The folder that a line takes a package from, as written; "" if it takes it from elsewhere."""
    found = _NAMED_FOLDER.fullmatch(text)
    path = found["path"] if found else text.removeprefix("file:")
    is_path = _foreign_source_of(path) == _PATH or path in (".", "..")
    if not is_path or "://" in text or path.lower().endswith(_ARCHIVES) or re.search(r"[\[;#]", path):
        return ""
    return "" if path.startswith(("/", "~", "file:")) or ":" in path or "\\" in path else path


def short(text: str) -> str:
    """A text for messages: without user name, password and invisible characters, and shortened."""
    text = "".join(each if each.isprintable() else "\ufffd" for each in LOGIN.sub("", text))
    return text if len(text) <= 80 else f"{text[:80]}…"


_Option = tuple[str, str]
_INCLUDES = {"-r": False, "--requirement": False, "-c": True, "--constraint": True}
"""Options that include another file, and whether that contains only constraints."""
_SWITCHES = ("--pre", "--prefer-binary", "--require-hashes")


def _tokens(path: str, line: Line) -> tuple[str, list[str]]:
    """The requirement and the options of a line: options start at the first word with a dash."""
    words = re.split(r"(\s+)", line.text)
    start = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    if start == len(words):
        return line.text, []
    try:
        return "".join(words[:start]).strip(), shlex.split("".join(words[start:]))
    except ValueError as error:
        why = _("its quotation marks do not match ({error})").format(error=error)
        raise refused(path, line.number, why, _("Correct the line."), is_malformed=True) from error


def _pairs(tokens: list[str]) -> Iterator[_Option]:
    """Options and their values. A word without an option stands alone, without a name."""
    waiting = iter(tokens)
    for token in waiting:
        name, equals, value = token.partition("=")
        if token.startswith("--"):
            takes_value = name not in _SWITCHES
            yield name, value if equals or not takes_value else next(waiting, "")
        elif token.startswith("-") and len(token) > 1:
            yield token[:2], token[2:].removeprefix("=") or next(waiting, "")
        else:
            yield "", token


def _inside(path: str, name: str) -> str:
    """The path of an included file, relative to the code; "" if it is outside."""
    if not name or "${" in name or "://" in name or name.lower().startswith(("file:", "/")) or "\\" in name:
        return ""
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    return "" if found == "." or fault_in_name(found) else found


@dataclass(slots=True)
class _Reader:
    """Reads files one after the other, each at most once as requirements and once as constraints."""

    files: Mapping[str, bytes]
    read_folder: ReadFolder | None = None
    wanted: list[Requirement] = field(default_factory=list)
    indexes: list[AskedIndex] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    constraints: list[Requirement] = field(default_factory=list)
    prereleases: bool = False
    needs_hashes: bool = False
    _seen: set[tuple[str, bool]] = field(default_factory=set)

    def read(self, path: str, *, as_constraints: bool) -> None:
        waiting = deque([(path, as_constraints)])
        while waiting:
            path, limits = waiting.popleft()
            if (path, limits) in self._seen:
                continue
            self._seen.add((path, limits))
            for line in logical_lines(decode(self.files[path], path)):
                waiting += self._read_line(path, line, limits)

    def _read_line(self, path: str, line: Line, limits: bool) -> list[tuple[str, bool]]:
        if "${" in line.text:
            why = _("it uses the value of a variable (${…})")
            raise refused(path, line.number, why, _("Write the value instead."))
        text, tokens = _tokens(path, line)
        if not tokens and self._took_folder(path, line, text):
            return []
        if not text:
            found = (self._option(path, line, name, value, limits) for name, value in _pairs(tokens))
            return [each for each in found if each]
        hashes = []
        for name, value in _pairs(tokens):
            if name != "--hash":
                raise self._refuse_option(path, line, name, value)
            hashes.append(parse_hash(value, path, line.number))
        listed = self.constraints if limits else self.wanted
        listed.append(Requirement(parse_requirement(text, path, line.number), tuple(hashes)))
        if len(self.wanted) + len(self.constraints) > MAX_REQUIREMENTS:
            why = _("there are more than {max_requirements:,} requirements").format(
                max_requirements=MAX_REQUIREMENTS
            )
            raise refused(path, line.number, why, _("Remove what the function does not need."))
        return []

    def _took_folder(self, path: str, line: Line, text: str) -> bool:
        """Takes a package from a folder, if a line asks for that and folders can be read."""
        written = folder_in(text)
        if not written or self.read_folder is None:
            return False
        if self.needs_hashes:
            raise refused(path, line.number, *_PATH)
        self.wanted += self.read_folder(written, path, line.number)
        self.folders.append(written)
        return True

    def _option(self, path: str, line: Line, name: str, value: str, limits: bool) -> tuple[str, bool] | None:
        if name in _INCLUDES:
            inner = _inside(path, value)
            if not inner:
                why = _("{file} is outside the function's code").format(file=short(value) or name)
                raise refused(path, line.number, why, _("Include only files from the code folder."))
            if inner not in self.files:
                why = _("it refers to a file that does not exist: {file}").format(file=short(value))
                raise refused(path, line.number, why, _("Add that file, or remove the line."))
            return inner, limits or _INCLUDES[name]
        if name in _INDEXES:
            found = asked_index(value, path, line.number, name, replaces=name in _REPLACING)
            self.indexes.append(found)
            return None
        if name in _FOLDERS:
            if not self._took_folder(path, line, value):
                raise refused(path, line.number, *self._refused_folder(name, value))
            return None
        if name not in _SWITCHES or value:
            raise self._refuse_option(path, line, name, value)
        self.prereleases |= name == "--pre"
        self.needs_hashes |= name == "--require-hashes"
        return None

    def _refused_folder(self, name: str, value: str) -> tuple[str, str]:
        why, remedy = _foreign_source_of(value) or _PATH
        return f"{name}: {why}", remedy

    def _refuse_option(self, path: str, line: Line, name: str, value: str) -> WorkbenchError:
        why, remedy = _OPTIONS.get(name, _UNKNOWN)
        return refused(path, line.number, f"{short(name or value)}: {why}", remedy)

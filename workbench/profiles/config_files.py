"""Parses AWS's configuration files by line as botocore does, and combines their content.

A parser of our own, because configparser stops at the first error, gives no line numbers, and takes four
times as long; and one that handles a line at a time, so that no other thread waits for it.
"""

import gc
import os
import re
import shlex
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from workbench.core.errors import WorkbenchError, sentences
from workbench.core.messages import _
from workbench.profiles.model import ProfileKind

DEFAULTS = "DEFAULT"
"""The section whose options all other sections of its file inherit."""

_REMEDY = _("Correct it, then reload the profiles.")
_RELOAD = "profile.reload"
_ODD_TEXT = _("This line is neither a section nor “option = value”.")
_NOT_UTF_8 = _("It contains bytes that are not UTF-8 text.")
_MANY = 4_000
_BLOCK_BYTES = 1024 * 1024
"""Each block releases the interpreter only briefly, after which another thread must wait again. With the
usual 8 KiB that delayed the main thread by 140 ms."""
_SHOWN = re.compile(r"[a-z][a-z0-9_]{0,30}")


@dataclass(frozen=True, slots=True)
class Section:
    """A `[section]`. Values are not in its repr, since some are secrets.

    Attributes:
        line: The line of its header, from 1.
        options: Name to value, including those of [DEFAULT].
        lines: The line of each option, in the order of `options`.
        continued: (option, line) of every indented line that continues a value.
    """

    name: str
    line: int
    options: dict[str, str] = field(repr=False)
    lines: tuple[int, ...] = ()
    continued: tuple[tuple[str, int], ...] = ()

    def line_of(self, option: str) -> int:
        """The line on which an option is set; 0 if it is not."""
        return next((line for name, line in zip(self.options, self.lines, strict=False) if name == option), 0)


@dataclass(frozen=True, slots=True)
class IniFile:
    """A parsed file.

    Attributes:
        sections: Its sections; for a broken file those that could be read, with duplicate sections merged.
        defaults: The [DEFAULT] section, which is not a profile; None if there is none.
        nul_line: The first line with a NUL character, which the SDK treats as text; 0 for none.
    """

    path: Path
    sections: tuple[Section, ...] = ()
    error: WorkbenchError | None = None
    defaults: Section | None = None
    nul_line: int = 0


def keep_from_collector(made: int) -> None:
    """Called for each of very many long-lived objects, to exclude them from garbage collection.

    None of them is part of a cycle. Searching half a million objects stops every thread for 100 ms, several
    times while they are created and at any time afterwards. Files of usual size never get here.
    """
    if made % _MANY == 0:
        gc.freeze()


def let_go(objects: list[object]) -> None:
    """Frees very many objects, one at a time: all at once they stop every other thread for 100 ms.

    Args:
        objects: What nothing else holds; it is empty then.
    """
    while objects:
        objects.pop()


def read_ini(path: Path) -> IniFile:
    """Parses a file; one that does not exist is empty. Never raises for its content."""
    try:
        with open(path, "rb", buffering=_BLOCK_BYTES, opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(0, "it is not a file")
            return _read(path, file)
    except FileNotFoundError:
        return IniFile(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return IniFile(path, error=_error(path, 0, _("It cannot be opened: {reason}.").format(reason=reason)))


def _open_without_waiting(name: str, flags: int) -> int:
    """Opens a pipe at once, instead of waiting for a writer. A folder reads as empty or fails."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _read(path: Path, file: BinaryIO) -> IniFile:
    start = file.read(3)
    file.seek(0)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return IniFile(path, error=_error(path, 1, sentences(_NOT_UTF_8, _("It was saved as UTF-16."))))
    lines = _Lines(file)
    scan = Scan()
    if start == b"\xef\xbb\xbf":
        file.seek(3)
        scan.blame(1, _("It begins with a byte order mark, which the AWS SDKs do not skip."))
    scan.take(lines)
    if lines.bad_line:
        scan.blame(lines.bad_line, _NOT_UTF_8)
    result = scan.result(path, lines.nul_line)
    scan.close()
    return result


def read_block(lines: Iterable[str]) -> IniFile:
    """Parses lines as if they were a file."""
    scan = Scan()
    scan.take(lines)
    return scan.result(Path())


class _Lines:
    """The lines of a file as text, with Python's universal newlines. Notes what is not UTF-8."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.bad_line = 0
        self.nul_line = 0

    def __iter__(self) -> Iterator[str]:
        number = 0
        for raw in self._file:
            number += 1
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                text = raw.decode("latin-1")
                self.bad_line = self.bad_line or number
            if "\0" in text:
                self.nul_line = self.nul_line or number
            if text.find("\r") in (-1, len(text) - 2):
                yield text
                continue
            pieces = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
            number += len(pieces) - 1
            yield from pieces


class _Open:
    """A section that is being parsed."""

    __slots__ = ("continued", "line", "lines", "options")

    def __init__(self, line: int) -> None:
        self.line = line
        self.options: dict[str, str] = {}
        self.lines: list[int] = []
        self.continued: list[tuple[str, int]] = []


class Scan:
    """Parses lines as configparser.RawConfigParser does, but continues after an error.

    Source: RawConfigParser._read in configparser.py, with the settings of botocore.configloader.

    Attributes:
        faults: (line, why) of each error that stops the SDK.
        headers: The line of each header, and its text.
    """

    def __init__(self) -> None:
        self.faults: list[tuple[int, str]] = []
        self.headers: dict[int, str] = {}
        self._found: dict[str, _Open] = {}
        self._defaults = _Open(0)
        self._nested = False

    def blame(self, line: int, why: str) -> None:
        """Notes an error that stops the SDK."""
        self.faults.append((line, why))

    def take(self, lines: Iterable[str]) -> None:
        section: _Open | None = None
        option, indent, blank = "", 0, 0
        parts: list[str] = []  # parts of the value that is being continued
        for number, line in enumerate(lines, start=1):
            text = line.strip()
            if not text:
                blank += 1
                continue
            if text[0] in "#;":
                continue
            deep = 0 if line[0] == text[0] else len(line) - len(line.lstrip())
            if section and option and deep > indent:
                parts = parts or [section.options[option]]
                parts += [""] * blank
                parts.append(text)
                blank = 0
                section.continued.append((option, number))
                continue
            if parts and section:
                self._join(section, option, parts)
                parts = []
            blank, indent = 0, deep
            if text[0] == "[" and (end := text.rfind("]")) > 1:
                section, option = self._open(text[1:end], number), ""
            elif section is None:
                self.blame(number, _("There is text before the first section."))
                section = _Open(number)  # the lines up to the first section belong to none
            else:
                option = self._set(section, text, number) or option
        if parts and section:
            self._join(section, option, parts)

    def _open(self, name: str, number: int) -> _Open:
        self.headers[number] = name
        if name == DEFAULTS:
            self._defaults.line = self._defaults.line or number
            return self._defaults
        if name in self._found:
            self.blame(number, _("The section [{name}] occurs twice.").format(name=name))
            return self._found[name]
        section = self._found[name] = _Open(number)
        keep_from_collector(len(self._found))
        return section

    def _set(self, section: _Open, text: str, number: int) -> str:
        """Sets an option; returns its name."""
        middle = text.find("=")
        colon = text.find(":") if middle < 0 else text.find(":", 0, middle)
        middle = middle if colon < 0 else colon
        if middle <= 0:
            self.blame(number, _ODD_TEXT)
            return ""
        option = text[:middle].rstrip().lower()
        if option in section.options:
            self.blame(number, _("{option} occurs twice in this section.").format(option=_display(option)))
            return option
        section.options[option] = text[middle + 1 :].lstrip()
        section.lines.append(number)
        return option

    def _join(self, section: _Open, option: str, parts: list[str]) -> None:
        self._nested = self._nested or not parts[0]
        section.options[option] = "\n".join(parts)

    def options(self) -> Iterator[tuple[str, range]]:
        """The name and the lines of each option, up to the last that continues its value."""
        for section in (*self._found.values(), self._defaults):
            last = dict(section.continued)
            for option, line in zip(section.options, section.lines, strict=True):
                yield option, range(line, last.get(option, line) + 1)

    def result(self, path: Path, nul_line: int = 0) -> IniFile:
        """The parsed file, with the first error."""
        sections = tuple(self._sections())
        fault = min(self.faults, default=None)
        return IniFile(path, sections, _error(path, *fault) if fault else None, self._inherited(), nul_line)

    def close(self) -> None:
        """Frees what was scanned."""
        left: list[object] = list(self._found.values())
        self._found.clear()
        let_go(left)

    def _sections(self) -> Iterator[Section]:
        inherited = self._defaults.options
        for made, (name, found) in enumerate(self._found.items(), start=1):
            options, lines = found.options, tuple(found.lines)
            continued = tuple(found.continued)
            if inherited:
                own = dict(zip(options, lines, strict=True))
                usual = dict(zip(inherited, self._defaults.lines, strict=True))
                options, lines = inherited | options, tuple((usual | own).values())
                continued += tuple(each for each in self._defaults.continued if each[0] not in own)
            section = Section(name, found.line, options, lines, continued)
            if self._nested:
                self._check_nested(section)
            keep_from_collector(made)
            yield section

    def _inherited(self) -> Section | None:
        found = self._defaults
        if not found.line:
            return None
        return Section(DEFAULTS, found.line, found.options, tuple(found.lines), tuple(found.continued))

    def _check_nested(self, section: Section) -> None:
        """Checks a value that begins below its option: botocore requires nested settings there.

        Source: _parse_nested in botocore/configloader.py.
        """
        for option, value in section.options.items():
            if value.startswith("\n") and not all("=" in line for line in value.splitlines() if line.strip()):
                at = [line for name, line in section.continued if name == option]
                odd = [
                    number for number, text in enumerate(filter(None, value.split("\n"))) if "=" not in text
                ]
                line = at[odd[0]] if odd and odd[0] < len(at) else section.line_of(option)
                self.blame(
                    line,
                    _("This line is not a valid setting of {option}. Write “setting = value”.").format(
                        option=_display(option)
                    ),
                )


def _display(option: str) -> str:
    """The name of an option, if it certainly is one: a line with a secret may look like one."""
    return f"“{option}”" if _SHOWN.fullmatch(option) else _("An option")


def _error(path: Path, line: int, why: str) -> WorkbenchError:
    place = _("{path}, line {line}").format(path=path, line=line) if line else str(path)
    return WorkbenchError(_("{file} cannot be read.").format(file=place), why, _REMEDY, action=_RELOAD)


VARIABLES = (("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))
"""The variables that name the two files, and their default paths."""

KEY, SECRET = "aws_access_key_id", "aws_secret_access_key"
TOKENS = ("aws_session_token", "aws_security_token")
SSO_PARTS = ("sso_account_id", "sso_role_name")

_SESSION, _SERVICES = "sso-session", "services"
_OTHER = ("plugins", "preview")
_PLAIN = re.compile(r"profile +([A-Za-z0-9_.@+-]+)")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{([^}]*)\})")
_NO_OPTIONS: Mapping[str, str] = {}


def config_paths(environ: Mapping[str, str]) -> tuple[Path, Path]:
    """The configuration file and the credentials file of the SDK, with variables and ~ expanded."""
    config, credentials = (_path(environ.get(variable) or usual, environ) for variable, usual in VARIABLES)
    return config, credentials


def _path(text: str, environ: Mapping[str, str]) -> Path:
    text = _VARIABLE.sub(lambda found: environ.get(found[1] or found[2], found[0]), text)
    return Path(os.path.expanduser(text))


@dataclass(frozen=True, slots=True)
class Parts:
    """A profile's sections in the two files, and its options: those of the credentials file take precedence.

    Source: Session.full_config in botocore/session.py.
    """

    name: str
    config: Section | None
    credentials: Section | None
    options: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, name: str, config: Section | None, credentials: Section | None) -> "Parts":
        if config and credentials:
            return cls(name, config, credentials, config.options | credentials.options)
        section = config or credentials
        return cls(name, config, credentials, section.options if section else _NO_OPTIONS)

    @property
    def takes_role(self) -> bool:
        """Whether the SDK assumes a role with another profile's credentials."""
        return "role_arn" in self.options and "web_identity_token_file" not in self.options

    @property
    def has_keys(self) -> bool:
        """Whether botocore counts it as a profile with its own keys; half a key is enough for that."""
        return KEY in self.options or SECRET in self.options


def kind_of(parts: Parts, *, as_source: bool = False) -> ProfileKind:
    """How a profile gets its credentials: the provider that wins.

    Source: create_credential_resolver, ProfileProviderBuilder.providers and AssumeRoleProvider in
    botocore/credentials.py.

    Args:
        as_source: Whether it is the source profile of a role, which uses its keys if it has any.
    """
    options, credentials, config = parts.options, parts.credentials, parts.config
    if parts.takes_role and not (as_source and parts.has_keys):
        return ProfileKind.ASSUME_ROLE
    if options.get("web_identity_token_file"):
        return ProfileKind.WEB_IDENTITY
    if any(each in options for each in SSO_PARTS):
        return ProfileKind.SSO
    if credentials and KEY in credentials.options:
        return _keys(credentials)
    if "login_session" in options:
        return ProfileKind.LOGIN
    if "credential_process" in options:
        return ProfileKind.PROCESS
    if config and KEY in config.options:
        return _keys(config)
    if "sso_session" in options or "sso_start_url" in options:
        return ProfileKind.SSO  # signed in, but account and role are not chosen yet
    return ProfileKind.UNKNOWN


def _keys(section: Section) -> ProfileKind:
    temporary = any(section.options.get(token) for token in TOKENS)
    return ProfileKind.TEMPORARY if temporary else ProfileKind.STATIC


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """Both files, parsed.

    Attributes:
        sso_sessions: The `[sso-session NAME]` sections, by name.
        services: The `[services NAME]` sections, by name.
        ignored: Sections of the configuration file that the SDK ignores.
        replaced: Sections of the configuration file that a later one of the same profile replaces, with the
            profile's name: `[profile a]` before `[profile "a"]`.
        unread: Variables that are set to an empty value, which makes the SDK read no file.
    """

    config: IniFile
    credentials: IniFile
    profiles: dict[str, Parts]
    sso_sessions: dict[str, Section]
    services: dict[str, Section]
    ignored: tuple[Section, ...] = ()
    replaced: tuple[tuple[str, Section], ...] = ()
    unread: tuple[str, ...] = ()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "ConfigFiles":
        """Parses both files. Never raises for their content; see `error` of each."""
        paths = config_paths(environ)
        unread = tuple(variable for variable, __ in VARIABLES if environ.get(variable) == "")
        files = [
            IniFile(path) if variable in unread else read_ini(path)
            for path, (variable, __) in zip(paths, VARIABLES, strict=True)
        ]
        return cls.of(files[0], files[1], unread)

    @classmethod
    def of(cls, config: IniFile, credentials: IniFile, unread: tuple[str, ...] = ()) -> "ConfigFiles":
        """Sorts the sections of parsed files by kind.

        Source: build_profile_map in botocore/configloader.py.
        """
        kept: dict[str, Section] = {}
        named: dict[str, dict[str, Section]] = {_SESSION: {}, _SERVICES: {}}
        ignored: list[Section] = []
        replaced: list[tuple[str, Section]] = []
        for section in config.sections:
            kind, name = what_is(section.name)
            if kind == "profile" and name:
                if name in kept:
                    replaced.append((name, kept[name]))
                kept[name] = section
            elif kind in named and name:
                named[kind][name] = section
            elif kind != "other":
                ignored.append(section)
        profiles: dict[str, Parts] = {}
        for name, section in kept.items():
            profiles[name] = Parts.of(name, section, None)
            keep_from_collector(len(profiles))
        for section in credentials.sections:
            profiles[section.name] = Parts.of(section.name, kept.get(section.name), section)
        return cls(
            config,
            credentials,
            profiles,
            named[_SESSION],
            named[_SERVICES],
            tuple(ignored),
            tuple(replaced),
            unread,
        )


def what_is(section: str) -> tuple[str, str]:
    """The kind and name of a section of the configuration file.

    Returns:
        "profile", "sso-session" or "services" with a name, which is empty if botocore cannot parse it;
        "other" for an intentional section of another kind; an empty kind if botocore ignores it.
    """
    if plain := _PLAIN.fullmatch(section):  # shlex takes 30 µs
        return "profile", plain[1]
    if section == "default":
        return "profile", section
    if section in _OTHER:
        return "other", ""
    kind = next((kind for kind in ("profile", _SESSION, _SERVICES) if section.startswith(kind)), "")
    try:
        words = shlex.split(section)
    except ValueError:
        words = []
    return kind, words[1] if kind and len(words) == 2 else ""

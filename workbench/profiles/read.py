"""Reads the profiles of AWS's configuration files, and problems that the SDK accepts silently.

Fast (no botocore), never raising, never writing. A problem names the line that causes it and the fix (made by
fixes.py). Texts never contain a value that may be a secret.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from workbench.core.messages import _
from workbench.profiles import explain as chains
from workbench.profiles.config_files import (
    DEFAULTS,
    KEY,
    SECRET,
    SSO_PARTS,
    TOKENS,
    ConfigFiles,
    IniFile,
    Parts,
    Section,
    keep_from_collector,
    kind_of,
    let_go,
    what_is,
)
from workbench.profiles.credentials_helper import entry_of
from workbench.profiles.explain import role_chain
from workbench.profiles.model import Hop, Problem, Profile, ProfileKind, ProfileList
from workbench.profiles.sso_session import Caches, moment

_NESTED = ("s3", "dynamodb", "api_versions")
"""Options whose value is nested settings on the lines below."""

_COMMENT = re.compile(r"(?:^|\s)[#;]")
_NUMBER = re.compile(r"\s*[+-]?\d+(_\d+)*\s*")
_SSO = ("sso_session", "sso_start_url", "sso_region", *SSO_PARTS)
_NOT_WITH_KEYS = {
    # what takes precedence over a key -> its text
    ProfileKind.WEB_IDENTITY: _("the token file"),
    ProfileKind.SSO: _("the IAM Identity Center sign-in"),
    ProfileKind.LOGIN: "login_session",
    ProfileKind.PROCESS: "credential_process",
}


class Fix(StrEnum):
    """The repairs that `fixes.fix_for` makes."""

    REMOVE_COMMENT = "remove-comment"
    SPLIT_GLUED = "split-glued"
    REMOVE_KEYS = "remove-keys"
    SPELL_SOURCE = "spell-source"
    RENAME_SECTION = "rename-section"
    REMOVE_SECTION = "remove-section"


_IN_CHAIN = {
    # problem of a chain's end -> the option that causes it, and what is wrong
    chains.BOTH: (
        "credential_source",
        _("{who} has both source_profile and credential_source; AWS allows only one."),
    ),
    chains.NEITHER: (
        "role_arn",
        _("{who} specifies a role, but neither source_profile nor credential_source."),
    ),
    chains.GONE: ("source_profile", _("{whose} source_profile “{profile_name}” does not exist.")),
    chains.LOOP: ("source_profile", _("Its roles form a loop: {names}.")),
    chains.TOO_LONG: ("source_profile", _("The role chain has no end after {count} steps.")),
    chains.NO_CREDENTIALS: (
        "source_profile",
        _("{whose} source_profile “{profile_name}” has no credentials."),
    ),
    chains.NO_SOURCE: ("credential_source", _("{whose} credential_source “{source}” is not valid: {hint}")),
}


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges one profile.

    Attributes:
        files: Both files: profiles refer to each other.
        now: The time that expiries are compared with, UTC.
        region_given: Whether the environment sets a region for profiles without one.
    """

    files: ConfigFiles
    now: datetime
    region_given: bool = False

    def problems_of(
        self, parts: Parts, hops: tuple[Hop, ...], expires_at: datetime | None = None
    ) -> tuple[Problem, ...]:
        """One sentence for each problem.

        Args:
            expires_at: Expiry of keys that are written in the files.
        """
        found: list[Problem] = []
        for section, path in self._sections(parts):
            found += _in_text(section, path)
            found += _half_keys(section, path)
        if len(hops) > 1 or hops[-1].problem:
            found += self._in_chain(parts, hops)
        if not parts.options.keys().isdisjoint(_SSO):
            found += self._in_sso(parts)
        found += self._in_meaning(parts)
        if parts.has_keys:
            found += self._in_keys(parts, expires_at)
        return tuple(found)

    def _sections(self, parts: Parts) -> Iterator[tuple[Section, Path]]:
        if parts.config:
            yield parts.config, self.files.config.path
        if parts.credentials:
            yield parts.credentials, self.files.credentials.path

    def _at(self, parts: Parts, option: str, text: str, fix: str = "") -> Problem:
        """A problem on the line of an option; on the profile's first line if the option is missing."""
        place = None
        for section, path in self._sections(parts):
            if line := section.line_of(option):
                place = path, line
            place = place or (path, section.line)
        path_, line = place or (None, 0)
        return Problem(text, path_, line, fix)

    def _in_chain(self, parts: Parts, hops: tuple[Hop, ...]) -> Iterator[Problem]:
        last = hops[-1]
        before = hops[-2] if len(hops) > 1 else last
        who = (
            "It"
            if last.profile_name == parts.name
            else _("“{profile_name}”, later in the role chain,").format(profile_name=last.profile_name)
        )
        whose = "Its" if before.profile_name == parts.name else f"“{before.profile_name}”’s"
        option, text = _IN_CHAIN.get(last.problem, ("", ""))
        if not option:
            return
        known = [name for name in chains.SOURCES if name.lower() == last.source.lower()]
        is_misspelt = last.problem == chains.NO_SOURCE and known and len(hops) == 2
        text = text.format(
            who=who,
            whose=whose,
            profile_name=last.profile_name,
            names=" → ".join(hop.profile_name for hop in hops),
            count=len(hops),
            source=last.source,
            hint=_("write “{name}”.").format(name=known[0])
            if known
            else _("AWS supports {names}.").format(names=", ".join(chains.SOURCES)),
        )
        yield self._at(parts, option, text, Fix.SPELL_SOURCE if is_misspelt else "")

    def _in_meaning(self, parts: Parts) -> Iterator[Problem]:
        options = parts.options
        if "mfa_serial" in options and "role_arn" not in options:
            text = _("It has mfa_serial but no role, so the SDK does not ask for a code.")
            yield self._at(parts, "mfa_serial", text)
        role = options.get("role_arn", "")
        if role.startswith("arn:aws-") and not (options.get("region") or self.region_given):
            # Source: without a region botocore asks sts.amazonaws.com, which knows the public partition only.
            where = role.split(":")[1]
            text = _(
                "Its role is in {where}, but no region is specified, so programs send requests to "
                "the commercial AWS Regions and fail."
            ).format(where=where)
            yield self._at(parts, "role_arn", text)
        if options.get("web_identity_token_file") and not options.get("role_arn"):
            text = _("It has web_identity_token_file, but no role_arn.")
            yield self._at(parts, "web_identity_token_file", text)
        if not _NUMBER.fullmatch(options.get("duration_seconds", "0")):
            text = _("Its duration_seconds is not a number, so the SDK ignores it.")
            yield self._at(parts, "duration_seconds", text)

    def _in_sso(self, parts: Parts) -> Iterator[Problem]:
        """Source: SSOProvider._load_sso_config in botocore/credentials.py."""
        options = parts.options
        name = options.get("sso_session")
        session = self.files.sso_sessions.get(name or "")
        own: Mapping[str, str] = session.options if session else {}
        if name is not None and session is None:
            yield self._at(
                parts, "sso_session", _("Its [sso-session {name}] does not exist.").format(name=name)
            )
            return
        where = f" in [sso-session {name}]" if session else ""
        for option in ("sso_start_url", "sso_region"):
            if not (options.get(option) or own.get(option)):
                yield self._at(
                    parts,
                    "sso_session",
                    _("{option} is missing{where}, so sign-in is not possible.").format(
                        option=option, where=where
                    ),
                )
            elif option in own and options.get(option, own[option]) != own[option]:
                yield self._at(
                    parts,
                    option,
                    _("{option} is different here and{where}.").format(option=option, where=where),
                )
        missing = [option for option in SSO_PARTS if option not in options]
        if len(missing) == 1:
            have = next(option for option in SSO_PARTS if option in options)
            yield self._at(
                parts, have, _("It has {have}, but no {missing}.").format(have=have, missing=missing[0])
            )

    def _in_keys(self, parts: Parts, expires_at: datetime | None) -> Iterator[Problem]:
        kind = kind_of(parts)
        is_key = kind in (ProfileKind.STATIC, ProfileKind.TEMPORARY)
        in_credentials = bool(parts.credentials and KEY in parts.credentials.options)
        for option, verb in (("credential_process", "run"), ("login_session", "used")):
            if not (is_key and in_credentials and option in parts.options):
                continue
            if option == "credential_process" and entry_of(parts.options[option]) is not None:
                # As after a rotation. It is not removed at a click, since it may be the only copy.
                text = _(
                    "The access key in the credentials file takes precedence over the one that was "
                    "moved. Move it as well."
                )
                yield self._at(parts, KEY, text)
            else:
                text = _(
                    "Its {option} is never {verb}: the access key in the credentials file takes precedence."
                ).format(option=option, verb=verb)
                yield self._at(parts, KEY, text, Fix.REMOVE_KEYS)
        for section, path in self._sections(parts):
            winner = _NOT_WITH_KEYS.get(kind, "")
            if section is parts.config and in_credentials and is_key:
                winner = _("the one in the credentials file")
            if winner and KEY in section.options:
                where = "configuration" if section is parts.config else "credentials"
                text = _(
                    "Its access key in the {where} file is never used: {winner} takes precedence."
                ).format(where=where, winner=winner)
                yield Problem(text, path, section.line_of(KEY), Fix.REMOVE_KEYS)
        if is_key:
            key = parts.options.get(KEY, "")
            has_token = any(parts.options.get(token) for token in TOKENS)
            if key.startswith("ASIA") and not has_token:
                yield self._at(
                    parts, KEY, _("Its access key is temporary, but aws_session_token is missing.")
                )
            if key.startswith("AKIA") and has_token:
                text = _("Its access key is a long-term key, but the session token belongs to another key.")
                yield self._at(parts, KEY, text)
            if expires_at and expires_at <= self.now:
                yield self._at(
                    parts,
                    KEY,
                    _("Its temporary credentials expired on {day} at {time} UTC.").format(
                        day=f"{expires_at:%Y-%m-%d}", time=f"{expires_at:%H:%M}"
                    ),
                )


def _in_text(section: Section, path: Path, nested: tuple[str, ...] = _NESTED) -> Iterator[Problem]:
    """Lines that the SDK reads differently than they look: comments and options within a value.

    Args:
        nested: Options whose value may be settings on the lines below.
    """
    for (option, value), line in zip(section.options.items(), section.lines, strict=True):
        if ("#" in value or ";" in value) and comment_start(option, value) >= 0:
            fix = "" if "\n" in value else Fix.REMOVE_COMMENT
            text = _("The comment after the value is part of “{option}”.").format(option=option)
            yield Problem(text, path, line, fix)
    done: set[str] = set()
    for option, line in section.continued:
        value = section.options[option]
        if option in done or (value.startswith("\n") and (option in nested or "*" in nested)):
            continue
        done.add(option)
        below = [text for text in value.split("\n")[1:] if text]
        if any(text.startswith("[") for text in below):
            yield Problem(
                _(
                    "The header below “{option}” is indented, so it and the following lines "
                    "became part of the value."
                ).format(option=option),
                path,
                line,
                Fix.SPLIT_GLUED,
            )
        elif any("=" in text or ":" in text for text in below):
            text = _("The indented line below “{option}” became part of its value.").format(option=option)
            yield Problem(text, path, line, Fix.SPLIT_GLUED)
        else:
            yield Problem(
                _("The indented line below “{option}” is part of its value.").format(option=option),
                path,
                line,
            )


def comment_start(option: str, value: str) -> int:
    """The start of a comment in a value, with the blank before it; -1 if there is none.

    A command may contain a semicolon, and anything between quotes.
    """
    for found in _COMMENT.finditer(value):
        if option != "credential_process":
            return found.start()
        before = value[: found.start()]
        if found[0].endswith("#") and not (before.count('"') % 2 or before.count("'") % 2):
            return found.start()
    return -1


def _half_keys(section: Section, path: Path) -> Iterator[Problem]:
    has, other = (KEY, SECRET) if KEY in section.options else (SECRET, KEY)
    if has in section.options and other not in section.options:
        text = _("Its access key is incomplete: {other} is missing.").format(other=other)
        yield Problem(text, path, section.line_of(has), Fix.REMOVE_KEYS)


_WORD = re.compile(r"[A-Za-z0-9_.@+-]+")
_KINDS = ("profile", "sso-session", "services")


def _problems_of_files(files: ConfigFiles, environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """Problems outside profiles: sections that the SDK ignores silently, and problems of whole files."""
    return (
        *_in_environment(files, environ),
        *_in_file(files.config),
        *_in_file(files.credentials),
        *_in_sections(files),
    )


def _in_environment(files: ConfigFiles, environ: Mapping[str, str]) -> Iterator[Problem]:
    for variable in files.unread:
        yield Problem(
            _("{variable} is empty, so the SDK reads no file. Unset the variable.").format(variable=variable)
        )
    if environ.get(KEY.upper()):
        yield Problem(
            _(
                "{variable} is set in the environment. Workbench uses the selected profile; other "
                "programs use this access key unless a profile is specified."
            ).format(variable=KEY.upper())
        )
    # Source: "profile" in BOTOCORE_DEFAUT_SESSION_VARIABLES in botocore/configprovider.py.
    for variable in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE"):
        name = environ.get(variable)
        if name and name not in files.profiles:
            yield Problem(
                _("{variable} names the profile “{name}”, which does not exist.").format(
                    variable=variable, name=name
                )
            )


def _in_file(file: IniFile) -> Iterator[Problem]:
    if os.path.islink(file.path) and not os.path.exists(file.path):  # pathlib raises without permission
        yield Problem(_("It is a link to a file that does not exist, and is treated as empty."), file.path)
    if file.nul_line:
        text = _(
            "It contains NUL characters, which the SDK treats as text. The file might have been "
            "saved as UTF-16."
        )
        yield Problem(text, file.path, file.nul_line)
    if file.defaults:
        names = ", ".join(file.defaults.options) or _("no settings")
        text = _("Settings in [{defaults}] apply to every profile in this file: {names}.").format(
            defaults=DEFAULTS, names=names
        )
        has_default = any(section.name == "default" for section in file.sections)
        fix = "" if has_default else Fix.RENAME_SECTION
        yield Problem(text, file.path, file.defaults.line, fix)


def _in_sections(files: ConfigFiles) -> Iterator[Problem]:
    path = files.config.path
    taken = {section.name for section in files.config.sections}
    for section in files.ignored:
        header = better_header(section.name)
        __, name = what_is(header)
        fix = Fix.RENAME_SECTION if name and name not in files.profiles and header not in taken else ""
        text = _("[{section}] is ignored. {reason}").format(
            section=section.name, reason=_why_ignored(section.name, header)
        )
        yield Problem(text, path, section.line, fix)
    for name, section in files.replaced:
        text = _("[{section}] is ignored: a later section is for the same profile “{name}”.").format(
            section=section.name, name=name
        )
        yield Problem(text, path, section.line, Fix.REMOVE_SECTION)
    names = {section.name for section in files.credentials.sections}
    for section in files.credentials.sections:
        name = what_is(section.name)[1] if section.name.startswith("profile ") else ""
        if name:
            text = _("In this file, a profile section is written [{name}], without “profile”.").format(
                name=name
            )
            fix = "" if name in names else Fix.RENAME_SECTION
            yield Problem(text, files.credentials.path, section.line, fix)
    yield from _in_other(files, path)


def _in_other(files: ConfigFiles, path: Path) -> Iterator[Problem]:
    for section in files.sso_sessions.values():
        yield from _in_text(section, path)
    for section in files.services.values():
        yield from _in_text(section, path, ("*",))


def better_header(section: str) -> str:
    """The header that an ignored one was certainly meant to be; empty if unknown.

    `a` -> `profile a`, `Profile a` and ` profile a` -> `profile a`, `profile a b` -> `profile "a b"`.
    """
    text = section.strip()
    if text.strip("\"'").lower() == "default":
        return "default"
    first, __, rest = text.partition(" ")
    kind = next((kind for kind in _KINDS if first.lower() == kind), "")
    name = rest.strip() if kind else text
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    if not name or name.lower() in _KINDS:
        return ""
    header = f"{kind or 'profile'} {_quoted(name)}"
    return header if what_is(header) == (kind or "profile", name) else ""


def _quoted(name: str) -> str:
    return name if _WORD.fullmatch(name) else f'"{name}"'


def _why_ignored(section: str, header: str) -> str:
    kind, __ = what_is(section)
    if kind and section.count('"') % 2 + section.count("'") % 2:
        return _("Its quotation marks do not match: write [{header}].").format(
            header=header or f'{kind} "NAME"'
        )
    if kind in ("sso-session", "services"):
        return f"Write [{header or f'{kind} NAME'}]."
    if kind:
        return (
            _("A name that contains spaces is written [{header}].").format(header=header)
            if header
            else _("Write [profile NAME].")
        )
    written = _("The default profile's") if header == "default" else "A profile's"
    return _("{written} section is written [{header}].").format(
        written=written, header=header or "profile NAME"
    )


_EXPIRY = ("x_security_token_expires", "aws_expiration", "expiration", "aws_credential_expiration")
"""Options for the expiry of temporary keys, used by saml2aws, aws-azure-login, aws-mfa and others."""
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_BLOCK = 2_000
"""Number of names that are sorted at once, which takes 1 ms and blocks all other Python threads."""


def read_profiles(environ: Mapping[str, str], now: datetime | None = None) -> ProfileList:
    """Lists the profiles of both files.

    Args:
        environ: The environment: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name other files.
        now: The time, UTC, to tell which keys have expired; the computer's if None.

    Returns:
        The profiles; for a broken file also its error, and the profiles that could be read.
    """
    files = ConfigFiles.read(environ)
    reader = _Reader(files, environ, now or datetime.now(UTC))
    profiles: list[Profile] = []
    for name in _sorted(files.profiles):
        profiles.append(reader.profile(files.profiles[name]))
        keep_from_collector(len(profiles))
    error = files.config.error or files.credentials.error
    read = ProfileList(tuple(profiles), error, _problems_of_files(files, environ))
    left: list[object] = [*files.config.sections, *files.credentials.sections, *files.profiles.values()]
    del files, reader
    let_go(left)
    return read


class _Reader:
    """The profiles in the files."""

    def __init__(self, files: ConfigFiles, environ: Mapping[str, str], now: datetime) -> None:
        self._files = files
        self._caches = Caches(environ)
        self._judge = _Judge(files, now, region_given=any(environ.get(each) for each in _REGIONS))

    def profile(self, parts: Parts) -> Profile:
        options = parts.options
        hops = role_chain(parts.name, self._files.profiles)
        written = self._written_expiry(hops[-1])
        return Profile(
            parts.name,
            hops[0].kind,
            options.get("region", ""),
            options.get("endpoint_url", "") or self._service_endpoint(options),
            problems=self._judge.problems_of(parts, hops, written),
            chain=hops,
            account_id=hops[0].account_id,
            expires_at=written or self._cached_expiry(options, hops[-1]),
        )

    def _written_expiry(self, last: Hop) -> datetime | None:
        """When the temporary keys at the end of a chain expire, if the file says so."""
        if last.kind is not ProfileKind.TEMPORARY:
            return None
        options = self._files.profiles[last.profile_name].options
        return next(filter(None, (moment(options.get(option)) for option in _EXPIRY)), None)

    def _cached_expiry(self, options: Mapping[str, str], last: Hop) -> datetime | None:
        """When the sign-in at the start of the chain expires, or else the CLI's keys of the role."""
        source = self._files.profiles.get(last.profile_name)
        found = None
        if source and last.kind is ProfileKind.SSO:
            session = self._files.sso_sessions.get(source.options.get("sso_session", ""))
            start_url = session.options.get("sso_start_url", "") if session else ""
            return self._caches.sso_expiry(source.options, start_url)
        if source and last.kind is ProfileKind.LOGIN:
            found = self._caches.login(source.options["login_session"]).expires_at
        return found or (self._caches.role_expiry(options) if "role_arn" in options else None)

    def _service_endpoint(self, options: Mapping[str, str]) -> str:
        """The endpoint in a profile's services section, for Lambda, otherwise for any service."""
        section = self._files.services.get(options.get("services", ""))
        if section is None:
            return ""
        found = {name: _setting(value, "endpoint_url") for name, value in section.options.items()}
        return found.get("lambda") or next(filter(None, found.values()), "")


def _setting(nested: str, name: str) -> str:
    """A nested setting of an option."""
    for line in nested.splitlines():
        key, __, value = line.partition("=")
        if key.strip() == name:
            return value.strip()
    return ""


def _sorted(names: Mapping[str, Parts]) -> list[str]:
    """Names for the user, "default" first, sorted in blocks that are merged at the end."""
    by_key = {f"{name != 'default':d}{name.casefold()}\0{name}": name for name in names}
    keys = list(by_key)
    for start in range(0, len(keys), _BLOCK):
        keys[start : start + _BLOCK] = sorted(keys[start : start + _BLOCK])
    keys.sort()  # finds the sorted blocks and merges them
    return [by_key[key] for key in keys]

"""Where credentials come from: the chain of roles behind a profile, and every provider of the SDK.

`role_chain` goes from the profile itself to the source of credentials. `explain` says which provider wins,
and which ones it hides.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.config_files import KEY, SSO_PARTS, ConfigFiles, Parts, Section, kind_of, read_ini
from workbench.profiles.model import Hop, ProfileKind, account_of_key

SOURCES = ("Environment", "Ec2InstanceMetadata", "EcsContainer")
"""Values of credential_source, in this spelling. Source: CanonicalNameCredentialSourcer.is_supported."""

GONE, LOOP = "does not exist", "loop"
BOTH, NEITHER = "both source_profile and credential_source", "neither source_profile nor credential_source"
TOO_LONG = "too long"
LONGEST = 20
"""Maximum of roles that are followed. Real chains have a few; in a cycle-free chain of 100,000 each profile
would list all."""
NO_SOURCE, NO_CREDENTIALS = "no such source", "no credentials"


def role_chain(name: str, known: Mapping[str, Parts]) -> tuple[Hop, ...]:
    """Follows a profile's roles.

    Source: AssumeRoleProvider in botocore/credentials.py.

    Returns:
        One hop for each role that is assumed, then the source of credentials; one hop for a profile without a
        role. The last hop's `problem` says why the chain fails: one of this module's texts. A source profile
        that does not exist is a hop of its own, with a name but no profile.
    """
    parts = known[name]
    if not parts.takes_role:
        return (_end(parts, kind_of(parts)),)
    hops: list[Hop] = []
    visited = [name]
    while True:
        options = parts.options
        source, outside = options.get("source_profile"), options.get("credential_source")
        problem = ""
        if source is not None and outside is not None:
            problem = BOTH
        elif source is None and outside is None:
            problem = NEITHER
        hops.append(_role(parts, problem))
        if problem:
            break
        if outside is not None:
            unknown = "" if outside in SOURCES else NO_SOURCE
            hops.append(Hop("", ProfileKind.UNKNOWN, source=outside, problem=unknown))
            break
        source = source or ""
        if source not in known:
            hops.append(Hop(source, ProfileKind.UNKNOWN, problem=GONE))
            break
        found = known[source]
        if len(hops) == LONGEST:
            hops.append(Hop(source, ProfileKind.ASSUME_ROLE, problem=TOO_LONG))
            break
        # A profile may name itself if it has keys; a longer cycle never ends.
        if source in visited and (source != parts.name or not found.has_keys):
            hops.append(_role(found, LOOP))
            break
        visited.append(source)
        if not found.takes_role or found.has_keys:
            hops.append(_end(found, kind_of(found, as_source=True), NO_CREDENTIALS))
            break
        parts = found
    return tuple(hops)


def _role(parts: Parts, problem: str) -> Hop:
    options = parts.options
    arn = options.get("role_arn", "")
    return Hop(
        parts.name,
        ProfileKind.ASSUME_ROLE,
        arn,
        account_id=account_of_arn(arn),
        mfa_serial=options.get("mfa_serial", ""),
        problem=problem,
    )


def _end(parts: Parts, kind: ProfileKind, without: str = "") -> Hop:
    """The last hop of a chain. `without` is the problem of a profile without credentials."""
    role = parts.options.get("role_arn", "") if kind is ProfileKind.WEB_IDENTITY else ""
    problem = without if kind is ProfileKind.UNKNOWN else ""
    return Hop(parts.name, kind, role, account_id=_account(parts, kind), problem=problem)


def _account(parts: Parts, kind: ProfileKind) -> str:
    """The account of a profile, as far as the files tell."""
    options = parts.options
    match kind:
        case ProfileKind.STATIC | ProfileKind.TEMPORARY:
            return account_of_key(options.get(KEY, "")) or options.get("aws_account_id", "")
        case ProfileKind.SSO:
            return options.get("sso_account_id", "")
        case ProfileKind.WEB_IDENTITY:
            return account_of_arn(options.get("role_arn", ""))
        case ProfileKind.LOGIN:
            return account_of_arn(options.get("login_session", ""))
        case ProfileKind.PROCESS:
            return options.get("aws_account_id", "")
        case _:
            return ""


def account_of_arn(text: str) -> str:
    """The account in an ARN; empty if there is none."""
    try:
        return Arn.parse(text).account_id
    except ValueError:
        return ""


State = Literal["wins", "shadowed", "absent", "removed"]

TITLES = {
    "env": _("Environment variables"),
    "assume-role": _("Assume role"),
    "assume-role-with-web-identity": _("Assume role with a token file"),
    "sso": "IAM Identity Center",
    "shared-credentials-file": _("Access key in the credentials file"),
    "login": _("Console sign-in (aws login)"),
    "custom-process": _("Credential process (credential_process)"),
    "config-file": _("Access key in the configuration file"),
    "ec2-credentials-file": _("Access key file of the EC2 command line tools"),
    "boto-config": _("Access key in the boto 2 configuration"),
    "container-role": _("Container credentials"),
    "iam-role": _("EC2 instance profile"),
}
"""botocore's names of the providers, in its order. Source: create_credential_resolver in
botocore/credentials.py."""

_OLD_KEY_FILE = "AWS_CREDENTIAL_FILE"
_BOTO, _BOTO_FILES = "BOTO_CONFIG", ("/etc/boto.cfg", "~/.boto")
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
_NOT_THIS = _("Skipped by Workbench: it is a different identity from the selected profile.")


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A provider of the SDK.

    Attributes:
        state: "wins"; "shadowed" by an earlier one; "absent"; "removed" from the search.
        where: Its origin: "FILE:LINE", or a variable's name; empty if there is none.
        why: One sentence; empty if absent.
    """

    provider: str
    title: str
    state: State
    where: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The origin of a profile's credentials. `winner` is None if there are none."""

    profile_name: str
    winner: ProviderRow | None
    rows: tuple[ProviderRow, ...]


def explain(name: str, environ: Mapping[str, str]) -> Explanation:
    """Follows botocore's search for a profile that is chosen by name, as in Workbench.

    Raises:
        WorkbenchError: The profile does not exist.
    """
    files = ConfigFiles.read(environ)
    parts = files.profiles.get(name)
    if parts is None:
        raise WorkbenchError(
            _("The profile “{name}” does not exist.").format(name=name),
            _("It is in neither of the AWS configuration files."),
            _("Reload the profiles."),
            action="profile.reload",
        )
    found = {row.provider: row for row in _Search(files, parts, environ).found()}
    rows: list[ProviderRow] = []
    winner: ProviderRow | None = None
    for provider, title in TITLES.items():
        row = found.get(provider) or ProviderRow(provider, title, "absent")
        if row.state == "wins" and winner:
            row = ProviderRow(
                provider,
                title,
                "shadowed",
                row.where,
                _("“{title}” takes precedence.").format(title=winner.title),
            )
        elif row.state == "wins":
            winner = row
        rows.append(row)
    return Explanation(name, winner, tuple(rows))


@dataclass(frozen=True, slots=True)
class _Search:
    """Finds the providers of a profile; every row that would give credentials says "wins"."""

    files: ConfigFiles
    parts: Parts
    environ: Mapping[str, str]

    def found(self) -> Iterator[ProviderRow]:
        yield from self._in_environment()
        yield from self._in_profile()
        yield from self._of_old_tools()
        yield self._row("iam-role", "", _NOT_THIS, "removed")

    def _in_environment(self) -> Iterator[ProviderRow]:
        if self.environ.get(KEY.upper()):
            why = _("A profile is selected by name, so the access key in the environment is ignored.")
            yield self._row("env", KEY.upper(), why, "removed")
        for variable in _CONTAINER:
            if variable in self.environ:
                yield self._row("container-role", variable, _NOT_THIS, "removed")

    def _in_profile(self) -> Iterator[ProviderRow]:
        options = self.parts.options
        if self.parts.takes_role:
            hops = role_chain(self.parts.name, self.files.profiles)
            yield self._row("assume-role", self._where("role_arn"), _chain_text(hops))
        if options.get("web_identity_token_file"):
            where = self._where("web_identity_token_file")
            yield self._row(
                "assume-role-with-web-identity",
                where,
                _("The token in this file is exchanged for role credentials."),
            )
        if part := next((each for each in SSO_PARTS if each in options), ""):
            session = options.get("sso_session") or options.get("sso_start_url", "")
            why = _("The sign-in to {session} is exchanged for credentials of the role {role}.").format(
                session=session, role=options.get("sso_role_name", "")
            )
            yield self._row("sso", self._where(part), why)
        yield from self._key("shared-credentials-file", self.parts.credentials, self.files.credentials.path)
        if "login_session" in options:
            where = self._where("login_session")
            yield self._row("login", where, _("The sign-in of this console user is used."))
        if "credential_process" in options:
            where = self._where("credential_process")
            yield self._row("custom-process", where, _("This program is run and prints credentials."))
        yield from self._key("config-file", self.parts.config, self.files.config.path)

    def _key(self, provider: str, section: Section | None, path: Path) -> Iterator[ProviderRow]:
        if section and KEY in section.options:
            yield self._row(provider, f"{path}:{section.line_of(KEY)}", _("The access key is in this file."))

    def _of_old_tools(self) -> Iterator[ProviderRow]:
        """Source: OriginalEC2Provider and BotoProvider in botocore/credentials.py."""
        why = _("The profile has no credentials, so the SDK uses this access key for every profile.")
        if (old := self.environ.get(_OLD_KEY_FILE)) is not None and _has_old_key(Path(old).expanduser()):
            yield self._row("ec2-credentials-file", _OLD_KEY_FILE, why)
        given = self.environ.get(_BOTO)
        for name in _BOTO_FILES if given is None else (given,):
            path = Path(os.path.expanduser(os.path.expandvars(name)))
            for section in read_ini(path).sections:
                if section.name == "Credentials" and KEY in section.options:
                    yield self._row("boto-config", f"{path}:{section.line_of(KEY)}", why)
                    return

    def _where(self, option: str) -> str:
        """File and line of an option; the credentials file takes precedence."""
        places = (
            (self.parts.credentials, self.files.credentials.path),
            (self.parts.config, self.files.config.path),
        )
        for section, path in places:
            if section and (line := section.line_of(option)):
                return f"{path}:{line}"
        return ""

    def _row(self, provider: str, where: str, why: str, state: State = "wins") -> ProviderRow:
        return ProviderRow(provider, TITLES[provider], state, where, why)


def _has_old_key(path: Path) -> bool:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return True  # the SDK's search then ends here with an error
    return any(line.partition("=")[0].strip() == "AWSAccessKeyId" for line in lines)


def _chain_text(hops: tuple[Hop, ...]) -> str:
    first, last = hops[0], hops[-1]
    if last.problem:
        return _("The role cannot be assumed; see the problems of the profile.")
    source = last.source or _("the profile “{profile_name}”").format(profile_name=last.profile_name)
    through = " → ".join(hop.profile_name for hop in hops[1:-1])
    words = (
        _("The role {role_arn} is assumed with the credentials of {source} through {through}.")
        if through
        else _("The role {role_arn} is assumed with the credentials of {source}.")
    )
    return words.format(role_arn=first.role_arn, source=source, through=through)

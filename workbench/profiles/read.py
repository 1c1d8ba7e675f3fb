"""Reads the profiles of the AWS configuration files. Fast (no botocore), never raising, never writing."""

from collections.abc import Mapping
from datetime import UTC, datetime

from workbench.profiles.caches import Caches, moment
from workbench.profiles.chain import role_chain
from workbench.profiles.config_files import ConfigFiles, Parts, config_paths
from workbench.profiles.ini import keep_from_collector
from workbench.profiles.model import Hop, Profile, ProfileKind, ProfileList
from workbench.profiles.problems import Judge, problems_of_files

__all__ = ["config_paths", "read_profiles"]

_EXPIRY = ("x_security_token_expires", "aws_expiration", "expiration", "aws_credential_expiration")
"""Options for the expiry of temporary keys, of saml2aws, aws-azure-login, aws-mfa and others."""
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_BLOCK = 2_000
"""Names that are sorted at once, which takes 1 ms and blocks all other Python threads."""


def read_profiles(environ: Mapping[str, str], now: datetime | None = None) -> ProfileList:
    """Lists the profiles of both files.

    Args:
        environ: The environment: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name other files.
        now: The moment, in UTC, to tell which keys have ended; the machine's when None.

    Returns:
        The profiles; of a broken file also its error, and what could be made out of it.
    """
    files = ConfigFiles.read(environ)
    reader = _Reader(files, environ, now or datetime.now(UTC))
    profiles: list[Profile] = []
    for name in _sorted(files.profiles):
        profiles.append(reader.profile(files.profiles[name]))
        keep_from_collector(len(profiles))
    error = files.config.error or files.credentials.error
    return ProfileList(tuple(profiles), error, problems_of_files(files, environ))


class _Reader:
    """The profiles in the files."""

    def __init__(self, files: ConfigFiles, environ: Mapping[str, str], now: datetime) -> None:
        self._files = files
        self._caches = Caches(environ)
        self._judge = Judge(files, now, region_given=any(environ.get(each) for each in _REGIONS))

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
        """When the sign-in at the chain's start expires; else when the CLI's keys of the role do."""
        source = self._files.profiles.get(last.profile_name)
        found = None
        if source and last.kind is ProfileKind.SSO:
            session = self._files.sso_sessions.get(source.options.get("sso_session", ""))
            start_url = session.options.get("sso_start_url", "") if session else ""
            return self._caches.sso_expiry(source.options, start_url)
        if source and last.kind is ProfileKind.LOGIN:
            found = self._caches.login_expiry(source.options["login_session"])
        return found or (self._caches.role_expiry(options) if "role_arn" in options else None)

    def _service_endpoint(self, options: Mapping[str, str]) -> str:
        """The endpoint of a profile's services section, for Lambda or else for any service."""
        section = self._files.services.get(options.get("services", ""))
        if section is None:
            return ""
        found = {name: _setting(value, "endpoint_url") for name, value in section.options.items()}
        return found.get("lambda") or next(filter(None, found.values()), "")


def _setting(nested: str, name: str) -> str:
    """One of the settings below an option."""
    for line in nested.splitlines():
        key, _, value = line.partition("=")
        if key.strip() == name:
            return value.strip()
    return ""


def _sorted(names: Mapping[str, Parts]) -> list[str]:
    """Names in the user's order, "default" first, sorted in blocks that are merged in the end."""
    by_key = {f"{name != 'default':d}{name.casefold()}\0{name}": name for name in names}
    keys = list(by_key)
    for start in range(0, len(keys), _BLOCK):
        keys[start : start + _BLOCK] = sorted(keys[start : start + _BLOCK])
    keys.sort()  # finds the blocks in order and merges them
    return [by_key[key] for key in keys]

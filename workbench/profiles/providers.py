"""Our credential providers in botocore's chain: roles that need an MFA code, and helper programs.

Imported only where botocore is: by a worker thread.

botocore has no public way to give its assume-role provider a prompter, a renewal, or other providers for
sources; the internals used here are pinned with its version and checked by tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.credentials import AssumeRoleProvider, Credentials, ProcessProvider, RefreshableCredentials

from workbench.aws.client_config import Access
from workbench.aws.names import Arn
from workbench.profiles.credentials_helper import entry_of
from workbench.profiles.mfa import MfaQuestion, MfaRequest

if TYPE_CHECKING:
    from workbench.profiles.mfa import MfaSessions
    from workbench.profiles.process_provider import ProcessCredentials

_ADVISORY_S, _MANDATORY_S = 60, 30
"""How long before their expiry credentials are renewed. botocore's values are 15 and 10 min, which exceeds
some lifetimes. Source: RefreshableCredentials in botocore/credentials.py."""
_SESSION_NAME = "workbench"
_AssumeRole: Any = AssumeRoleProvider  # the stubs lack the internals used here
_Process: Any = ProcessProvider
_OPTIONAL = (("role_session_name", "RoleSessionName"), ("external_id", "ExternalId"))


def install_role_provider(session: Any, access: Access, mfa: "MfaSessions") -> "RoleProvider":
    """Installs our provider of roles before botocore's."""
    resolver = session.get_component("credential_provider")
    original = resolver.get_provider("assume-role")
    provider = RoleProvider(original, access.profile_name or "default", mfa)
    resolver.insert_before("assume-role", provider)
    return provider


def install_process_provider(session: Any, access: Access, processes: "ProcessCredentials") -> None:
    """Replaces botocore's way of running helpers, for the profile and for sources of its role."""
    resolver = session.get_component("credential_provider")
    user = access.profile_name or "default"
    for provider in resolver.providers:
        if isinstance(provider, ProcessProvider):
            resolver.insert_after(provider.METHOD, _ours(provider, user, processes))
            resolver.remove(provider.METHOD)  # the first of that name, which is botocore's
            break
    parts = vars(resolver.get_provider("assume-role"))
    parts["_profile_provider_builder"] = _Builder(parts["_profile_provider_builder"], user, processes)


class RoleProvider(_AssumeRole):  # type: ignore[misc]  # see above
    """botocore's provider of roles, except that a role that needs a code is taken from the MFA sessions."""

    def __init__(self, original: Any, profile_name: str, mfa: "MfaSessions") -> None:
        parts = vars(original)
        super().__init__(
            load_config=parts["_load_config"],
            client_creator=parts["_client_creator"],
            cache=parts["cache"],
            profile_name=profile_name,
            prompter=parts["_prompter"],
            credential_sourcer=parts["_credential_sourcer"],
            profile_provider_builder=parts["_profile_provider_builder"],
        )
        self._mfa = mfa
        self._user = profile_name

    def load(self) -> Any:
        self._visited_profiles = [self._user]  # botocore would see a loop at its second search
        credentials = super().load()
        if credentials is not None:
            return credentials
        request = self._own_request()
        if request is None:
            return None
        if not self._mfa.has_keys(request):
            self._mfa.offer(request)
            return None  # the key alone is used, as by every SDK
        return self._credentials(request)

    def mfa_requests(self) -> list[MfaRequest]:
        """The codes that are needed along the profile's chain, nearest the key first."""
        chain = list(self._chain(self._profiles()))
        if not chain and (own := self._own_request()) is not None:
            return [own]
        return chain[::-1]

    def ask_with_code(self, request: MfaRequest, code: str) -> tuple[dict[str, Any], datetime]:
        """Requests keys from STS.

        Returns:
            The keys in the format of RefreshableCredentials, and their expiry.

        Raises:
            Exception: Whatever botocore raises.
        """
        name = request.question.profile_name
        self._loaded_config = self._load_config()
        self._visited_profiles = [name]
        if request.question.role_arn:
            source = self._resolve_source_credentials(self._get_role_config(name), name)
        else:
            source = self._resolve_credentials_from_profile(name)
        frozen = source.get_frozen_credentials()
        sts = self._client_creator(
            "sts",
            aws_access_key_id=frozen.access_key,
            aws_secret_access_key=frozen.secret_key,
            aws_session_token=frozen.token,
        )
        ask = sts.assume_role if request.question.role_arn else sts.get_session_token
        answer = ask(**dict(request.parameters), SerialNumber=request.question.serial, TokenCode=code)
        given = answer["Credentials"]
        keys = {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
            "account_id": _account_of(answer.get("AssumedRoleUser", {}).get("Arn", "")),
        }
        return keys, given["Expiration"].astimezone(UTC)

    def _load_creds_via_assume_role(self, profile_name: str) -> Any:
        profile = self._profiles()[profile_name]
        if not profile.get("mfa_serial"):
            return super()._load_creds_via_assume_role(profile_name)
        role_config = self._get_role_config(profile_name)
        request = _role_request(profile_name, profile)
        if not self._mfa.has_keys(request):
            # Errors of the source, and the codes of its own role, come before this role's code.
            self._resolve_source_credentials(role_config, profile_name)
        return self._credentials(request)

    def _credentials(self, request: MfaRequest) -> RefreshableCredentials:
        return RefreshableCredentials.create_from_metadata(
            self._mfa.keys(request, self._user),
            refresh_using=lambda: self._mfa.keys(request, self._user),
            method=self.METHOD,
            advisory_timeout=_ADVISORY_S,
            mandatory_timeout=_MANDATORY_S,
        )

    def _chain(self, profiles: dict[str, dict[str, str]]) -> Iterator[MfaRequest]:
        name, seen = self._user, set[str]()
        while name not in seen and self._has_assume_role_config_vars(profile := profiles.get(name, {})):
            if seen and self._has_static_credentials(profile):
                return  # a source's key takes precedence over its role
            seen.add(name)
            if profile.get("mfa_serial"):
                yield _role_request(name, profile)
            name = profile.get("source_profile", "")

    def _own_request(self) -> MfaRequest | None:
        """The request for a profile with a device and its own key, even if that is in the keyring."""
        profile = self._profiles().get(self._user, {})
        stored = entry_of(profile.get("credential_process", "")) is not None
        if not profile.get("mfa_serial") or not (stored or self._has_static_credentials(profile)):
            return None
        if self._has_assume_role_config_vars(profile):
            return None
        question = MfaQuestion(self._user, profile["mfa_serial"])
        return MfaRequest(question, tuple(_duration(profile)))

    def _profiles(self) -> dict[str, dict[str, str]]:
        profiles: dict[str, dict[str, str]] = self._load_config().get("profiles", {})
        return profiles


class HelperProvider(_Process):  # type: ignore[misc]  # see above
    """botocore's provider for `credential_process`, with helpers run by us."""

    def __init__(
        self, profile_name: str, load_config: Any, user: str, processes: "ProcessCredentials"
    ) -> None:
        super().__init__(profile_name, load_config)
        self._user = user
        self._processes = processes

    def load(self) -> Any:
        command = self._credential_process
        if command is None:
            return None
        keys = self._retrieve_credentials_using(command)
        if keys["expiry_time"] is not None:
            return RefreshableCredentials.create_from_metadata(
                keys,
                lambda: self._retrieve_credentials_using(command),
                self.METHOD,
                advisory_timeout=_ADVISORY_S,
                mandatory_timeout=_MANDATORY_S,
            )
        del keys["expiry_time"]
        return Credentials(**keys, method=self.METHOD)

    def _retrieve_credentials_using(self, credential_process: str) -> dict[str, Any]:
        keys = self._processes.keys(self._user, credential_process)
        keys["account_id"] = keys["account_id"] or self.profile_config.get("aws_account_id")
        return keys


@dataclass(frozen=True, slots=True)
class _Builder:
    """botocore's builder of the providers for a role's source, with our way of running helpers."""

    original: Any
    user: str
    processes: "ProcessCredentials"

    def providers(self, profile_name: str, disable_env_vars: bool = False) -> list[Any]:
        return [
            _ours(provider, self.user, self.processes) if isinstance(provider, ProcessProvider) else provider
            for provider in self.original.providers(profile_name, disable_env_vars)
        ]


def _ours(provider: Any, user: str, processes: "ProcessCredentials") -> HelperProvider:
    parts = vars(provider)
    return HelperProvider(parts["_profile_name"], parts["_load_config"], user, processes)


def _role_request(profile_name: str, profile: dict[str, str]) -> MfaRequest:
    parameters: dict[str, str | int] = {"RoleArn": profile["role_arn"], "RoleSessionName": _SESSION_NAME}
    for option, parameter in _OPTIONAL:
        if profile.get(option):
            parameters[parameter] = profile[option]
    parameters |= _duration(profile)
    question = MfaQuestion(profile_name, profile["mfa_serial"], profile["role_arn"])
    return MfaRequest(question, tuple(sorted(parameters.items())))


def _duration(profile: dict[str, str]) -> Iterator[tuple[str, int]]:
    text = profile.get("duration_seconds", "")
    if text.isascii() and text.isdigit():  # botocore ignores values that are not numbers
        yield "DurationSeconds", int(text)


def _account_of(arn: str) -> str | None:
    try:
        return Arn.parse(arn).account_id
    except ValueError:
        return None

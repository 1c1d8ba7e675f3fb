"""Protects accounts from the user's mistakes: tiers, pinned accounts, trusted endpoints.

`for_access` makes the handlers between every client and the network. They are registered on the session that
all clients of a profile come from, so that no room can bypass them.
"""

import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from workbench.aws import connection as connections
from workbench.aws import endpoints
from workbench.aws.client_config import Access
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.policy import NO_POLICY, SET_BY_ORGANISATION, SHOW_ACTION, Policy, Rule
from workbench.core.settings import Settings
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.model import account_of_key

if TYPE_CHECKING:
    from workbench.aws.session import Handler


class Tier(Enum):
    """The protection of a profile."""

    NORMAL = "normal"
    PRODUCTION = "production"
    READ_ONLY = "read-only"

    @property
    def strictness(self) -> int:
        """Greater for a tier that allows less."""
        return list(Tier).index(self)


@dataclass(frozen=True, slots=True)
class Pin:
    """The account and identity of a profile.

    Attributes:
        arn: The user or role, without the session name, which varies.
    """

    account_id: str
    partition: str
    arn: str

    @classmethod
    def of(cls, account_id: str, arn: str) -> "Pin":
        """From the response of GetCallerIdentity."""
        try:
            parsed = Arn.parse(arn)
        except ValueError:
            return cls(account_id, "", arn)
        if parsed.resource_type in ("assumed-role", "federated-user"):
            kind, name, *__ = parsed.resource.split("/")
            parsed = parsed.with_resource(f"{kind}/{name}")
        return cls(account_id, parsed.partition, str(parsed))


@dataclass(frozen=True, slots=True)
class Lock:
    """A profile that must not change anything, because its identity has changed."""

    profile_name: str
    pinned: Pin
    seen: Pin

    @property
    def why(self) -> str:
        """The difference, in one sentence."""
        if self.pinned.account_id != self.seen.account_id:
            return _("It now uses account {account_id}, previously {previous}.").format(
                account_id=self.seen.account_id, previous=self.pinned.account_id
            )
        if self.pinned.partition != self.seen.partition:
            return _("It now uses the partition {partition}, previously {previous}.").format(
                partition=self.seen.partition, previous=self.pinned.partition
            )
        return _("Its identity is now {arn}, previously {previous}.").format(
            arn=self.seen.arn, previous=self.pinned.arn
        )


@dataclass(frozen=True, slots=True)
class AskedEndpoint:
    """A server that is not AWS's own, to which a profile's requests would go.

    Attributes:
        origin: As it is stored: "http://127.0.0.1:4566".
        ca_bundle: The file of certificates that the same profile names; may be empty.
    """

    origin: str
    ca_bundle: str = ""


def own_certificates(ca_bundle: str) -> str:
    """The sentence about a profile that names its endpoint and the certificates, too."""
    return _(
        "The profile also names the certificates that are trusted ({ca_bundle}), so that an encrypted "
        "connection does not prove whose server it is."
    ).format(ca_bundle=ca_bundle)


def _ca_bundle_of(profile_name: str) -> str:
    parts = ConfigFiles.read(os.environ).profiles.get(profile_name)
    return parts.options.get("ca_bundle", "") if parts else ""


class Safety:
    """The protection of all profiles. Thread-safe.

    Methods that store return the error if that failed; the decision is in force either way, unless the policy
    forbids it.

    Tiers and pinned accounts are in a file of their own with a copy: damage must not make an ordinary profile
    of a production profile. If both are lost, a profile is read-only until the user chooses its tier.

    Args:
        settings: Has the trusted endpoints, which damage only takes away.
        policy: What the user's own choice cannot change.
    """

    def __init__(self, settings: Settings, policy: Policy = NO_POLICY) -> None:
        self._settings = settings
        self._protection = settings.beside(_FILE)
        self.policy = policy
        self._mutex = threading.Lock()
        self._locks: dict[str, Lock] = {}
        self._asked_endpoints: dict[str, AskedEndpoint] = {}
        if not self._protection.stored():
            self._move_from_settings()

    def _move_from_settings(self) -> None:
        """Versions before 2026-12 had tiers and pins among the other settings."""
        is_lost = self._protection.is_lost or self._settings.is_lost
        for key, value in self._settings.stored().items():
            if _PROTECTED.fullmatch(key):
                self._protection.set(key, value)
        if is_lost:
            self._protection.set(_UNKNOWN, True)

    @property
    def problem(self) -> WorkbenchError | None:
        """That the tiers were damaged, for a message; None if they were not."""
        if self._protection.get(_UNKNOWN, False) and (self._protection.problem or self._settings.problem):
            return WorkbenchError(
                _("The protection of the profiles is unknown: its file was damaged, and there is no copy."),
                _("Every profile is read-only until you choose its protection."),
                _("Choose the protection of each profile that you use."),
                action="profile.manage",
            )
        return self._protection.problem

    def follow(self) -> None:
        """Takes over the tiers that were set in other windows."""
        self._protection.follow()

    def tier(self, profile_name: str) -> Tier:
        """The tier: the user's choice, or that of the policy if it is stricter."""
        chosen, forced = self._chosen_tier(profile_name), self.forced_tier(profile_name)
        return max(chosen, forced, key=lambda tier: tier.strictness)

    def forced_tier(self, profile_name: str) -> Tier:
        """The minimum tier by the policy, for the profile's name or its accounts."""
        if not self.policy.tiers:
            return Tier.NORMAL
        pin, lock = self.pin(profile_name), self.lock(profile_name)
        accounts = {pin.account_id} if pin else set()
        accounts |= {lock.pinned.account_id, lock.seen.account_id} if lock else set()
        return Tier(self.policy.forced_tier(profile_name, accounts) or Tier.NORMAL.value)

    def _chosen_tier(self, profile_name: str) -> Tier:
        """The tier of a stored value; an unknown one counts as the strictest."""
        usual = Tier.READ_ONLY if self._protection.get(_UNKNOWN, False) else Tier.NORMAL
        stored = self._protection.get(_key(profile_name, "tier"), usual.value)
        try:
            return Tier(stored)
        except ValueError:
            return Tier.READ_ONLY

    def set_tier(self, profile_name: str, tier: Tier) -> WorkbenchError | None:
        """Stores the user's choice; a tier that is less strict than the forced one is refused."""
        forced = self.forced_tier(profile_name)
        if tier.strictness < forced.strictness:
            return WorkbenchError(
                _("The protection of {profile_name} was not changed.").format(profile_name=profile_name),
                _("{set_by_organisation}: the minimum is {forced}.").format(
                    set_by_organisation=SET_BY_ORGANISATION, forced=forced.value
                ),
                _("Ask the administrator of this computer if you need a change."),
                action=SHOW_ACTION,
            )
        return self._protection.set(_key(profile_name, "tier"), tier.value)

    # The pinned account -------------------------------------------------------------------------------------

    def pin(self, profile_name: str) -> Pin | None:
        """The identity of the first response, or the last one that was confirmed."""
        stored: dict[str, Any] = self._protection.get(_key(profile_name, "pin"), {})
        values = [stored.get(name) for name in ("account_id", "partition", "arn")]
        return Pin(*map(str, values)) if all(isinstance(value, str) for value in values) else None

    def check(self, profile_name: str, account_id: str, arn: str) -> Lock | None:
        """Compares the current identity with the pin; the first one becomes the pin.

        Returns:
            The lock, in force until `confirm_pin` or until the identity is the pinned one again; None if they
            are equal.
        """
        seen = Pin.of(account_id, arn)
        with self._mutex:
            pinned = self.pin(profile_name)
            if pinned is None:
                self._store_pin(profile_name, seen)
            if pinned is None or pinned == seen:
                self._locks.pop(profile_name, None)
                return None
            lock = self._locks[profile_name] = Lock(profile_name, pinned, seen)
            return lock

    def lock(self, profile_name: str) -> Lock | None:
        """Why this profile currently must not change anything; None if it may."""
        with self._mutex:
            return self._locks.get(profile_name)

    def confirm_pin(self, profile_name: str, seen: Pin) -> WorkbenchError | None:
        """Confirms `seen` as the right identity. Another one stays locked."""
        with self._mutex:
            lock = self._locks.get(profile_name)
            if lock is not None and lock.seen == seen:
                del self._locks[profile_name]
            return self._store_pin(profile_name, seen)

    def _store_pin(self, profile_name: str, pin: Pin) -> WorkbenchError | None:
        value = {"account_id": pin.account_id, "partition": pin.partition, "arn": pin.arn}
        return self._protection.set(_key(profile_name, "pin"), value)

    # Endpoints that are not AWS's ---------------------------------------------------------------------------

    def trusts_endpoint(self, profile_name: str, origin: str) -> bool:
        """Whether this profile's keys may be sent to this server ("http://127.0.0.1:4566")."""
        if self.policy.forbids(Rule.OWN_ENDPOINTS):
            return False
        trusted: list[Any] = self._settings.get(_key(profile_name, "endpoints"), [])
        return origin in trusted

    def trust_endpoint(self, profile_name: str, origin: str) -> WorkbenchError | None:
        """Trusts a server with a profile's keys. The policy may refuse that."""
        if refused := self.policy.refusal(
            Rule.OWN_ENDPOINTS, _("{origin} was not allowed.").format(origin=origin)
        ):
            return refused
        with self._mutex:
            asked = self._asked_endpoints.get(profile_name)
            if asked is not None and asked.origin == origin:
                del self._asked_endpoints[profile_name]
            trusted: list[Any] = self._settings.get(_key(profile_name, "endpoints"), [])
            if origin in trusted:
                return None
            return self._settings.set(_key(profile_name, "endpoints"), [*trusted, origin])

    def asked_endpoint(self, profile_name: str) -> AskedEndpoint | None:
        """The server to which a request of this profile was last blocked; None for none."""
        with self._mutex:
            return self._asked_endpoints.get(profile_name)

    def ask_endpoint(self, profile_name: str, origin: str, ca_bundle: str = "") -> None:
        """Notes that a request to this server was blocked until the user decides."""
        with self._mutex:
            self._asked_endpoints[profile_name] = AskedEndpoint(origin, ca_bundle)

    # Profiles come and go -----------------------------------------------------------------------------------

    def rename(self, profile_name: str, new_name: str) -> WorkbenchError | None:
        """Copies the protection to the new name. The old name keeps it, because it may be used again."""
        problem = self._protection.set(_key(new_name, "tier"), self._chosen_tier(profile_name).value)
        with self._mutex:
            if (pin := self.pin(profile_name)) is not None:
                problem = self._store_pin(new_name, pin) or problem
            trusted: list[Any] = self._settings.get(_key(profile_name, "endpoints"), [])
            return self._settings.set(_key(new_name, "endpoints"), list(trusted)) or problem

    def forget(self, profile_name: str) -> WorkbenchError | None:
        """Removes the permissions of a deleted profile, so that a new one of its name starts without them.

        Its tier and account stay: they only restrict, and the profile may come back.
        """
        with self._mutex:
            self._asked_endpoints.pop(profile_name, None)
            if not self._settings.get(_key(profile_name, "endpoints"), []):
                return None
            return self._settings.set(_key(profile_name, "endpoints"), [])


_FILE = "protection.json"
_PROTECTED = re.compile(r"profile\..*\.(?:tier|pin)")
_UNKNOWN = "unknown"
"""Set if the tiers were lost: a profile without one is read-only then."""


def _key(profile_name: str, what: str) -> str:
    return f"profile.{profile_name}.{what}"


_READING = re.compile(r"(?:Get|List|Describe|BatchGet|Head)(?![a-z])")
_READING_TOO = frozenset({"FilterLogEvents"})
"""Changes nothing, and a read-only profile would have no logs without it. (StartQuery costs money.)"""
_CREDENTIALS = frozenset({"sts", "sso", "sso-oidc", "signin"})
"""Services that only return credentials: they change nothing, and reading needs them."""
_SIGNED_FOR_CREDENTIALS = frozenset({"sts", "awsssoportal", "sso-oauth", "signin"})
"""The same services by the names in signatures."""
_SIGNER = re.compile(r"Credential=([^/,]+)/")
_SETTING = "workbench_endpoint"
"""The member of a request's context that holds the endpoint of a setting; empty for AWS's own."""


def for_access(safety: Safety) -> "Callable[[Access], Sequence[Handler]]":
    """For `Sessions`: the guards of each access. The Sandbox, whose keys are from this computer, has none."""

    def guards(access: Access) -> "Sequence[Handler]":
        if access.keys is not None and endpoints.is_local(access.endpoint_url):
            return ()
        return handlers(access.profile_name or "", safety)

    return guards


def handlers(profile_name: str, safety: Safety) -> "Sequence[Handler]":
    """The guards of one session. They check tier, lock and trust at every call."""
    guard = _Guard(profile_name, safety)
    return (
        ("before-endpoint-resolution", guard.before_endpoint),
        ("before-call", guard.before_call),
        ("before-sign", guard.before_sign),
        ("before-send", guard.before_send),
        ("after-call.sts.GetCallerIdentity", guard.identified),
    )


def is_reading(operation: str) -> bool:
    """Whether a read-only profile may do this. By AWS's verbs, and stricter than `is_write`."""
    return operation in _READING_TOO or (
        _READING.match(operation) is not None and not connections.is_write(operation)
    )


class _Guard:
    """The guard of one session, which also knows whether AWS has confirmed its identity."""

    def __init__(self, profile_name: str, safety: Safety) -> None:
        self._name = profile_name
        self._safety = safety
        self._is_identified = False
        self._key_account = ""  # as far as the key id tells which account AWS identified

    def before_endpoint(
        self, builtins: Mapping[str, Any], model: Any, context: dict[str, Any], **__: Any
    ) -> None:
        """Called before botocore's rules make an endpoint, with the setting that replaces AWS's.

        It may be written in the profile, its services section, AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_S3.
        """
        setting = str(builtins.get("SDK::Endpoint") or "")
        if setting:
            service = model.service_model.service_name
            self._check_setting(setting, service, str(builtins.get("AWS::Region") or ""))
        context[_SETTING] = setting

    def before_call(self, model: Any, params: Mapping[str, Any], context: dict[str, Any], **__: Any) -> None:
        """Called before a request is signed. `params["url"]` is its target."""
        self._check_target(str(params["url"]), model.service_model.service_name, context)
        if model.service_model.service_name not in _CREDENTIALS:
            self._check_operation(model.name)

    def before_sign(self, signing_name: str, operation_name: str, **__: Any) -> None:
        """Also called for presigned URLs, which are made without a call."""
        if signing_name not in _SIGNED_FOR_CREDENTIALS:
            self._check_operation(operation_name)

    def before_send(self, request: Any, event_name: str, **__: Any) -> None:
        """Called with the signed request: a helper may have switched to another account's keys."""
        service, operation = event_name.split(".")[1:]
        self._check_target(str(request.url), service, request.context)  # S3 may have redirected it
        signer = _SIGNER.search(_text(request.headers.get("Authorization")))
        account_id = account_of_key(signer[1]) if signer else ""
        if operation == "GetCallerIdentity":
            self._key_account = account_id
        elif service in _CREDENTIALS or not connections.is_write(operation):
            return
        elif account_id and self._key_account not in ("", account_id):
            self._is_identified = False
            raise WorkbenchError(
                _not_sent(operation),
                _(
                    "The profile {name} now has credentials of account {account_id}; when it "
                    "connected, they were for account {key_account}."
                ).format(name=self._name, account_id=account_id, key_account=self._key_account),
                _("Connect again, then check the account."),
                action="connection.retry",
            )

    def identified(self, http_response: Any, parsed: Mapping[str, Any], **__: Any) -> None:
        """Called when AWS has confirmed the identity."""
        if http_response.status_code < 300 and "Account" in parsed and "Arn" in parsed:
            self._safety.check(self._name, parsed["Account"], parsed["Arn"])
            self._is_identified = True

    def _check_setting(self, url: str, service: str, region: str) -> None:
        """Raises WorkbenchError unless an endpoint is AWS's own for this service, or the user trusts it."""
        try:
            server = endpoints.origin_of_setting(url)
        except endpoints.AmbiguousUrlError as error:
            raise self._ambiguous(error) from None
        if endpoints.is_aws(server, service, region):
            return
        origin = str(server)
        not_sent = _("Nothing was sent to {origin}.").format(origin=origin)
        self._safety.policy.check(Rule.OWN_ENDPOINTS, not_sent)
        if self._safety.trusts_endpoint(self._name, origin):
            return
        ca_bundle = _ca_bundle_of(self._name)
        self._safety.ask_endpoint(self._name, origin, ca_bundle)
        why = _(
            "The profile {name} sends its requests there instead of to AWS. The operator of "
            "that server could read everything that is signed with the profile's credentials."
        ).format(name=self._name)
        if ca_bundle:
            why += " " + own_certificates(ca_bundle)
        raise WorkbenchError(
            not_sent, why, _("Allow it only if you know the server."), action="profile.trust_endpoint"
        )

    def _check_target(self, url: str, service: str, context: Mapping[str, Any]) -> None:
        """Raises WorkbenchError unless a request goes where `before_endpoint` has seen that it would."""
        setting: str | None = context.get(_SETTING)
        try:
            target = endpoints.origin_of(url)
            region = str(context.get("client_region") or "")
            if setting is None:  # botocore has no rules for this service
                self._check_setting(str(target), service, region)
                return
            if setting:
                is_expected = endpoints.origin_of_setting(setting).contains(target)
            else:
                is_expected = endpoints.is_aws_domain(url) or endpoints.is_aws(target, service, region)
        except endpoints.AmbiguousUrlError as error:
            raise self._ambiguous(error) from None
        if not is_expected:
            raise WorkbenchError(
                _("Nothing was sent to {origin}.").format(origin=target),
                _("It is not the server to which the profile {name} sends its requests.").format(
                    name=self._name
                ),
                _("Check the profile's endpoint and region, then try again."),
                action="profile.choose",
            )

    def _ambiguous(self, error: endpoints.AmbiguousUrlError) -> WorkbenchError:
        return WorkbenchError(
            _("Nothing was sent."),
            _(
                "The endpoint of the profile {name} is {endpoint_url}. The URL of a server starts with "
                "http:// or https:// and contains no spaces, user name, “\\”, “@”, “#” or “?”."
            ).format(name=self._name, endpoint_url=error),
            _("Correct endpoint_url in the AWS configuration file, or AWS_ENDPOINT_URL in the environment."),
            action="profile.choose",
        )

    def _check_operation(self, operation: str) -> None:
        self._safety.follow()
        is_refused = self._safety.tier(self._name) is Tier.READ_ONLY and not is_reading(operation)
        if is_refused and self._safety.forced_tier(self._name) is Tier.READ_ONLY:
            raise WorkbenchError(
                _not_sent(operation),
                _("{set_by_organisation}: the profile {name} is read-only.").format(
                    set_by_organisation=SET_BY_ORGANISATION, name=self._name
                ),
                _("Choose another profile, or ask the administrator of this computer."),
                action=SHOW_ACTION,
            )
        if is_refused:
            raise WorkbenchError(
                _not_sent(operation),
                _(
                    "The profile {name} is read-only: requests that might change something are not sent."
                ).format(name=self._name),
                _("Choose another profile, or change the profile's protection."),
                action="profile.choose",
            )
        if not connections.is_write(operation):
            return
        if lock := self._safety.lock(self._name):
            raise WorkbenchError(
                _not_sent(operation),
                _("The profile {name} has changed. {why}").format(name=self._name, why=lock.why),
                _("Confirm the change. Until then, Workbench makes no changes with this profile."),
                action="profile.confirm_account",
            )
        if not self._is_identified:
            raise WorkbenchError(
                _not_sent(operation),
                _("AWS has not yet confirmed the account of the profile {name}.").format(name=self._name),
                _("Connect again."),
                action="connection.retry",
            )


def _not_sent(operation: str) -> str:
    return _("{operation} was not sent.").format(operation=operation)


def _text(header: bytes | str | None) -> str:
    return header.decode("latin-1") if isinstance(header, bytes) else header or ""

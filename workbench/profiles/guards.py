"""What stands between every client of a profile and the network: requests that must not leave do not leave.

The handlers are registered on the session that all clients of a profile come from, so no room can go round
them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from workbench.aws import regions
from workbench.aws.access import Access, host_of
from workbench.aws.connection import is_write
from workbench.aws.session import Handler
from workbench.core.errors import WorkbenchError
from workbench.core.policy import SET_BY_ORGANISATION, SHOW_ACTION, Rule
from workbench.profiles.model import account_of_key
from workbench.profiles.safety import Safety, Tier

_READING = re.compile(r"(?:Get|List|Describe|BatchGet|Head)(?![a-z])")
_READING_TOO = frozenset({"FilterLogEvents"})
"""Changes nothing, and without it a read-only profile has no logs. (StartQuery costs money.)"""
_CREDENTIALS = frozenset({"sts", "sso", "sso-oidc", "signin"})
"""Services that only return credentials: they change nothing, and reading needs them."""
_SIGNED_FOR_CREDENTIALS = frozenset({"sts", "awsssoportal", "sso-oauth", "signin"})
"""The same by the names that requests are signed for."""
_LOCAL = ("127.0.0.1", "localhost", "::1")
_AWS_SIGN_IN = ".aws.amazon.com"
_SIGNER = re.compile(r"Credential=([^/,]+)/")
_HOST = re.compile(r"[a-z0-9.-]+")


def for_access(safety: Safety) -> Callable[[Access], Sequence[Handler]]:
    """What `Sessions` takes: each access's guards. The Sandbox, given keys on this computer, has none."""

    def guards(access: Access) -> Sequence[Handler]:
        if access.keys is not None and host_of(access.endpoint_url) in _LOCAL:
            return ()
        return handlers(access.profile_name or "", safety)

    return guards


def handlers(profile_name: str, safety: Safety) -> Sequence[Handler]:
    """The guards of one session. They look at the tier, the lock and the trust anew at every call."""
    guard = _Guard(profile_name, safety)
    return (
        ("before-call", guard.before_call),
        ("before-sign", guard.before_sign),
        ("before-send", guard.before_send),
        ("after-call.sts.GetCallerIdentity", guard.identified),
    )


def is_reading(operation: str) -> bool:
    """Whether a read-only profile may do this. By AWS's verbs, and stricter than `is_write`."""
    return operation in _READING_TOO or (_READING.match(operation) is not None and not is_write(operation))


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, for a question to the user: no credentials, no path."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url.partition("?")[0]
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{parts.scheme}://{host}{port}"


def is_aws(url: str) -> bool:
    """Whether an address is one of AWS's own, and encrypted."""
    host = host_of(url)
    known = regions.is_aws_host(host) or host.endswith(_AWS_SIGN_IN)
    return url.lower().startswith("https://") and _HOST.fullmatch(host) is not None and known


class _Guard:
    """The guard of one session: it also knows whether AWS has said whose session it is."""

    def __init__(self, profile_name: str, safety: Safety) -> None:
        self._name = profile_name
        self._safety = safety
        self._is_identified = False
        self._key_account = ""  # as far as the id of the key tells that AWS identified

    def before_call(self, model: Any, params: Mapping[str, Any], **_: Any) -> None:
        """Before a request is signed. `params["url"]` is where it will go."""
        self._check_endpoint(str(params["url"]))
        if model.service_model.service_name not in _CREDENTIALS:
            self._check_operation(model.name)

    def before_sign(self, signing_name: str, operation_name: str, **_: Any) -> None:
        """Also presigned addresses, which are made without a call."""
        if signing_name not in _SIGNED_FOR_CREDENTIALS:
            self._check_operation(operation_name)

    def before_send(self, request: Any, event_name: str, **_: Any) -> None:
        """The signed request: a helper may have gone over to another account's keys meanwhile."""
        service, operation = event_name.split(".")[1:]
        signer = _SIGNER.search(_text(request.headers.get("Authorization")))
        account_id = account_of_key(signer[1]) if signer else ""
        if operation == "GetCallerIdentity":
            self._key_account = account_id
        elif service in _CREDENTIALS or not is_write(operation):
            return
        elif account_id and self._key_account not in ("", account_id):
            self._is_identified = False
            raise WorkbenchError(
                f"{operation} was not sent.",
                f"The profile {self._name} now has credentials of account {account_id}; when it "
                f"connected, they were for account {self._key_account}.",
                "Connect again, then check the account.",
                action="connection.retry",
            )

    def identified(self, http_response: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        """AWS has said who this is."""
        if http_response.status_code < 300 and "Account" in parsed and "Arn" in parsed:
            self._safety.check(self._name, parsed["Account"], parsed["Arn"])
            self._is_identified = True

    def _check_endpoint(self, url: str) -> None:
        if is_aws(url):
            return
        origin = origin_of(url)
        self._safety.policy.check(Rule.OWN_ENDPOINTS, f"Nothing was sent to {origin}.")
        if self._safety.trusts_endpoint(self._name, origin):
            return
        self._safety.ask_endpoint(self._name, origin)
        raise WorkbenchError(
            f"Nothing was sent to {origin}.",
            f"The profile {self._name} sends its requests there instead of to AWS. The "
            "operator of that server could read everything that is signed with the profile's "
            "credentials.",
            "Allow it only if you know the server.",
            action="profile.trust_endpoint",
        )

    def _check_operation(self, operation: str) -> None:
        is_refused = self._safety.tier(self._name) is Tier.READ_ONLY and not is_reading(operation)
        if is_refused and self._safety.forced_tier(self._name) is Tier.READ_ONLY:
            raise WorkbenchError(
                f"{operation} was not sent.",
                f"{SET_BY_ORGANISATION}: the profile {self._name} is read-only.",
                "Choose another profile, or ask the administrator of this computer.",
                action=SHOW_ACTION,
            )
        if is_refused:
            raise WorkbenchError(
                f"{operation} was not sent.",
                f"The profile {self._name} is read-only: requests that might change something are not sent.",
                "Choose another profile, or change the profile's protection.",
                action="profile.choose",
            )
        if not is_write(operation):
            return
        if lock := self._safety.lock(self._name):
            raise WorkbenchError(
                f"{operation} was not sent.",
                f"The profile {self._name} has changed. {lock.why}",
                "Confirm the change. Until then, Workbench makes no changes with this profile.",
                action="profile.confirm_account",
            )
        if not self._is_identified:
            raise WorkbenchError(
                f"{operation} was not sent.",
                f"AWS has not yet confirmed the account of the profile {self._name}.",
                "Connect again.",
                action="connection.retry",
            )


def _text(header: bytes | str | None) -> str:
    return header.decode("latin-1") if isinstance(header, bytes) else header or ""

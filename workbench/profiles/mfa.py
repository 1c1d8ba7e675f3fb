"""MFA: temporary keys obtained with a code, kept in memory, and given to botocore as renewable credentials.

botocore itself would prompt on the terminal, and cannot renew (providers.py connects this with botocore).
Nothing here prompts: an error says that a code is needed, and `sign_in` is called once the user has typed
one.
"""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workbench.aws.client_config import Access
from workbench.aws.errors import explained
from workbench.aws.session import Handler, HandlersFor, Prepare, Session
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, working_for
from workbench.core.messages import _
from workbench.profiles.model import Profile

if TYPE_CHECKING:
    from workbench.profiles.providers import RoleProvider

SIGN_IN = "profile.sign_in"
_NO_REGION = "us-east-1"  # where STS answers for every account of the public partition
_SPACES = re.compile(r"[\s\u00a0-]")
_CODE = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class MfaQuestion:
    """A request for a code.

    Attributes:
        profile_name: The profile that names the device; may be the source of the profile that is used.
        serial: The device, usually an ARN.
        role_arn: The role that is assumed with the code; empty if the code is for the profile's own key.
    """

    profile_name: str
    serial: str
    role_arn: str = ""


@dataclass(frozen=True, slots=True)
class MfaRequest:
    """The request to STS, except the code. An edited profile makes a different request.

    Attributes:
        parameters: The other parameters of AssumeRole or GetSessionToken, sorted.
    """

    question: MfaQuestion
    parameters: tuple[tuple[str, str | int], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class _SignIn:
    request: MfaRequest
    expires_at: datetime
    keys: dict[str, Any] = field(repr=False)  # in the format of botocore's RefreshableCredentials


class MfaSessions:
    """The sign-ins with a code. Thread-safe.

    Args:
        handlers: The guards of sessions, as given to `Sessions`: a code is sent only where keys may be.
        prepare: Prepares each session's chain of credentials further, before this.
    """

    def __init__(
        self, clock: Clock, handlers: HandlersFor | Sequence[Handler] = (), prepare: Prepare | None = None
    ) -> None:
        self._clock = clock
        self._handlers_for = handlers if callable(handlers) else lambda __: handlers
        self._prepare_others = prepare
        self._mutex = threading.Lock()
        self._sign_ins: dict[str, _SignIn] = {}
        self._asked: dict[str, MfaQuestion] = {}
        self._offered: dict[str, MfaQuestion] = {}
        self._leans_on: dict[str, str] = {}

    def prepare(self, session: Any, access: Access) -> None:
        """For `Sessions`: makes the session assume roles that need a code from here."""
        self._install(session, access)

    def needed(self, profile: Profile) -> MfaQuestion | None:
        """The next question before this profile can be used; None if it needs no code now."""
        with self._mutex:
            if asked := self._asked.get(profile.name):
                return asked
            for hop in reversed(profile.chain):
                if hop.mfa_serial and hop.role_arn and self._valid(hop.profile_name) is None:
                    return MfaQuestion(hop.profile_name, hop.mfa_serial, hop.role_arn)
        return None

    def offered(self, profile: Profile) -> MfaQuestion | None:
        """A code that the profile does not require: it names a device beside its own key, and no role.

        The SDKs then ignore the device; signed in with a code, the key can do what a policy allows only with
        MFA. Known once the profile was used.
        """
        with self._mutex:
            return self._offered.get(profile.name)

    def expires_at(self, profile_name: str) -> datetime | None:
        """When the sign-in of the profile expires, UTC; None if there is none."""
        with self._mutex:
            found = self._valid(profile_name) or self._valid(self._leans_on.get(profile_name, ""))
            return found.expires_at if found else None

    def sign_in(self, profile: Profile, code: str, ctx: JobContext, region: str = "") -> datetime:
        """Answers the profile's next question.

        Connect again afterwards; for an offer, call `Sessions.forget` first.

        Args:
            code: The user's input: six digits; blanks are ignored.
            region: The region of STS; the profile's own region if empty.

        Returns:
            When the sign-in expires, UTC.

        Raises:
            WorkbenchError: The code is not six digits (nothing is sent), is wrong or was used, or there are
                no keys to sign the request with.
            Cancelled: Nothing is kept.
        """
        digits = _digits(code)
        ctx.check()
        access = Access(profile.name, region or profile.region or _NO_REGION)
        failure = _("Could not sign in with {profile}.").format(profile=profile.name)
        providers: list[RoleProvider] = []
        try:
            with working_for(ctx):
                Session(
                    access,
                    self._handlers_for(access),
                    lambda session, access: providers.append(self._install(session, access)),
                )
                request = self._next(providers[0].mfa_requests())
                if request is None:
                    raise WorkbenchError(
                        failure, _("The profile does not specify an MFA device."), action="profile.edit"
                    )
                keys, expires_at = providers[0].ask_with_code(request, digits)
        except Exception as error:  # noqa: BLE001 - botocore lets any kind through
            raise explained(error, failure, "", self._clock.now()) from None
        ctx.check()
        with self._mutex:
            self._sign_ins[request.question.profile_name] = _SignIn(request, expires_at, keys)
            for questions in (self._asked, self._offered):
                for name in [name for name, asked in questions.items() if asked == request.question]:
                    del questions[name]
        return expires_at

    # For providers.py ---------------------------------------------------------------------------------------

    def keys(self, request: MfaRequest, used_by: str) -> dict[str, Any]:
        """The valid keys from a code, in botocore's format.

        Raises:
            WorkbenchError: A (new) code is needed; the question is kept for `needed`.
        """
        question = request.question
        with self._mutex:
            self._leans_on[used_by] = question.profile_name
            known = self._sign_ins.get(question.profile_name)
            if known and known.request == request and self._valid(question.profile_name):
                return dict(known.keys)
            self._asked[used_by] = question
        if known and known.request == request:
            what, why = (
                _("The session of {profile_name} has expired.").format(profile_name=question.profile_name),
                _("Its credentials have expired."),
            )
        else:
            what = _("The profile {profile_name} needs an MFA code.").format(
                profile_name=question.profile_name
            )
            why = _("The role {role_arn} can only be assumed with a code from {serial}.").format(
                role_arn=question.role_arn, serial=question.serial
            )
        raise WorkbenchError(what, why, _("Sign in with the six-digit code from the device."), action=SIGN_IN)

    def has_keys(self, request: MfaRequest) -> bool:
        """Whether there are valid keys for this request."""
        with self._mutex:
            found = self._valid(request.question.profile_name)
            return found is not None and found.request == request

    def offer(self, request: MfaRequest) -> None:
        """Notes that a profile is used without its optional code."""
        with self._mutex:
            self._offered[request.question.profile_name] = request.question

    def _install(self, session: Any, access: Access) -> "RoleProvider":
        from workbench.profiles.providers import install_role_provider

        if self._prepare_others is not None:
            self._prepare_others(session, access)
        with self._mutex:
            self._asked.pop(access.profile_name or "", None)  # to find out again whether it still applies
        return install_role_provider(session, access, self)

    def _next(self, requests: Sequence[MfaRequest]) -> MfaRequest | None:
        """The next code along a chain, nearest the key first: the first missing, or the first to expire."""
        for request in requests:
            if not self.has_keys(request):
                return request
        with self._mutex:
            ends = {name: known.expires_at for name, known in self._sign_ins.items()}
        return min(requests, key=lambda request: ends[request.question.profile_name], default=None)

    def _valid(self, profile_name: str) -> _SignIn | None:
        found = self._sign_ins.get(profile_name)
        return found if found and found.expires_at > self._clock.now() else None


def _digits(code: str) -> str:
    digits = _SPACES.sub("", code)
    if _CODE.fullmatch(digits) is None:
        raise WorkbenchError(
            _("This is not an MFA code."),
            _("A code has six digits."),
            _("Enter the six-digit code from the device."),
            action=SIGN_IN,
        )
    return digits

"""MFA: what a code gave, kept in memory, and given to botocore as credentials that can be renewed.

botocore itself would ask on the terminal, and cannot renew (see providers.py for how it is led here). Nothing
here asks anybody: an error says that a code is needed, and `sign_in` is called once the user has typed one.
"""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workbench.aws.access import Access
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
    """The request for a code.

    Attributes:
        profile_name: The profile in which the device is named; it may be the source of the one that is used.
        serial: The device, usually an ARN.
        role_arn: The role that is taken with the code; empty when the code is for the profile's own key.
    """

    profile_name: str
    serial: str
    role_arn: str = ""


@dataclass(frozen=True, slots=True)
class MfaRequest:
    """What STS is asked once the code is there. An edited profile makes another request.

    Attributes:
        question: Device and role.
        parameters: The rest of AssumeRole's or GetSessionToken's parameters, sorted.
    """

    question: MfaQuestion
    parameters: tuple[tuple[str, str | int], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class _SignIn:
    request: MfaRequest
    expires_at: datetime
    keys: dict[str, Any] = field(repr=False)  # as botocore's RefreshableCredentials takes them


class MfaSessions:
    """The sign-ins with a code. Safe from any thread.

    Args:
        clock: The time.
        handlers: What guards sessions, the same that `Sessions` is given: a code goes where keys may go.
        prepare: What else is to be put into each session's chain of credentials, before this.
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
        """For `Sessions`: the session takes roles that need a code from here."""
        self._install(session, access)

    def needed(self, profile: Profile) -> MfaQuestion | None:
        """The next question before this profile can be used; None when it needs no code now."""
        with self._mutex:
            if asked := self._asked.get(profile.name):
                return asked
            for hop in reversed(profile.chain):
                if hop.mfa_serial and hop.role_arn and self._valid(hop.profile_name) is None:
                    return MfaQuestion(hop.profile_name, hop.mfa_serial, hop.role_arn)
        return None

    def offered(self, profile: Profile) -> MfaQuestion | None:
        """A code that the profile can do without: it names a device beside its own key, and no role.

        The SDKs ignore the device then; signed in with a code, the key can do what a policy allows with MFA
        only. Known once the profile was used.
        """
        with self._mutex:
            return self._offered.get(profile.name)

    def expires_at(self, profile_name: str) -> datetime | None:
        """When the sign-in that the profile is used with ends, UTC; None when there is none."""
        with self._mutex:
            found = self._valid(profile_name) or self._valid(self._leans_on.get(profile_name, ""))
            return found.expires_at if found else None

    def sign_in(self, profile: Profile, code: str, ctx: JobContext, region: str = "") -> datetime:
        """Answers the profile's next question. Then connect again; for an offer, `Sessions.forget` first.

        Args:
            profile: The profile to be used.
            code: The user's input: six digits; blanks are ignored.
            ctx: The job.
            region: Where STS is asked; the profile's own region when empty.

        Returns:
            When the sign-in ends, UTC.

        Raises:
            WorkbenchError: The code is not six digits (nothing is sent), is wrong or was used, or there are
                no keys to ask with.
            Cancelled: Nothing is kept then.
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
                        failure,
                        _("The profile does not specify an MFA device."),
                        action="profile.edit",
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

    def sign_out(self, profile_name: str) -> None:
        """Forgets what a code gave. Connections that use it end when they next ask for keys."""
        with self._mutex:
            self._sign_ins.pop(profile_name, None)

    # For providers.py ---------------------------------------------------------------------------------------

    def keys(self, request: MfaRequest, used_by: str) -> dict[str, Any]:
        """The keys that a code gave, as botocore takes them, good for now.

        Args:
            request: What the profile asks for at present.
            used_by: The profile of the session.

        Raises:
            WorkbenchError: A code is needed (again); the question is kept for `needed`.
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
        """Whether a code was given for this, and what it gave still holds."""
        with self._mutex:
            found = self._valid(request.question.profile_name)
            return found is not None and found.request == request

    def offer(self, request: MfaRequest) -> None:
        """A profile is used without the code that it could be used with."""
        with self._mutex:
            self._offered[request.question.profile_name] = request.question

    def _install(self, session: Any, access: Access) -> "RoleProvider":
        from workbench.profiles.providers import install_role_provider

        if self._prepare_others is not None:
            self._prepare_others(session, access)
        with self._mutex:
            self._asked.pop(access.profile_name or "", None)  # asked anew if it is still so
        return install_role_provider(session, access, self)

    def _next(self, requests: Sequence[MfaRequest]) -> MfaRequest | None:
        """Of the codes along a chain, nearest the key first: the first missing, or the first to end."""
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

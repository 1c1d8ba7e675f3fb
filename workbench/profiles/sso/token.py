"""What a sign-in leaves behind. Values only; nothing secret is in a repr."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workbench.profiles.sso.session_of import SsoSession

REFRESH_WINDOW = timedelta(minutes=15)
"""A token is renewed this long before its end. Source: SSOTokenProvider in botocore/tokens.py."""


@dataclass(frozen=True, slots=True)
class Registration:
    """This program, as IAM Identity Center knows it for some 90 days.

    Attributes:
        grant_types: Empty for the device flow.
    """

    client_id: str
    client_secret: str = field(repr=False)
    expires_at: datetime
    grant_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A sign-in to IAM Identity Center.

    Attributes:
        session: What was signed in to.
        expires_at: End of the access token, UTC.
        refresh_token: With it and the registration the access token is renewed; empty for none.
        registration: Empty when another tool wrote the token without it.
    """

    session: SsoSession
    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str = field(default="", repr=False)
    registration: Registration | None = None

    def is_valid(self, now: datetime) -> bool:
        return now < self.expires_at

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to renew it."""
        return now > self.expires_at - REFRESH_WINDOW

    def can_refresh(self, now: datetime) -> bool:
        return bool(self.refresh_token and self.registration and now < self.registration.expires_at)

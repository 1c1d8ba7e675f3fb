"""Labels, icons and colors of profiles."""

from datetime import datetime

from workbench.core.messages import _
from workbench.profiles.model import Hop, Profile, ProfileKind
from workbench.profiles.safety import Tier

KIND_ICONS = {
    ProfileKind.SANDBOX: "box",
    ProfileKind.STATIC: "key-round",
    ProfileKind.TEMPORARY: "hourglass",
    ProfileKind.ASSUME_ROLE: "id-card",
    ProfileKind.SSO: "users",
    ProfileKind.PROCESS: "terminal",
    ProfileKind.WEB_IDENTITY: "globe-lock",
    ProfileKind.LOGIN: "log-in",
    ProfileKind.UNKNOWN: "file",
}
_SOON_S = 15 * 60


def kind_label(kind: ProfileKind) -> str:
    """The kind's name for the user."""
    return {
        ProfileKind.SANDBOX: _("Local Sandbox"),
        ProfileKind.STATIC: _("Long-term access key"),
        ProfileKind.TEMPORARY: _("Temporary credentials"),
        ProfileKind.ASSUME_ROLE: _("Role"),
        ProfileKind.SSO: _("IAM Identity Center"),
        ProfileKind.PROCESS: _("Credential process"),
        ProfileKind.WEB_IDENTITY: _("Web identity"),
        ProfileKind.LOGIN: _("Console sign-in"),
        ProfileKind.UNKNOWN: _("No credentials"),
    }[kind]


def hop_label(hop: Hop) -> str:
    """What a link of the role chain is, for the user."""
    if hop.source:
        return _("External source")
    return kind_label(hop.kind)


def tier_label(tier: Tier) -> str:
    """How careful to be, as the picker and the list say it."""
    return {
        Tier.NORMAL: _("Normal"),
        Tier.PRODUCTION: _("Production"),
        Tier.READ_ONLY: _("Read-only"),
    }[tier]


def remaining_label(expires_at: datetime, now: datetime) -> str:
    """How long it still lasts: "41 min left", "ended"."""
    seconds = int((expires_at - now).total_seconds())
    if seconds <= 0:
        return _("ended")
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours >= 48:
        return _("{hours} d left").format(hours=f"{hours // 24:,}")
    if hours:
        left = _("{hours} h {minutes} min left")
        return left.format(hours=str(hours), minutes=str(minutes))
    if seconds >= 60:
        return _("{minutes} min left").format(minutes=str(minutes))
    return _("{seconds} s left").format(seconds=str(seconds))


def expiry_color(expires_at: datetime, now: datetime) -> str:
    """The theme's color for the time left: a near or past expiry stands out."""
    seconds = (expires_at - now).total_seconds()
    return "danger" if seconds <= 0 else "warning" if seconds < _SOON_S else "muted"


def summary_line(profile: Profile) -> str:
    """The second line of a row in the list: what it is, whose, where."""
    parts = (kind_label(profile.kind), profile.account_id, profile.region)
    return " · ".join(" ".join(part.split()) for part in parts if part)  # a value may have several lines

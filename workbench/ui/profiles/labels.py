"""Labels, icons and colors of profiles."""

from datetime import datetime

from PySide6.QtCore import QCoreApplication

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
    translate = QCoreApplication.translate
    return {
        ProfileKind.SANDBOX: translate("Profiles", "Local Sandbox"),
        ProfileKind.STATIC: translate("Profiles", "Long-term access key"),
        ProfileKind.TEMPORARY: translate("Profiles", "Temporary credentials"),
        ProfileKind.ASSUME_ROLE: translate("Profiles", "Role"),
        ProfileKind.SSO: translate("Profiles", "IAM Identity Center"),
        ProfileKind.PROCESS: translate("Profiles", "Credential process"),
        ProfileKind.WEB_IDENTITY: translate("Profiles", "Web identity"),
        ProfileKind.LOGIN: translate("Profiles", "Console sign-in"),
        ProfileKind.UNKNOWN: translate("Profiles", "No credentials"),
    }[kind]


def hop_label(hop: Hop) -> str:
    """What a link of the role chain is, for the user."""
    if hop.source:
        return QCoreApplication.translate("Profiles", "External source")
    return kind_label(hop.kind)


def tier_label(tier: Tier) -> str:
    """How careful to be, as the picker and the list say it."""
    translate = QCoreApplication.translate
    return {
        Tier.NORMAL: translate("Profiles", "Normal"),
        Tier.PRODUCTION: translate("Profiles", "Production"),
        Tier.READ_ONLY: translate("Profiles", "Read-only"),
    }[tier]


def remaining_label(expires_at: datetime, now: datetime) -> str:
    """How long it still lasts: "41 min left", "ended"."""
    translate = QCoreApplication.translate
    seconds = int((expires_at - now).total_seconds())
    if seconds <= 0:
        return translate("Profiles", "ended")
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours >= 48:
        return translate("Profiles", "%1 d left").replace("%1", f"{hours // 24:,}")
    if hours:
        left = translate("Profiles", "%1 h %2 min left")
        return left.replace("%1", str(hours)).replace("%2", str(minutes))
    if seconds >= 60:
        return translate("Profiles", "%1 min left").replace("%1", str(minutes))
    return translate("Profiles", "%1 s left").replace("%1", str(seconds))


def expiry_color(expires_at: datetime, now: datetime) -> str:
    """The theme's color for the time left: a near or past expiry stands out."""
    seconds = (expires_at - now).total_seconds()
    return "danger" if seconds <= 0 else "warning" if seconds < _SOON_S else "muted"


def summary_line(profile: Profile) -> str:
    """The second line of a row in the list: what it is, whose, where."""
    parts = (kind_label(profile.kind), profile.account_id, profile.region)
    return " · ".join(" ".join(part.split()) for part in parts if part)  # a value may have several lines

"""For which profiles sparklines are read: they may cost something, so the user chooses."""

from collections.abc import Iterable

from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.profiles.model import Profile
from workbench.ui.preferences import METRICS_SPARKLINES

OFF, FREE, ALL = "off", "sandbox", "all"


def cost_text() -> str:
    """What sparklines cost, for where they are chosen.

    Source: https://aws.amazon.com/cloudwatch/pricing/ (GetMetricData), as of 2026-11, us-east-1.
    """
    return _(
        "AWS charges $0.01 per 1,000 metrics requested: two for each visible function, at "
        "most every five minutes."
    )


class SparklineChoice:
    """Reads the setting, and changes it for the current profile.

    Args:
        settings: Where it is kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def allows(self, profile: Profile) -> bool:
        """Whether rows of a profile have sparklines."""
        chosen = METRICS_SPARKLINES.read(self._settings)
        return chosen == ALL or (chosen == FREE and not profile.leads_to_aws)

    def refused(self, profiles: Iterable[Profile]) -> list[str]:
        """The names of those whose rows have none."""
        return [each.name for each in profiles if not self.allows(each)]

    def toggle(self, profile: Profile) -> None:
        """Switches them for a profile; with those of AWS go those that are free, and off likewise."""
        if self.allows(profile):
            chosen = FREE if profile.leads_to_aws else OFF
        else:
            chosen = ALL if profile.leads_to_aws else FREE
        self._settings.set(METRICS_SPARKLINES.key, chosen)

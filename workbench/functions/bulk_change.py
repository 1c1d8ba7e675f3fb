"""What can be done to many functions at once, and what is known of each of them before.

Values, and what the service model says of them. Must not know: how a change is made.
"""

import unicodedata
from dataclasses import dataclass

from workbench.aws.quotas import text_limit
from workbench.functions.configure import Wanted
from workbench.functions.hanging import Part
from workbench.functions.model import FunctionDetail, FunctionSummary

TAGS_LIMIT = 50
"""Tags of one function. Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html"""
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096),
    *(1827, 2192, 2557, 2922, 3288, 3653),
)
"""What CloudWatch Logs takes.
Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
_TAG_SIGNS = "_.:/=+-@"


@dataclass(frozen=True, slots=True)
class Target:
    """One function of one account and region.

    Attributes:
        profile_name: Who acts there.
    """

    profile_name: str
    account_id: str
    region: str
    function_name: str
    function_arn: str

    @classmethod
    def of(cls, row: FunctionSummary, profile_name: str) -> "Target":
        return cls(profile_name, row.account_id, row.region, row.function_name, row.function_arn)


@dataclass(frozen=True, slots=True)
class Configure:
    """Other values in the configuration."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Retag:
    """Tags that are set, by key and value, and keys of tags that are taken away."""

    put: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retain:
    """For how many days the log group keeps its lines; None for ever."""

    days: int | None


@dataclass(frozen=True, slots=True)
class Delete:
    """The function goes, and its event source mappings with it."""


Change = Configure | Retag | Retain | Delete


@dataclass(frozen=True, slots=True)
class Seen:
    """A function as it was looked at, as far as a change needs to know.

    Attributes:
        detail: The function.
        tags_error: Why its tags may not be read.
        has_log_group: Whether its log group is there; only looked at for `Retain`.
        retention_days: Of the log group; None for ever.
        mappings: Its event source mappings; only looked at for `Delete`.
        hurdle: Why AWS would refuse the change, by what else was looked at; empty for nothing.
        to_mind: What else to know of the change before it is made; empty for nothing.
    """

    detail: FunctionDetail
    tags_error: str = ""
    has_log_group: bool = False
    retention_days: int | None = None
    mappings: tuple[Part, ...] = ()
    hurdle: str = ""
    to_mind: str = ""


def accepts_tag_key(key: str) -> bool:
    """Whether a tag may be called that. "aws:" is AWS's own."""
    return not key.lower().startswith("aws:") and _fits(key, "TagKey")


def accepts_tag_value(value: str) -> bool:
    """Whether a tag may have this value."""
    return _fits(value, "TagValue")


def _fits(text: str, shape: str) -> bool:
    # The model's pattern names classes of Unicode, which Python's expressions do not know: written out here.
    limit = text_limit(shape)
    is_short = limit.min_length <= len(text) <= (limit.max_length or len(text))
    return is_short and all(unicodedata.category(sign)[0] in "LZN" or sign in _TAG_SIGNS for sign in text)

"""What the service model and Lambda's documentation allow, read once for the form."""

from dataclasses import dataclass, replace

from workbench.aws.quotas import NumberLimit, TextLimit, known_values, number_limit, text_limit
from workbench.functions.configuration import ROWS, UNLIMITED

_TEXTS = {
    **{each.name: each.text for each in ROWS.values() if each.text},
    "mount_path": "LocalMountPath",
    "variable": "EnvironmentVariableName",
    "tag": "TagKey",
    "tag_value": "TagValue",
}
_NUMBERS = {each.name: each.number for each in ROWS.values() if each.number not in ("", UNLIMITED)}
_VALUES = {
    **{each.name: each.values for each in ROWS.values() if each.values},
    "direct_s3_read": "DirectS3Read",
}
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Valid retention of a log group.
Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
"""Reserved environment variables, which Lambda refuses.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
TAGS_LIMIT = 50
"""Maximum of tags per function.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html"""
SUBNETS_LIMIT, SECURITY_GROUPS_LIMIT = 16, 5
"""Source: SubnetIds and SecurityGroupIds in the service model."""
MEMORY_GIB_PER_VCPU = (2.0, 8.0)
"""Source: ExecutionEnvironmentMemoryGiBPerVCpu in the service model."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits by attribute of Settings; for texts also by "variable", "tag", "mount_path"."""

    texts: tuple[tuple[str, TextLimit], ...]
    numbers: tuple[tuple[str, NumberLimit], ...]
    values: tuple[tuple[str, tuple[str, ...]], ...]

    def text(self, name: str) -> TextLimit | None:
        """The limits of a text; None if the model has none."""
        return dict(self.texts).get(name)

    def number(self, name: str) -> NumberLimit | None:
        return dict(self.numbers).get(name)

    def known(self, name: str) -> tuple[str, ...]:
        """The known values. AWS may accept others."""
        return dict(self.values).get(name, ())


def load_limits() -> Limits:
    """Reads the service model, which takes a moment the first time: not for the main thread."""
    return Limits(
        tuple((name, _for_python(text_limit(shape))) for name, shape in _TEXTS.items()),
        tuple((name, number_limit(shape)) for name, shape in _NUMBERS.items()),
        tuple((name, known_values(shape)) for name, shape in _VALUES.items()),
    )


def _for_python(limit: TextLimit) -> TextLimit:
    """Converts the model's Java patterns: Python has no Unicode categories for letters, spaces and digits."""
    return replace(limit, pattern=limit.pattern.replace(r"\p{L}\p{Z}\p{N}", r"\w\s"))

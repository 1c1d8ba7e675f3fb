"""Lambda's runtimes: languages and versions, which a new function can have, the variables that they reserve.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

import re
from collections.abc import Collection

_RUNTIME = re.compile(r"(python|nodejs|ruby|java|dotnet|provided)(?:\.al)?(\d+(?:\.\d+)*)(?:\.(?:x|al2))?")
_OLDEST: dict[str, tuple[int, ...]] = {
    "python": (3, 10),
    "nodejs": (22,),
    "ruby": (3, 3),
    "java": (8,),
    "dotnet": (8,),
    "provided": (2,),
}
"""The oldest that are offered: AWS no longer creates functions with older ones, or soon will not."""
_RETIRED = ("java8",)
FAMILIES = tuple(_OLDEST)
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


def family_of(runtime: str) -> str:
    """The family of a runtime, even of a later version: "python" of "python3.20"; "" if it is not known."""
    found = _RUNTIME.fullmatch(runtime)
    return found[1] if found else ""


def version_of(runtime: str) -> tuple[int, ...]:
    """The version of a runtime: (3, 13) of "python3.13", (22,) of "nodejs22.x"; empty if it has none."""
    found = _RUNTIME.fullmatch(runtime)
    return tuple(map(int, found[2].split("."))) if found else ()


def offered_runtimes(known: Collection[str]) -> tuple[str, ...]:
    """The runtimes that a new function can have, by family, newest first.

    Args:
        known: All runtimes of the service model.
    """
    found: list[str] = []
    for family, oldest in _OLDEST.items():
        fit = [each for each in known if family_of(each) == family and version_of(each) >= oldest]
        found += sorted(fit, key=version_of, reverse=True)
    return tuple(each for each in found if each not in _RETIRED)

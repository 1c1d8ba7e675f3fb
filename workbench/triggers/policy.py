"""A function's resource policy as grants. Accepts all JSON shapes that IAM allows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a statement. All conditions must hold.

    Attributes:
        operator: IAM's operator ("ArnLike").
        key: In lower case ("aws:sourcearn"): IAM ignores case.
        values: One of them must match.
    """

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """One principal of one statement.

    Attributes:
        principal: As in the policy ("s3.amazonaws.com", an ARN, "*").
        service: Short name of a service principal ("s3"), otherwise empty.
        action: The actions, joined by commas.
        source_arn: The source in a condition; empty if there is none.
        source_account: The account in a condition.
        qualifier: The version or alias that the statement applies to.
        denies: Whether the effect is Deny.
        other_conditions: Conditions other than those two, as "key=value".
    """

    sid: str
    principal: str
    service: str
    action: str
    source_arn: str
    source_account: str
    qualifier: str
    denies: bool
    other_conditions: str
    conditions: tuple[Condition, ...] = ()


def parse_policy(text: str, function_name: str) -> tuple[Grant, ...]:
    """Reads a resource policy.

    Args:
        text: The JSON in GetPolicy's answer.

    Raises:
        WorkbenchError: The text is not a policy.
    """
    with _understood(function_name):
        return tuple(
            _grant(statement, principal)
            for statement in _listed(json.loads(text)["Statement"])
            for principal in _principals(statement)
        )


def read_statements(text: str, function_name: str) -> dict[str, dict[str, Any]]:
    """The statements of a resource policy, unchanged, by id. Raises WorkbenchError."""
    with _understood(function_name):
        return {
            str(statement.get("Sid", "")): statement for statement in _listed(json.loads(text)["Statement"])
        }


@contextmanager
def _understood(function_name: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise WorkbenchError(
            _("The resource policy of {function_name} could not be read.").format(
                function_name=function_name
            ),
            _("This version of Workbench does not understand it ({name}).").format(name=type(error).__name__),
            _("View it with: aws lambda get-policy"),
        ) from error


def _grant(statement: dict[str, Any], principal: str) -> Grant:
    conditions = tuple(
        Condition(operator, key.lower(), tuple(str(value) for value in _listed(values)))
        for operator, tests in statement.get("Condition", {}).items()
        for key, values in tests.items()
    )
    by_key = {condition.key: condition.values for condition in conditions}
    source_arn = ", ".join(by_key.pop("aws:sourcearn", ()))
    source_account = ", ".join(by_key.pop("aws:sourceaccount", ()))
    resource = _listed(statement.get("Resource", ""))[0]
    is_service = principal.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return Grant(
        sid=str(statement.get("Sid", "")),
        principal=principal,
        service=principal.split(".")[0] if is_service else "",
        action=", ".join(_listed(statement.get("Action", ""))),
        source_arn=source_arn,
        source_account=source_account,
        qualifier=resource.split(":")[7] if resource.count(":") >= 7 else "",
        denies=statement.get("Effect") == "Deny",
        other_conditions=", ".join(f"{key}={'|'.join(values)}" for key, values in by_key.items()),
        conditions=conditions,
    )


def _principals(statement: dict[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", "*")
    if isinstance(principal, str):
        yield principal
        return
    for values in principal.values():
        yield from _listed(values)


def _listed(value: Any) -> list[Any]:
    """Wraps a single value: IAM accepts one in place of a list."""
    return value if isinstance(value, list) else [value]

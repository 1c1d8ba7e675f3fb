"""A function's resource policy as grants.

Owns: reading the policy's JSON in all the shapes that IAM allows. Must not know: AWS calls, evaluation.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import WorkbenchError


@dataclass(frozen=True, slots=True)
class Grant:
    """One principal of one statement.

    Attributes:
        sid: The statement's id.
        principal: As the policy has it ("s3.amazonaws.com", an ARN, "*").
        service: The service's short name when the principal is one ("s3"), else empty.
        action: The action, several joined by commas.
        source_arn: The source that the condition names; empty when it names none.
        source_account: The account that the condition names.
        qualifier: Version or alias that the statement is for.
        denies: The effect is Deny.
        other_conditions: Conditions that are neither of the two, as "key=value".
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


def parse_policy(text: str, function_name: str) -> tuple[Grant, ...]:
    """Reads a resource policy.

    Args:
        text: The JSON that GetPolicy answers.
        function_name: For the message.

    Raises:
        WorkbenchError: The text is no policy.
    """
    try:
        statements = _listed(json.loads(text)["Statement"])
        return tuple(
            _grant(statement, principal) for statement in statements for principal in _principals(statement)
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise WorkbenchError(
            f"The resource policy of {function_name} could not be read.",
            f"It is not a policy that this version understands ({type(error).__name__}).",
            "Look at it with: aws lambda get-policy",
        ) from error


def _grant(statement: dict[str, Any], principal: str) -> Grant:
    conditions = {
        key.lower(): [str(value) for value in _listed(values)]
        for tests in statement.get("Condition", {}).values()
        for key, values in tests.items()
    }
    source_arn = ", ".join(conditions.pop("aws:sourcearn", ()))
    source_account = ", ".join(conditions.pop("aws:sourceaccount", ()))
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
        other_conditions=", ".join(f"{key}={'|'.join(values)}" for key, values in conditions.items()),
    )


def _principals(statement: dict[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", "*")
    if isinstance(principal, str):
        yield principal
        return
    for values in principal.values():
        yield from _listed(values)


def _listed(value: Any) -> list[Any]:
    """IAM lets one stand for a list of one."""
    return value if isinstance(value, list) else [value]

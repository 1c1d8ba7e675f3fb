"""A function's resource-based policy, statement by statement, as AddPermission makes each again. Pure."""

import json
from collections.abc import Mapping
from typing import Any

_CONDITIONS = {
    "aws:sourcearn": "SourceArn",
    "aws:sourceaccount": "SourceAccount",
    "aws:principalorgid": "PrincipalOrgID",
    "lambda:functionurlauthtype": "FunctionUrlAuthType",
    "lambda:eventsourcetoken": "EventSourceToken",
    "lambda:invokedviafunctionurl": "InvokedViaFunctionUrl",
}
"""What AddPermission has a parameter for.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""


def statements_in(policy: str) -> tuple[Mapping[str, Any], ...]:
    """The statements of a policy; none of a text that is no policy."""
    try:
        found = json.loads(policy)["Statement"] if policy else ()
    except (ValueError, LookupError, TypeError):
        return ()
    return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def permission_request(statement: Mapping[str, Any]) -> dict[str, Any]:
    """AddPermission's request, without function and qualifier.

    Raises:
        ValueError: AddPermission cannot make it; the text says why.
    """
    if statement.get("Effect") != "Allow" or "NotPrincipal" in statement:
        raise ValueError("AddPermission makes statements that allow something only")
    request: dict[str, Any] = {
        "StatementId": _one(statement.get("Sid"), "Sid"),
        "Action": _one(statement.get("Action"), "Action"),
        "Principal": _principal(statement.get("Principal")),
    }
    for tests in (statement.get("Condition") or {}).values():
        for key, value in tests.items():
            parameter = _CONDITIONS.get(key.lower())
            if parameter is None:
                raise ValueError(f"AddPermission has no parameter for the condition {key}")
            text = _one(value, key)
            is_flag = parameter == "InvokedViaFunctionUrl"
            request[parameter] = text.lower() == "true" if is_flag else text
    return request


def _principal(principal: Any) -> str:
    if isinstance(principal, dict) and len(principal) == 1:
        (value,) = principal.values()
        text = _one(value, "Principal")
        # An account is shown as its root, and taken as its number.
        is_root = text.startswith("arn:") and text.endswith(":root")
        return text.split(":")[4] if is_root else text
    return _one(principal, "Principal")


def _one(value: Any, name: str) -> str:
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value:
        return value
    raise ValueError(f"AddPermission takes one {name}")

"""What policies let a service of AWS do: assume a role, invoke a function, send to a queue or topic.

Conditions are not read: a statement that has some allows.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.sandbox.launcher.door import stores


def may_assume(role_arn: str, service: str) -> bool:
    """Whether a role is there and its trust policy allows a service to assume it.

    Args:
        role_arn: Of the role.
        service: The principal ("scheduler.amazonaws.com").
    """
    role = stores.role(role_arn)
    return role is not None and allows(role.get("AssumeRolePolicyDocument", ""), service, "sts:AssumeRole")


def may_invoke(function_arn: str, service: str) -> bool:
    """Whether a function is there and its policy allows a service to invoke it.

    The policy is that of the version or alias that the ARN names.
    """
    _, _, _, region, account_id, *resource = [*function_arn.split(":"), *[""] * 7][:8]
    function = stores.function(resource[1], account_id, region) if resource[0] == "function" else None
    statements = _statements((function or {}).get("policy", {}))
    own = [each for each in statements if each.get("Resource") == function_arn]
    return allows({"Statement": own}, service, "lambda:InvokeFunction")


def allows(document: Any, service: str, action: str) -> bool:
    """Whether a policy, as text or read, allows an action to a service."""
    return any(_allows(each, service, action) for each in _statements(document))


def _statements(document: Any) -> Iterator[Mapping[str, Any]]:
    try:
        policy = json.loads(document) if isinstance(document, str) else document
    except (ValueError, RecursionError):
        return
    found = policy.get("Statement", []) if isinstance(policy, dict) else []
    yield from (each for each in _listed(found) if isinstance(each, dict))


def _allows(statement: Mapping[str, Any], service: str, action: str) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal", {})
    known = _listed(principal.get("Service", [])) if isinstance(principal, dict) else [principal]
    known += _listed(principal.get("AWS", [])) if isinstance(principal, dict) else []
    actions = [str(each).lower() for each in _listed(statement.get("Action", []))]
    return any(_is_service(str(each), service) for each in known) and any(
        _matches(each, action.lower()) for each in actions
    )


def _is_service(principal: str, service: str) -> bool:
    """A service is named with or without a region: logs.us-east-1.amazonaws.com."""
    name, _, domain = service.partition(".")
    parts = principal.split(".")
    return principal in ("*", service) or (parts[0] == name and principal.endswith(f".{domain}"))


def _matches(pattern: str, action: str) -> bool:
    start, star, _ = pattern.partition("*")
    return action.startswith(start) if star else pattern == action


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]

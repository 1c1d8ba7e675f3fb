"""Whether a role lets a service assume it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.sandbox.launcher.door import stores

_ASSUME = ("sts:assumerole", "sts:*", "*")


def may_assume(role_arn: str, service: str) -> bool:
    """Whether a role is there and its trust policy allows a service to assume it. Conditions are not read.

    Args:
        role_arn: Of the role.
        service: The principal ("scheduler.amazonaws.com").
    """
    role = stores.role(role_arn)
    return role is not None and any(
        _allows(each, service) for each in _statements(role.get("AssumeRolePolicyDocument", ""))
    )


def _statements(document: Any) -> Iterator[Mapping[str, Any]]:
    try:
        policy = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return
    found = policy.get("Statement", []) if isinstance(policy, dict) else []
    yield from (each for each in _listed(found) if isinstance(each, dict))


def _allows(statement: Mapping[str, Any], service: str) -> bool:
    principal = statement.get("Principal", {})
    services = _listed(principal.get("Service", [])) if isinstance(principal, dict) else [principal]
    actions = [str(each).lower() for each in _listed(statement.get("Action", []))]
    return (
        statement.get("Effect") == "Allow"
        and any(each in ("*", service) for each in services)
        and any(each in _ASSUME for each in actions)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

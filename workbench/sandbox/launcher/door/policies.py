"""Evaluates IAM policies as AWS does: a denial wins, and what no statement allows is not allowed.

What cannot be judged here (a condition on something that the Sandbox does not know) allows and never denies:
a request that AWS accepts must pass.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from workbench.aws.policy_conditions import holds, like

Statement = Mapping[str, Any]
Statements = tuple[Statement, ...]
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_MAX_KEPT = 256


class Verdict(Enum):
    """What policies say about a request."""

    ALLOWED = "allowed"
    DENIED = "denied"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be allowed.

    Attributes:
        action: As policies name it ("s3:GetObject").
        resources: The ARNs by which policies may name the resource; empty when it is not known.
        keys: What conditions are compared with, by the key's name in lower case. "" is a key that the request
            does not have; a key that is not here is not known.
    """

    action: str
    resources: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


def judge(
    documents: Iterable[Any], asked: Asked, is_meant: Callable[[Statement], bool] = lambda _: True
) -> Verdict:
    """Returns what policies say together.

    Args:
        documents: Policies, as text or read. What is none says nothing.
        asked: What is to be allowed.
        is_meant: Whether a statement is about who asks: policies of resources name principals.
    """
    verdict = Verdict.SILENT
    for document in documents:
        for statement in statements_of(document):
            is_denial = statement.get("Effect") == "Deny"
            if not is_denial and (statement.get("Effect") != "Allow" or verdict is Verdict.ALLOWED):
                continue
            if is_meant(statement) and _covers(statement, asked, is_denial=is_denial):
                if is_denial:
                    return Verdict.DENIED
                verdict = Verdict.ALLOWED
    return verdict


def statements_of(document: Any) -> Statements:
    """Returns the statements of a policy, as text or read; none when it is no policy."""
    return _read(document) if isinstance(document, str) else _statements(document)


def listed(value: Any) -> list[Any]:
    """Returns the values of a member that may be one or a list."""
    return list(value) if isinstance(value, list) else [value]


@functools.lru_cache(maxsize=_MAX_KEPT)
def _read(document: str) -> Statements:
    try:
        return _statements(json.loads(document))
    except (ValueError, RecursionError):
        return ()


def _statements(policy: Any) -> Statements:
    found = policy.get("Statement", []) if isinstance(policy, dict) else []
    return tuple(each for each in listed(found) if isinstance(each, dict))


def _covers(statement: Statement, asked: Asked, *, is_denial: bool) -> bool:
    return (
        _names_action(statement, asked.action.lower())
        and _names_resource(statement, asked, is_denial=is_denial)
        and _is_met(statement.get("Condition"), asked, is_denial=is_denial)
    )


def _names_action(statement: Statement, action: str) -> bool:
    if "NotAction" in statement:
        return not _is_like(action, statement["NotAction"])
    return "Action" in statement and _is_like(action, statement["Action"])


def _is_like(action: str, patterns: Any) -> bool:
    return any(like(action, str(each).lower()) for each in listed(patterns))


def _names_resource(statement: Statement, asked: Asked, *, is_denial: bool) -> bool:
    is_other = "NotResource" in statement
    if not is_other and "Resource" not in statement:
        return True  # trust policies have none
    patterns = [str(each) for each in listed(statement["NotResource" if is_other else "Resource"])]
    if not asked.resources:
        return not is_denial or (not is_other and "*" in patterns)
    is_named = any(
        like(resource, filled)
        for pattern in patterns
        if (filled := _filled(pattern, asked, is_denial=is_denial)) is not None
        for resource in asked.resources
    )
    return is_named is not is_other


def _filled(pattern: str, asked: Asked, *, is_denial: bool) -> str | None:
    """A pattern with its policy variables replaced; None when it fits nothing."""
    if "${" not in pattern:
        return pattern
    values = [asked.keys.get(name.lower().partition(",")[0]) for name in _VARIABLE.findall(pattern)]
    if "" in values or (is_denial and None in values):
        return None
    # What is not known may be anything. ${*}, ${?} and ${$} stand for the sign, which fits itself.
    return _VARIABLE.sub(lambda match: asked.keys.get(match[1].lower().partition(",")[0], "*"), pattern)


def _is_met(conditions: Any, asked: Asked, *, is_denial: bool) -> bool:
    """Whether all conditions are met; those that are not known count for who asks."""
    if not isinstance(conditions, dict):
        return True
    for operator, tests in conditions.items():
        for key, expected in tests.items() if isinstance(tests, dict) else ():
            value = asked.keys.get(key.lower())
            is_met = None if value is None else holds(operator, _texts(expected, asked), value)
            if is_met is False or (is_met is None and is_denial):
                return False
    return True


def _texts(expected: Any, asked: Asked) -> list[str]:
    texts = [str(each) for each in listed(expected)]
    return [_filled(each, asked, is_denial=False) or "" for each in texts]

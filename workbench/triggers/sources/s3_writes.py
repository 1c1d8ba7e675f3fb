"""Whether a function may write objects that run it again. Asks IAM; makes no changes."""

import json
import re
from collections.abc import Iterator
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.policy_conditions import like
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.role_policies import read_policies
from workbench.triggers.model import Wiring
from workbench.triggers.notification import includes
from workbench.triggers.sources.s3_rule import bucket_of, events_of

_WRITE = "s3:PutObject"
_CAUSED = (
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
)
"""What s3:PutObject lets a role cause."""
_MOST_KEYS = 4


def may_write(connection: Connection, wiring: Wiring, ctx: JobContext) -> bool | None:
    """Whether the execution role may put an object that the rule matches.

    First a key made of the rule's prefix and suffix is tried; then keys below what the role's policies name,
    for a rule with a wide filter and a role that may write to one folder only.

    Returns:
        None when IAM may not be asked, or when the rule is about other events.

    Raises:
        Cancelled: Between calls.
    """
    if not includes(events_of(wiring.values), *_CAUSED) or not wiring.function.role_arn:
        return None
    prefix, suffix = (str(wiring.values.get(name) or "") for name in ("Prefix", "Suffix"))
    try:
        if _is_allowed(connection, wiring, f"{prefix}key{suffix}"):
            return True
        ctx.check()
        # A context of its own: the job's items are the window's, not these.
        policies = read_policies(connection, wiring.function.role_arn, JobContext())
    except WorkbenchError:
        return None
    folders = dict.fromkeys(
        folder
        for policy in policies
        for folder in _folders(policy.document, bucket_of(wiring.source_arn))
        if folder.startswith(prefix) and folder != prefix
    )
    for folder in list(folders)[:_MOST_KEYS]:
        ctx.check()
        try:
            if _is_allowed(connection, wiring, f"{folder}key{suffix}"):
                return True
        except WorkbenchError:
            return None
    return False


def _is_allowed(connection: Connection, wiring: Wiring, key: str) -> bool:
    answer = connection.call(
        "iam",
        "simulate_principal_policy",
        failure="Could not read which objects the execution role can write.",
        PolicySourceArn=wiring.function.role_arn,
        ActionNames=[_WRITE],
        ResourceArns=[f"{wiring.source_arn}/{key}"],
    )
    return any(each["EvalDecision"] == "allowed" for each in answer.get("EvaluationResults") or ())


def _folders(document: str, bucket: str) -> Iterator[str]:
    """The beginnings of keys that a policy lets one write to a bucket."""
    try:
        statements = _listed(json.loads(document)["Statement"]) if document else []
        for statement in statements:
            actions = [str(each).lower() for each in _listed(statement.get("Action", []))]
            if statement.get("Effect") != "Allow" or not any(like(_WRITE.lower(), each) for each in actions):
                continue
            for resource in _listed(statement.get("Resource", [])):
                name, slash, key = str(resource).split(":", 5)[-1].partition("/")
                if slash and like(bucket, name):
                    yield re.split(r"[*?$]", key, maxsplit=1)[0]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return  # no policy that this version understands


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

"""The resource-based policies of functions: one for each qualifier, with the qualifier's revision.

Must not know: what a policy allows.

Source: AWS's recorded answers (localstack/localstack, TestLambdaPermissions and TestLambdaRevisions).
WORKAROUND: remove when MiniStack keeps a policy for each qualifier, and changes the revision with it.
"""

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core.responses import error_response_json, new_uuid
from ministack.services import lambda_svc

from workbench.sandbox.launcher.function_states import check_revision
from workbench.sandbox.launcher.routes import Response

_Record = dict[str, Any]
_Handler = Callable[..., Response]


def install() -> None:
    """Puts this in front of MiniStack's handlers."""
    lambda_svc._add_permission = functools.partial(_add, lambda_svc._add_permission)
    lambda_svc._remove_permission = functools.partial(_remove, lambda_svc._remove_permission)
    lambda_svc._get_policy = functools.partial(_get, lambda_svc._get_policy)
    lambda_svc._delete_alias = functools.partial(_delete_alias, lambda_svc._delete_alias)
    lambda_svc._delete_function = functools.partial(_delete_function, lambda_svc._delete_function)


def _add(
    original: _Handler, name: str, data: _Record, query: _Record | None = None, in_path: str | None = None
) -> Response:
    qualifier = lambda_svc._qualifier_from_path_or_query(in_path, query)
    holder = _revised(name, qualifier)
    if holder is None:
        return original(name, data, query, in_path)
    if stale := check_revision(holder, data, read_by="GetPolicy"):
        return stale
    principal = str(data.get("Principal", ""))
    if len(principal) == 12 and principal.isdigit():
        data = {**data, "Principal": f"arn:aws:iam::{principal}:root"}
    with _policy_of(name, qualifier):
        answer = original(name, data, query, in_path)
    if answer[0] == 201:
        holder["RevisionId"] = new_uuid()
    return answer


def _remove(original: _Handler, name: str, sid: str, query: _Record, in_path: str | None = None) -> Response:
    qualifier = lambda_svc._qualifier_from_path_or_query(in_path, query)
    holder = _revised(name, qualifier)
    if holder is None:
        return original(name, sid, query, in_path)
    if revision := lambda_svc._qp_first(query, "RevisionId"):
        stale = check_revision(holder, {"RevisionId": revision}, read_by="GetPolicy")
        if stale is not None:
            return stale
    with _policy_of(name, qualifier) as statements:
        if statements and all(statement.get("Sid") != sid for statement in statements):
            return _missing(f"Statement {sid} is not found in resource policy.")
        answer = original(name, sid, query, in_path)
    if answer[0] == 204:
        holder["RevisionId"] = new_uuid()
    return answer


def _get(original: _Handler, name: str, query: _Record | None = None, in_path: str | None = None) -> Response:
    qualifier = lambda_svc._qualifier_from_path_or_query(in_path, query)
    holder = _revised(name, qualifier)
    if holder is None:
        return original(name, query, in_path)
    with _policy_of(name, qualifier) as statements:
        if not statements:
            return _missing("The resource you requested does not exist.")
        status, headers, body = original(name, query, in_path)
    answer = {**json.loads(body), "RevisionId": holder["RevisionId"]}
    return status, headers, json.dumps(answer).encode()


def _delete_alias(original: _Handler, name: str, alias: str) -> Response:
    answer = original(name, alias)
    if answer[0] == 204:
        _forget(name, alias)
    return answer


def _delete_function(original: _Handler, name: str, query: _Record, in_path: str | None = None) -> Response:
    qualifier = lambda_svc._qualifier_from_path_or_query(in_path, query)
    answer = original(name, query, in_path)
    if answer[0] == 204 and qualifier:
        _forget(name, qualifier)
    return answer


def _forget(name: str, qualifier: str) -> None:
    with _policy_of(name, qualifier) as statements:
        statements.clear()


def _revised(name: str, qualifier: str | None) -> _Record | None:
    """Returns what has the revision of a policy: an alias, or a configuration. None when it is not there."""
    function = lambda_svc._functions.get(name)
    if function is None:
        return None
    if qualifier in function.get("aliases", {}):
        alias: _Record = function["aliases"][qualifier]
        return alias
    _, config = lambda_svc._effective_func_record_for_qualifier(function, qualifier)
    found: _Record | None = config
    return found


@contextmanager
def _policy_of(name: str, qualifier: str | None) -> Iterator[list[_Record]]:
    """Has MiniStack, which keeps all statements in one list, see those of a qualifier only."""
    function = lambda_svc._functions.get(name) or {}
    policy = function.get("policy") or {"Statement": []}
    resource = lambda_svc._policy_resource_arn(name, qualifier)
    statements = policy["Statement"]
    own = [each for each in statements if each.get("Resource") == resource]
    others = [each for each in statements if each.get("Resource") != resource]
    policy["Statement"] = own
    try:
        yield own
    finally:
        policy["Statement"] = others + policy["Statement"]


def _missing(message: str) -> Response:
    answer: Response = error_response_json("ResourceNotFoundException", message, 404)
    return answer

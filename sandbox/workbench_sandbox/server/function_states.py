"""The states of functions, versions and provisioned concurrency, and the revisions of policies.

Pending and Active, LastUpdateStatus, the revision of each step, what is refused and what runs meanwhile, when
a version is published; a resource-based policy for each qualifier, with the qualifier's revision. For
provisioned concurrency the Sandbox keeps one environment ready, however many are requested.

Source: AWS's recorded answers (localstack/localstack, tests/aws/services/lambda_), and
https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html WORKAROUND: remove when MiniStack keeps an
updated function Active, refuses changes meanwhile, creates a revision when an update ends, keeps a policy for
each qualifier and changes the revision with it, and has provisioned concurrency IN_PROGRESS first.
"""

import copy
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.core.responses import new_uuid
from ministack.services import lambda_svc

from workbench_sandbox.server.clock import Clock, Pacing, StateChange
from workbench_sandbox.server.corrections import (
    Response,
    error_answer,
    json_answer,
    nothing,
    wrap,
)
from workbench_sandbox.server.request_context import REQUEST

_Record = dict[str, Any]
_Change = Callable[[str, _Record], Response]
_NOT_NOW = "The operation cannot be performed at this time. "
# Members of the configuration that do not make a new version.
_VOLATILE = (
    *("RevisionId", "LastModified", "Version", "FunctionArn", "State", "StateReason", "StateReasonCode"),
    *("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"),
)
_REASON = "The function is being created."
_Handler = Callable[..., Response]
_ALIAS_AFTER_VERSION = (
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
)
_VERSION_AFTER_ALIAS = "Version is pointed by a Provisioned Concurrency alias"


@dataclass(frozen=True, slots=True)
class FunctionStates:
    """Takes functions through their states.

    Args:
        on_change: Called when a change ends.
    """

    clock: Clock
    pacing: Pacing
    on_change: Callable[[], None]
    _before: dict[tuple[str, str, str], _Record] = field(default_factory=dict)

    def install(self) -> None:
        """Installs this in front of MiniStack's handlers."""
        lambda_svc._schedule_state_transition = nothing
        wrap(
            lambda_svc,
            _create_function=self._create,
            _update_code=self._update,
            _update_config=self._update,
            _publish_version=_publish,
            _invoke=_invoke,
            load_persisted_state=_load,
        )

    def _create(self, original: Callable[[_Record], Response], data: _Record) -> Response:
        status, headers, body = original(data)
        if status != 201:
            return status, headers, body
        name = str(data["FunctionName"])
        function = lambda_svc._functions[name]
        config: _Record = function["config"]
        _begin_to_exist(config)
        for number, record in function["versions"].items():
            _begin_to_exist(record["config"])
            _name_version(record["config"], name, number)
            record["function_revision"] = _digest(config)
        self.clock.after(self.pacing.seconds(StateChange.CREATE_FUNCTION), lambda: self._settle(function))
        shown = next((record["config"] for record in function["versions"].values()), config)
        return json_answer(shown, 201)

    def _update(self, original: _Change, name: str, data: _Record) -> Response:
        function = lambda_svc._functions.get(name)
        if function is None:
            return original(name, data)
        config: _Record = function["config"]
        if refusal := refusal_while_changing(config):
            return refusal
        before = set(function["versions"])
        running = {"config": copy.deepcopy(config), "code_zip": function.get("code_zip")}
        status, headers, body = original(name, data)
        if status != 200:
            return status, headers, body
        config |= {
            "LastUpdateStatus": "InProgress",
            "LastUpdateStatusReason": _REASON,
            "LastUpdateStatusReasonCode": "Creating",
        }
        _become_active(config)
        self._before[_key(name)] = running
        shown = config
        for number in set(function["versions"]) - before:
            record = function["versions"][number]
            shown = record["config"]
            _begin_to_exist(shown)
            _name_version(shown, name, number)
            record["function_revision"] = _digest(config)
        self.clock.after(self.pacing.seconds(StateChange.UPDATE_FUNCTION), lambda: self._settle(function))
        return json_answer(shown)

    def running(self, record: _Record, config: _Record) -> tuple[_Record, _Record]:
        """Returns what runs when a function is invoked: during an update, the code before it."""
        if config.get("Version") != "$LATEST" or config.get("LastUpdateStatus") != "InProgress":
            return record, config
        before = self._before.get(_key(config["FunctionName"]))
        if before is None:
            return record, config
        config = {**before["config"], "FunctionArn": config["FunctionArn"]}
        return {**record, **before, "config": config}, config

    def _settle(self, function: _Record) -> None:
        for config in configurations(function):
            _settle(config)
        name = str(function["config"]["FunctionName"])
        if self._before.pop(_key(name), None):
            lambda_svc.invalidate_worker(
                name, qualifier="$LATEST", account=lambda_svc.get_account_id(), region=lambda_svc.get_region()
            )
        self.on_change()


def _key(name: str) -> tuple[str, str, str]:
    return lambda_svc.get_account_id(), lambda_svc.get_region(), name


def refusal_while_changing(config: _Record) -> Response | None:
    """Returns AWS's refusal of what is not possible while a function is created or updated.

    CloudFormation, which waits for states on AWS, calls the same handlers in immediate succession here.
    """
    context = REQUEST.get()
    if context is None or (context.signer and context.signer.service == "cloudformation"):
        return None
    if refusal := _refusal_by_state(config):
        return refusal
    if config.get("LastUpdateStatus") != "InProgress":
        return None
    arn = lambda_svc._func_arn(config["FunctionName"])
    return _conflict(f"{_NOT_NOW}An update is in progress for resource: {arn}")


def configurations(function: _Record) -> list[_Record]:
    """Returns the configuration of $LATEST, followed by those of the versions."""
    records = (function, *list(function.get("versions", {}).values()))
    return [record["config"] for record in records if record.get("config")]


def _refusal_by_state(config: _Record) -> Response | None:
    state = config.get("State") or "Active"
    if state in ("Active", "Inactive"):
        return None
    return _conflict(f"{_NOT_NOW}The function is currently in the following state: {state}")


def _conflict(message: str) -> Response:
    return error_answer("ResourceConflictException", message, 409)


def _publish(original: _Change, name: str, data: _Record) -> Response:
    function = lambda_svc._functions.get(name)
    if function is None:
        return original(name, data)
    config: _Record = function["config"]
    if refusal := refusal_while_changing(config):
        return refusal
    digest = _digest(config)
    latest = max(function["versions"], key=int, default=None)
    if latest and function["versions"][latest].get("function_revision") == digest:
        return json_answer(function["versions"][latest]["config"], 201)
    if latest:
        function["versions"][latest]["function_revision"] = ""  # MiniStack must not compare revisions
    answer = original(name, data)
    newest = max(function["versions"], key=int)
    function["versions"][newest]["function_revision"] = digest
    config["RevisionId"] = new_uuid()
    return answer


async def _invoke(
    original: Callable[..., Awaitable[Response]],
    name: str,
    event: object,
    headers: dict[str, str],
    path_qualifier: str | None = None,
    query: dict[str, Any] | None = None,
) -> Response:
    qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query)
    _, config = lambda_svc._get_func_record_for_qualifier(name, qualifier)
    if config and (refusal := _refusal_by_state(config)):
        return refusal
    status, answer_headers, body = await original(name, event, headers, path_qualifier, query)
    context = REQUEST.get()
    if status == 200 and context and context.executed_version:
        answer_headers["X-Amz-Executed-Version"] = context.executed_version
    return status, answer_headers, body


def _load(original: Callable[[object], None], data: object) -> None:
    """Completes changes that were in progress when the server was killed."""
    original(data)
    for function in list(lambda_svc._functions._data.values()):
        for config in configurations(function):
            _settle(config)


def _begin_to_exist(config: _Record) -> None:
    config |= {"State": "Pending", "StateReason": _REASON, "StateReasonCode": "Creating"}
    for key in ("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"):
        config.pop(key, None)


def _name_version(config: _Record, name: str, number: str) -> None:
    config |= {
        "Version": number,
        "FunctionArn": f"{lambda_svc._func_arn(name)}:{number}",
        "RevisionId": new_uuid(),
    }


def _become_active(config: _Record) -> None:
    config["State"] = "Active"
    config.pop("StateReason", None)
    config.pop("StateReasonCode", None)


def _settle(config: _Record) -> None:
    """Completes a change in progress of a function or version."""
    if config.get("State") == "Pending" and _is_being_optimized(config):
        return  # MiniStack initializes it, and reports itself when that is done.
    if config.get("State") != "Pending" and config.get("LastUpdateStatus") != "InProgress":
        return
    _become_active(config)
    config["LastUpdateStatus"] = "Successful"
    config.pop("LastUpdateStatusReason", None)
    config.pop("LastUpdateStatusReasonCode", None)
    if config.get("Version") == "$LATEST":
        config["RevisionId"] = new_uuid()


def _is_being_optimized(config: _Record) -> bool:
    """Whether it is a SnapStart version without a snapshot."""
    return (config.get("SnapStart") or {}).get("OptimizationStatus") == "On"


def _digest(config: _Record) -> str:
    """Returns the same digest for configurations that make the same version."""
    kept = {key: value for key, value in copy.copy(config).items() if key not in _VOLATILE and value}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()


# ---- resource-based policies -----------------------------------------------------------------------------


def install_policies() -> None:
    """Lets MiniStack keep a policy for each qualifier."""
    wrap(
        lambda_svc,
        _add_permission=_add_permission,
        _remove_permission=_remove_permission,
        _get_policy=_get_policy,
        _delete_alias=_delete_alias,
        _delete_function=_delete_function,
    )


def _add_permission(
    original: _Handler,
    name: str,
    data: _Record,
    query: _Record | None = None,
    path_qualifier: str | None = None,
) -> Response:
    principal = str(data.get("Principal", ""))
    if len(principal) == 12 and principal.isdigit():
        data = {**data, "Principal": f"arn:aws:iam::{principal}:root"}
    qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query)
    with _policy_of(name, qualifier):
        answer = original(name, data, query, path_qualifier)
    return _revised(answer, name, qualifier)


def _remove_permission(
    original: _Handler, name: str, sid: str, query: _Record, path_qualifier: str | None = None
) -> Response:
    qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query)
    with _policy_of(name, qualifier):
        answer = original(name, sid, query, path_qualifier)
    return _revised(answer, name, qualifier)


def _get_policy(
    original: _Handler, name: str, query: _Record | None = None, path_qualifier: str | None = None
) -> Response:
    qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query)
    with _policy_of(name, qualifier):
        status, headers, body = original(name, query, path_qualifier)
    if status != 200:
        return status, headers, body
    answer = {**json.loads(body), "RevisionId": _holder(name, qualifier)["RevisionId"]}
    return status, headers, json.dumps(answer).encode()


def _delete_alias(original: _Handler, name: str, alias: str) -> Response:
    answer = original(name, alias)
    if answer[0] == 204:
        _forget(name, alias)
    return answer


def _delete_function(
    original: _Handler, name: str, query: _Record, path_qualifier: str | None = None
) -> Response:
    qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query)
    answer = original(name, query, path_qualifier)
    if answer[0] == 204 and qualifier:
        _forget(name, qualifier)
    return answer


def _forget(name: str, qualifier: str) -> None:
    with _policy_of(name, qualifier) as statements:
        statements.clear()


def _revised(answer: Response, name: str, qualifier: str | None) -> Response:
    """Gives a qualifier a new revision if its policy was changed."""
    if answer[0] < 400:
        _holder(name, qualifier)["RevisionId"] = new_uuid()
    return answer


def _holder(name: str, qualifier: str | None) -> _Record:
    """Returns the owner of a policy's revision: an alias, or a configuration."""
    function = lambda_svc._functions[name]
    config: _Record = lambda_svc._effective_func_record_for_qualifier(function, qualifier)[1]
    alias: _Record | None = function.get("aliases", {}).get(qualifier)
    return alias or config


@contextmanager
def _policy_of(name: str, qualifier: str | None) -> Iterator[list[_Record]]:
    """Shows MiniStack, which keeps all statements in one list, only those of a qualifier."""
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


# ---- provisioned concurrency -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProvisionedConcurrency:
    """Takes provisioned concurrency through its states.

    Args:
        can_start: Returns whether a version can be initialized. May block.
    """

    clock: Clock
    pacing: Pacing
    can_start: Callable[[_Record], bool]

    def install(self) -> None:
        """Installs this in front of MiniStack's handlers."""
        wrap(lambda_svc, _put_provisioned_concurrency=self._put, load_persisted_state=_load_provisioned)

    def _put(self, original: Callable[..., Response], name: str, qualifier: str, data: _Record) -> Response:
        function = lambda_svc._functions.get(name)
        if function and (conflict := _provisioned_conflict(function, qualifier)):
            return error_answer("ResourceConflictException", conflict, 409)
        status, headers, body = original(name, qualifier, data)
        if status != 202:
            return status, headers, body
        config: _Record = lambda_svc._functions[name]["provisioned_concurrency"][qualifier]
        config |= {
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "Status": "IN_PROGRESS",
        }
        record, _ = lambda_svc._get_func_record_for_qualifier(name, qualifier)
        self.clock.after(
            self.pacing.seconds(StateChange.PROVISION),
            lambda: spawn_background(self._settle, record, config, thread_name="workbench-provision"),
        )
        return json_answer(config, 202)

    def _settle(self, record: _Record, config: _Record) -> None:
        if self.can_start(record):
            _become_ready(config)
        else:
            config |= {"Status": "FAILED", "StatusReason": "FUNCTION_ERROR_INIT_FAILURE"}


def _provisioned_conflict(function: _Record, qualifier: str) -> str:
    """Returns the conflict between a version and the aliases that point to it; '' if there is none."""
    aliases, configs = function.get("aliases", {}), function.get("provisioned_concurrency", {})
    alias = aliases.get(qualifier)
    if alias:
        return _ALIAS_AFTER_VERSION if alias.get("FunctionVersion") in configs else ""
    named_by = (name for name, each in aliases.items() if each.get("FunctionVersion") == qualifier)
    return _VERSION_AFTER_ALIAS if any(name in configs for name in named_by) else ""


def _become_ready(config: _Record) -> None:
    requested = config["RequestedProvisionedConcurrentExecutions"]
    config |= {
        "AvailableProvisionedConcurrentExecutions": requested,
        "AllocatedProvisionedConcurrentExecutions": requested,
        "Status": "READY",
    }


def _load_provisioned(original: Callable[[object], None], data: object) -> None:
    original(data)
    for function in list(lambda_svc._functions._data.values()):
        for config in (function.get("provisioned_concurrency") or {}).values():
            if config["Status"] == "IN_PROGRESS":
                _become_ready(config)

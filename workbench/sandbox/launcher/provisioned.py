"""Provisioned concurrency, which takes a while to be there.

Must not know: environments. The Sandbox keeps one ready, however many are wanted.

Source: AWS's recorded answers (localstack/localstack, TestLambdaProvisionedConcurrency).
WORKAROUND: remove when MiniStack's configurations are IN_PROGRESS first.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.core.responses import error_response_json, json_response
from ministack.services import lambda_svc

from workbench.sandbox.launcher.clock import Clock
from workbench.sandbox.launcher.pace import Change, Pacing
from workbench.sandbox.launcher.routes import Response

_Record = dict[str, Any]
_ALIAS_AFTER_VERSION = (
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
)
_VERSION_AFTER_ALIAS = "Version is pointed by a Provisioned Concurrency alias"


@dataclass(frozen=True, slots=True)
class ProvisionedConcurrency:
    """Puts configurations through their states.

    Args:
        clock: Says when one is ready.
        pacing: Says how long it takes.
        can_start: Says whether a version can be initialized. May block.
    """

    clock: Clock
    pacing: Pacing
    can_start: Callable[[_Record], bool]

    def install(self) -> None:
        """Puts this in front of MiniStack's handlers."""
        lambda_svc._put_provisioned_concurrency = functools.partial(
            self._put, lambda_svc._put_provisioned_concurrency
        )
        lambda_svc.load_persisted_state = functools.partial(_load, lambda_svc.load_persisted_state)

    def _put(self, original: Callable[..., Response], name: str, qualifier: str, data: _Record) -> Response:
        function = lambda_svc._functions.get(name)
        if function and (conflict := _conflict(function, qualifier)):
            refusal: Response = error_response_json("ResourceConflictException", conflict, 409)
            return refusal
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
            self.pacing.seconds(Change.PROVISION),
            lambda: spawn_background(self._settle, record, config, thread_name="workbench-provision"),
        )
        answer: Response = json_response(config, 202)
        return answer

    def _settle(self, record: _Record, config: _Record) -> None:
        if self.can_start(record):
            _become_ready(config)
        else:
            config |= {"Status": "FAILED", "StatusReason": "FUNCTION_ERROR_INIT_FAILURE"}


def _conflict(function: _Record, qualifier: str) -> str:
    """Says what a version and the aliases that name it cannot both have, '' when there is no conflict."""
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


def _load(original: Callable[[object], None], data: object) -> None:
    original(data)
    for function in list(lambda_svc._functions._data.values()):
        for config in (function.get("provisioned_concurrency") or {}).values():
            if config["Status"] == "IN_PROGRESS":
                _become_ready(config)

"""The states of event source mappings, as AWS goes through them, and the fields of their answers.

Owns: Creating, Enabling, Disabling, Updating, Deleting, what is refused meanwhile, the defaults of a mapping.
Must not know: how records are read.

Source: AWS's recorded answers (localstack/localstack, tests/aws/services/lambda_/event_source_mapping), and
https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
WORKAROUND: remove when MiniStack's mappings take a while, and answer what AWS answers.
"""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import lambda_svc

from workbench.sandbox.launcher.clock import Clock
from workbench.sandbox.launcher.door.role_needs import lacks_for_source
from workbench.sandbox.launcher.pace import Change, Pacing

_Response = tuple[int, dict[str, str], Any]
_Record = dict[str, Any]
# Of the record, what is not for clients. `Next` is the state that a change ends in.
_INTERNAL = ("FunctionName", "Enabled", "Qualifier", "Next", "Tags")
_STREAM_DEFAULTS: _Record = {
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}
_STREAM_BATCH = 100
_NOT_UPDATED = "Cannot update the event source mapping because it is in use."
_NOT_DELETED = "Cannot delete the event source mapping because it is in use."


@dataclass(frozen=True, slots=True)
class MappingStates:
    """Puts mappings through their states.

    Args:
        clock: Says when a change ends.
        pacing: Says how long it takes.
        on_enabled: Called with a mapping when it begins to read.
        on_change: Called when a change ends.
    """

    clock: Clock
    pacing: Pacing
    on_enabled: Callable[[_Record], None]
    on_change: Callable[[], None]

    def install(self) -> None:
        """Puts this in front of MiniStack's handlers."""
        lambda_svc._create_esm = functools.partial(self._create, lambda_svc._create_esm)
        lambda_svc._update_esm = functools.partial(self._update, lambda_svc._update_esm)
        lambda_svc._delete_esm = functools.partial(self._delete, lambda_svc._delete_esm)
        lambda_svc._esm_response = _shown
        lambda_svc._sqs_esm_concurrency = functools.partial(_permitted, lambda_svc._sqs_esm_concurrency)
        lambda_svc.load_persisted_state = functools.partial(self._load, lambda_svc.load_persisted_state)

    def _create(self, original: Callable[[_Record], _Response], data: _Record) -> _Response:
        is_enabled = data.get("Enabled", True)
        status, headers, body = original({**data, "Enabled": False})  # it does not read before it is complete
        if status != 202:
            return status, headers, body
        mapping: _Record = lambda_svc._esms[json.loads(body)["UUID"]]
        _complete(mapping, data)
        self._begin(mapping, "Creating", Change.CREATE_MAPPING, is_enabled=is_enabled)
        return _answer(mapping)

    def _update(
        self, original: Callable[[str, _Record], _Response], mapping_id: str, data: _Record
    ) -> _Response:
        mapping = lambda_svc._esms.get(mapping_id)
        if mapping is None:
            return original(mapping_id, data)
        if "Next" in mapping or mapping["State"] == "Deleting":
            return _refused(_NOT_UPDATED)
        was_enabled = bool(mapping["Enabled"])
        is_enabled = data.get("Enabled", was_enabled)
        kept = {key: value for key, value in data.items() if key != "Enabled"}
        status, headers, body = original(mapping_id, kept)
        if status != 200:
            return status, headers, body
        if not (mapping.get("FilterCriteria") or {}).get("Filters"):
            mapping.pop("FilterCriteria", None)
        state = "Updating" if was_enabled == is_enabled else "Enabling" if is_enabled else "Disabling"
        self._begin(mapping, state, Change.UPDATE_MAPPING, is_enabled=is_enabled)
        return _answer(mapping)

    def _delete(self, original: Callable[[str], _Response], mapping_id: str) -> _Response:
        mapping = lambda_svc._esms.get(mapping_id)
        if mapping is None:
            return original(mapping_id)
        if "Next" in mapping or mapping["State"] == "Deleting":
            return _refused(_NOT_DELETED)
        mapping |= {"State": "Deleting", "Enabled": False}
        self.clock.after(self.pacing.seconds(Change.DELETE_MAPPING), lambda: self._forget(mapping_id))
        return _answer(mapping)

    def _forget(self, mapping_id: str) -> None:
        if lambda_svc._esms.pop(mapping_id, None) is not None:
            lambda_svc._release_esm_poll_state(mapping_id)
        self.on_change()

    def _begin(self, mapping: _Record, state: str, change: Change, *, is_enabled: bool) -> None:
        """Enters a state that ends by itself. A mapping reads on while it is updated, and only then."""
        mapping |= {
            "State": state,
            "Next": "Enabled" if is_enabled else "Disabled",
            "Enabled": is_enabled and state == "Updating",
        }
        self.clock.after(self.pacing.seconds(change), lambda: self._settle(mapping))

    def _settle(self, mapping: _Record) -> None:
        after = mapping.pop("Next", None)
        if after is None:
            return
        began = after == "Enabled" and mapping["State"] != "Updating"
        if began:
            self.on_enabled(mapping)
        mapping |= {"State": after, "Enabled": after == "Enabled"}
        lambda_svc.esm_wake.set()
        self.on_change()

    def _load(self, original: Callable[[object], None], data: object) -> None:
        """Ends what was being changed when the server was killed."""
        original(data)
        for key, mapping in list(lambda_svc._esms._data.items()):
            if mapping.get("State") == "Deleting":
                del lambda_svc._esms._data[key]
            elif after := mapping.pop("Next", None):
                mapping |= {"State": after, "Enabled": after == "Enabled"}


def _permitted(original: Callable[..., int], mapping: _Record, function: _Record, *more: Any) -> int:
    """Returns how many batches of a queue may be in work: none while the role must not read the queue."""
    lacks = lacks_for_source(function["config"]["Role"], mapping["EventSourceArn"])
    return 0 if lacks else original(mapping, function, *more)


def _complete(mapping: _Record, data: _Record) -> None:
    """Gives a new mapping the defaults of its kind."""
    if _is_of_queue(mapping):
        mapping["StateTransitionReason"] = "USER_INITIATED"
    else:
        mapping["StateTransitionReason"] = "User action"
        mapping["BatchSize"] = data.get("BatchSize") or _STREAM_BATCH
        for name, value in _STREAM_DEFAULTS.items():
            mapping[name] = data[name] if data.get(name) is not None else value
        if data.get("StartingPositionTimestamp"):
            mapping["StartingPositionTimestamp"] = data["StartingPositionTimestamp"]
    if not (mapping.get("FilterCriteria") or {}).get("Filters"):
        mapping.pop("FilterCriteria", None)


def _is_of_queue(mapping: _Record) -> bool:
    return ":sqs:" in str(mapping.get("EventSourceArn"))


def _shown(mapping: _Record) -> _Record:
    """Returns what clients see of a mapping."""
    shown = {key: value for key, value in mapping.items() if key not in _INTERNAL}
    if _is_of_queue(mapping):
        shown.pop("LastProcessingResult", None)
    else:
        shown["LastProcessingResult"] = _result(str(mapping.get("LastProcessingResult") or ""))
    if mapping.get("UUID"):
        shown["EventSourceMappingArn"] = lambda_svc._esm_arn(mapping["UUID"])
    return shown


def _result(recorded: str) -> str:
    """Says what came of the last batch in AWS's words."""
    if recorded.startswith("OK"):
        return "OK"
    return "PROBLEM: Function call failed" if recorded == "FAILED" else recorded or "No records processed"


def _answer(mapping: _Record) -> _Response:
    answer: _Response = json_response(_shown(mapping), 202)
    return answer


def _refused(message: str) -> _Response:
    refusal: _Response = error_response_json("ResourceInUseException", message, 400)
    return refusal

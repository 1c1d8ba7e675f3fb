"""AWS's recorded sequences of states (states.json), gone through again.

A sequence is the states that the calls of one test showed: a function is created, asked for, updated, asked
for… Each call is made again on one function, and State, LastUpdateStatus, a mapping's State, and all their
reasons must be AWS's, no more and no less. Steps of other services are passed over; a sequence without any
of Lambda's is left out. Sequences that are the same count each, but are gone through once.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.bench._parity.corpus import read, short
from tests.bench._parity.lambda_things import package
from tests.bench._parity.place import ROLE
from tests.bench._parity.servers import Server
from tests.bench._parity.world import World

_FIELDS = (
    "State",
    "StateReason",
    "StateReasonCode",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "StateTransitionReason",
    "LastProcessingResult",
    "Status",
    "StatusReason",
)
_BROKEN = "raise RuntimeError('no start')\n"
_MESSAGES = "USER_INITIATED"  # how mappings of queues give their reason

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Walked:
    """A sequence that was gone through.

    Attributes:
        key: The test.
        count: How many recorded sequences are the same.
        misses: What was otherwise: "CreateFunction: AWS {…}, Sandbox {…}".
    """

    key: str
    count: int
    misses: tuple[str, ...]


def walk_all(server: Server, words: str = "") -> list[Walked]:
    """Goes through all of Lambda's sequences whose key has the words."""
    first: dict[str, tuple[str, list[Step]]] = {}
    counts: Counter[str] = Counter()
    for sequence in read("states.json"):
        steps = [_named(step) for step in sequence["sequence"]]
        own = [step for step in steps if step["operation"].startswith("lambda.")]
        if sequence["service"] == "lambda" and own and words in sequence["test"]:
            source = "kinesis" if "kinesis" in sequence["test"] else "dynamodb"
            plain = json.dumps([source, [{k: v for k, v in each.items() if k != "key"} for each in own]])
            counts[plain] += 1
            first.setdefault(plain, (sequence["test"], own))
    return [Walked(short(key), counts[plain], _walk(server, key, own)) for plain, (key, own) in first.items()]


def _named(step: Step) -> Step:
    """A step whose operation is known; where it was not recorded, the key and the states tell."""
    operation, key = step["operation"], step["key"]
    if operation in ("", "lambda.Invoke") and "State" in step:
        made = "publish" in key and "lambda.PublishVersion"
        asked = step["State"] == "Active" and "lambda.GetFunction"
        operation = made or asked or "lambda.CreateFunction"
    return {**step, "operation": operation}


def _walk(server: Server, key: str, steps: list[Step]) -> tuple[str, ...]:
    account, client = server.account()
    walker = _Walker(World(account, client, frozenset()), key, steps)
    return tuple(walker.misses())


class _Walker:
    """Goes through one sequence."""

    def __init__(self, world: World, key: str, steps: list[Step]) -> None:
        self._world = world
        self._key = key
        self._steps = steps
        self._functions = 0
        self._version = ""
        self._mapping = ""
        self._changes = 0

    def misses(self) -> Iterator[str]:
        for step in self._steps:
            operation = step["operation"].split(".")[1]
            wanted = {field: step[field] for field in _FIELDS if field in step}
            try:
                answer = getattr(self, f"_{operation}")(step)
            except Exception as error:  # noqa: BLE001 - whatever happens is a miss
                yield f"{operation}: AWS {wanted}, Sandbox {type(error).__name__}: {error}"
                return
            found = {field: answer[field] for field in _FIELDS if answer.get(field) is not None}
            if wanted.get("LastProcessingResult") == "OK":  # of records that are not sent here
                wanted["LastProcessingResult"] = found.get("LastProcessingResult", "")
            if found != wanted:
                yield f"{operation}: AWS {wanted}, Sandbox {found}"

    @property
    def _lambda(self) -> Any:
        return self._world.client("lambda")

    @property
    def _name(self) -> str:
        if not self._functions:
            self._functions = 1
            self._world.make("function fn-1", {})
        return f"fn-{self._functions}"

    def _settled(self) -> str:
        self._world.settle(self._name)
        return self._name

    def _CreateFunction(self, step: Step) -> dict[str, Any]:
        self._functions += 1
        self._world.make(f"role {ROLE}", {})
        more: dict[str, Any] = (
            {"SnapStart": {"ApplyOn": "PublishedVersions"}} if "snapstart" in self._key else {}
        )
        return dict(
            self._lambda.create_function(
                FunctionName=self._name,
                Runtime="python3.12",
                Handler="index.handler",
                Role=self._world.arn("iam", f"role/{ROLE}"),
                Code={"ZipFile": package()},
                Publish="publish_version_on_create" in self._key,
                **more,
            )
        )

    def _GetFunction(self, step: Step) -> dict[str, Any]:
        pending = step.get("State") == "Pending"
        if not pending and step.get("LastUpdateStatus") != "InProgress":
            self._settled()
        more = {"Qualifier": self._version} if pending and self._version else {}
        return dict(self._lambda.get_function(FunctionName=self._name, **more)["Configuration"])

    def _GetFunctionConfiguration(self, step: Step) -> dict[str, Any]:
        return dict(self._lambda.get_function_configuration(FunctionName=self._settled()))

    def _UpdateFunctionConfiguration(self, step: Step) -> dict[str, Any]:
        self._changes += 1
        return dict(
            self._lambda.update_function_configuration(
                FunctionName=self._settled(), Description=f"change {self._changes}"
            )
        )

    def _UpdateFunctionCode(self, step: Step) -> dict[str, Any]:
        self._changes += 1
        publish = step.get("State") == "Pending"
        answer = self._lambda.update_function_code(
            FunctionName=self._settled(), ZipFile=self._code(), Publish=publish
        )
        self._version = answer["Version"] if publish else self._version
        return dict(answer)

    def _PublishVersion(self, step: Step) -> dict[str, Any]:
        name = self._settled()
        if self._version:
            self._changes += 1
            self._lambda.update_function_code(FunctionName=name, ZipFile=self._code())
            self._settled()
        answer = dict(self._lambda.publish_version(FunctionName=name))
        self._version = answer["Version"]
        return answer

    def _code(self) -> bytes:
        return package(f"def handler(event, context):\n    return {self._changes}\n")

    # Event source mappings

    def _CreateEventSourceMapping(self, step: Step) -> dict[str, Any]:
        name = self._settled()
        more: dict[str, Any] = {"StartingPosition": "TRIM_HORIZON"}
        if step["StateTransitionReason"] == _MESSAGES:
            more = {}
            self._world.make("queue source", {})
            source = self._world.arn("sqs", "source")
        elif "kinesis" in self._key:
            stream = f"source-{self._changes}"
            self._changes += 1
            self._world.make(f"stream {stream}", {})
            source = self._world.arn("kinesis", f"stream/{stream}")
        else:
            self._world.make("table source label", {})
            source = self._world.arn("dynamodb", f"table/source/stream/{self._world.names['label']}")
        answer = self._lambda.create_event_source_mapping(FunctionName=name, EventSourceArn=source, **more)
        self._mapping = answer["UUID"]
        return dict(answer)

    def _GetEventSourceMapping(self, step: Step) -> dict[str, Any]:
        if not self._mapping:
            self._CreateEventSourceMapping(step)
        return self._mapping_in(step["State"])

    def _UpdateEventSourceMapping(self, step: Step) -> dict[str, Any]:
        self._mapping_in("Enabled")
        change: dict[str, Any] = {"Enabled": False} if step["State"] == "Disabling" else {"BatchSize": 5}
        return dict(self._lambda.update_event_source_mapping(UUID=self._mapping, **change))

    def _DeleteEventSourceMapping(self, step: Step) -> dict[str, Any]:
        self._mapping_in("Enabled")
        return dict(self._lambda.delete_event_source_mapping(UUID=self._mapping))

    def _mapping_in(self, state: str) -> dict[str, Any]:
        return self._once(
            lambda: dict(self._lambda.get_event_source_mapping(UUID=self._mapping)), "State", state
        )

    # Provisioned concurrency

    def _PutProvisionedConcurrencyConfig(self, step: Step) -> dict[str, Any]:
        name = self._settled()
        if "init_failure" in self._key:
            self._lambda.update_function_code(FunctionName=name, ZipFile=package(_BROKEN))
            self._settled()
        self._version = self._lambda.publish_version(FunctionName=name)["Version"]
        return dict(
            self._lambda.put_provisioned_concurrency_config(
                FunctionName=name, Qualifier=self._version, ProvisionedConcurrentExecutions=1
            )
        )

    def _GetProvisionedConcurrencyConfig(self, step: Step) -> dict[str, Any]:
        if not any(each["operation"].startswith("lambda.PutProv") for each in self._steps):
            self._PutProvisionedConcurrencyConfig(step)

        def ask() -> dict[str, Any]:
            return dict(
                self._lambda.get_provisioned_concurrency_config(
                    FunctionName=self._name, Qualifier=self._version
                )
            )

        return ask() if step["Status"] == "IN_PROGRESS" else self._once(ask, "Status", step["Status"])

    def _once(self, ask: Callable[[], dict[str, Any]], field: str, value: str) -> dict[str, Any]:
        self._world.until(lambda: ask()[field] == value)
        return ask()

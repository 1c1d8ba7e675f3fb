"""A function of the Sandbox that prints its events, and whether one arrived."""

from pathlib import Path

from tests.aws.model_check import model_checked_sessions
from tests.sandbox_functions import create_function, make_logging_role
from tests.waiting import eventually
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import find, get_function
from workbench.triggers.execute import TriggerJournal, execute, try_out
from workbench.triggers.grants import parse_policy
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import Fix, ObservedFunction, SourceKind, Trigger, TriggerPlan, TriggerSpec
from workbench.triggers.plan import Prepared, plan_removal, prepare, prepare_update

CTX = JobContext()
_PRINTS = "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"
READING = ("Head", "Get", "List", "Describe", "Simulate")


class Bench:
    """A function with a role of its own, and everything that a window does with its triggers."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self.connection = connection
        name = create_function(connection, _PRINTS).function_name
        role_arn = make_logging_role(connection, f"{name}-role")
        connection.call("lambda", "update_function_configuration", FunctionName=name, Role=role_arn)
        self.function = get_function(connection, name, "", CTX)
        self.journal = TriggerJournal(folder)

    def wish(self, kind: SourceKind, source_arn: str, **values: object) -> TriggerSpec:
        return TriggerSpec(kind, source_arn, self.function, values=values)

    def wire(self, wish: TriggerSpec, *more: Fix) -> Prepared:
        """Prepares and carries out, with the standard fixes and `more`."""
        prepared = prepare(self.connection, wish, CTX)
        execute(self.connection, prepared.plan([*prepared.standard_fixes, *more]), self.journal, CTX)
        return prepared

    def change(self, trigger: Trigger, wish: TriggerSpec) -> None:
        prepared = prepare_update(self.connection, trigger, wish, CTX)
        execute(self.connection, prepared.plan(prepared.standard_fixes), self.journal, CTX)

    def found(self, kind: SourceKind, *hints: str) -> tuple[Trigger, ...]:
        return SOURCES[kind].find(self.connection, self.seen(), hints, CTX)

    def remove(self, trigger: Trigger) -> None:
        execute(self.connection, plan_removal(self.function, trigger), self.journal, CTX)

    def carry_out(self, plan: TriggerPlan) -> None:
        execute(self.connection, plan, self.journal, CTX)

    def send(self, trigger: Trigger, mark: str) -> None:
        """Sends the trigger's test event and takes its traces back."""
        event = SOURCES[trigger.kind].test_event(trigger, mark)
        assert event is not None
        plan = TriggerPlan("Test", self.function.function_arn, trigger.kind, event.steps)
        try_out(self.connection, plan, self.journal, CTX, lambda _facts: None)

    def let_in(self, sid: str, principal: str, source_arn: str) -> None:
        """Adds a statement to the function's policy, as somebody else would."""
        self.connection.call(
            "lambda",
            "add_permission",
            FunctionName=self.function.function_name,
            StatementId=sid,
            Action="lambda:InvokeFunction",
            Principal=principal,
            SourceArn=source_arn,
        )

    def seen(self) -> ObservedFunction:
        answer = find(self.connection, "get_policy", "", FunctionName=self.function.function_name)
        grants = parse_policy(answer["Policy"], "") if answer else ()
        return ObservedFunction(self.function, grants=grants)

    def await_event(self, text: str) -> str:
        """The log line of the event that holds `text`."""
        return eventually(lambda: self._line(text))

    def _line(self, text: str) -> str:
        answer = find(
            self.connection, "filter_log_events", "", service="logs", logGroupName=self.function.log_group
        )
        return next((each["message"] for each in answer.get("events", ()) if text in each["message"]), "")

    def watched(self) -> tuple[Connection, list[str]]:
        """A connection to the same account, and the operations that it will have asked for."""
        calls: list[str] = []
        access = self.connection.access
        observer = lambda call: calls.append(call.operation)  # noqa: E731
        return Connection.open(access, observer=observer, sessions=model_checked_sessions()), calls

"""Who may do what the policy files allow, and nothing else, can do all that Workbench does with triggers."""

from pathlib import Path

import pytest

from tests.denying import limit, policies_of
from tests.sandbox_functions import create_function
from tests.triggers.wiring import MADE, PULLED, PUSHED, make_source, wiring_plan
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.find import find_triggers
from workbench.triggers.model import Link, SourceKind
from workbench.triggers.plan import plan_removal

CTX = JobContext()


@pytest.mark.parametrize("kind", [*MADE, *PULLED, *PUSHED], ids=str)
def test_a_trigger_of_each_kind_can_be_made_and_taken_away_with_everything_json(
    access: Access, connection: Connection, kind: SourceKind, tmp_path: Path
) -> None:
    function = create_function(connection, "def handler(event, context): pass\n")
    arn = make_source(connection, kind)
    limit(access, policies=policies_of("everything"))
    execute(connection, wiring_plan(connection, function, kind, arn), TriggerJournal(tmp_path), CTX)
    report = find_triggers(connection, function, CTX)
    assert (report.problems, report.left_out) == ((), ())
    (trigger,) = [each for each in report.triggers if each.link is Link.LINKED]
    assert trigger.kind == kind
    removal = plan_removal(function, trigger, report.triggers)
    execute(connection, removal, TriggerJournal(tmp_path), CTX)
    assert not find_triggers(connection, function, CTX).triggers

"""kill -9 at every step of a deletion: the next start finishes it, or deletes nothing more."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functions.doomed import delete_until
from tests.mortal import Mortal
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.deletion import (
    DeletionJournal,
    DeletionPlan,
    DeletionStep,
    InterruptedDeletion,
    abandon_deletion,
    finish_deletion,
    progress_of,
)
from workbench.functions.dependents import DependentKind, DependentResource
from workbench.functions.detail import find

Kill = Callable[[str, int], InterruptedDeletion]

CTX = JobContext()
SOURCE = "def handler(event, context):\n    return 1\n"
NAME = "doomed-one"
GROUP = f"/aws/lambda/{NAME}"
# begin; before and after each of mapping, function and log group; finish
EVENTS = 8
MOMENTS = [*(("after", count) for count in range(1, EVENTS)), ("amid", 5), ("amid", EVENTS)]


@pytest.fixture
def journal(tmp_path: Path) -> DeletionJournal:
    return DeletionJournal(tmp_path / "deletions")


def make(connection: Connection) -> None:
    create_function(connection, SOURCE, name=NAME)


@pytest.fixture
def kill(mortal: Mortal, connection: Connection, journal: DeletionJournal, tmp_path: Path) -> Kill:
    """Kills a deletion of a function with a mapping and a log group, and finds it at the next start."""

    def killed(moment: str, count: int) -> InterruptedDeletion:
        make(connection)
        url = connection.call("sqs", "create_queue", QueueName="orders")["QueueUrl"]
        attributes = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        connection.call("lambda", "create_event_source_mapping", FunctionName=NAME, EventSourceArn=arn)
        connection.call("logs", "create_log_group", logGroupName=GROUP)
        access = connection.access
        where = access.endpoint_url, access.region, connection.account_id
        mortal.kill(delete_until, moment, count, NAME, str(tmp_path / "deletions"), *where)
        [found] = journal.unfinished(connection.account_id, connection.region)
        return found

    return killed


def there(connection: Connection) -> tuple[int, bool, int]:
    """How many mappings that are not being deleted, whether the function, how many log groups."""
    listed = connection.call("lambda", "list_event_source_mappings")["EventSourceMappings"]
    mappings = [each for each in listed if each["State"] != "Deleting"]  # AWS takes a while to forget one
    function = find(connection, "get_function", "Could not look.", FunctionName=NAME)
    groups = connection.call("logs", "describe_log_groups", logGroupNamePrefix=GROUP)["logGroups"]
    return len(mappings), bool(function), len(groups)


@pytest.mark.parametrize(("moment", "count"), MOMENTS)
def test_a_killed_deletion_is_finished(
    connection: Connection, kill: Kill, journal: DeletionJournal, moment: str, count: int
) -> None:
    found = kill(moment, count)
    assert [step.part and step.part.kind for step in found.about.steps] == [
        DependentKind.MAPPING,
        None,
        DependentKind.LOG_GROUP,
    ]
    deletion = finish_deletion(connection, found, journal, CTX)
    assert (deletion.left, deletion.error) == ((), None)
    assert there(connection) == (0, False, 0)
    assert journal.unfinished(connection.account_id, connection.region) == ()


@pytest.mark.parametrize(("count", "is_there"), [(1, True), (3, True), (5, False)])
def test_a_killed_deletion_is_let_go(
    connection: Connection, kill: Kill, journal: DeletionJournal, count: int, is_there: bool
) -> None:
    found = kill("after", count)
    before = there(connection)
    assert abandon_deletion(connection, found, journal) is is_there
    assert there(connection) == before
    assert journal.unfinished(connection.account_id, connection.region) == ()
    with pytest.raises(WorkbenchError, match="finished or undone in the meantime"):
        finish_deletion(connection, found, journal, CTX)


def change(connection: Connection) -> None:
    connection.call("lambda", "update_function_configuration", FunctionName=NAME, MemorySize=256)


@pytest.mark.parametrize(
    ("count", "somebody", "why"),
    [(1, change, "The function was changed after"), (5, make, "another function with this name was created")],
)
def test_what_somebody_made_or_changed_since_is_not_deleted(
    connection: Connection,
    kill: Kill,
    journal: DeletionJournal,
    count: int,
    somebody: Callable[[Connection], None],
    why: str,
) -> None:
    found = kill("after", count)
    somebody(connection)
    before = there(connection)
    with pytest.raises(WorkbenchError, match=why):
        finish_deletion(connection, found, journal, CTX)
    assert there(connection) == before
    assert len(journal.unfinished(connection.account_id, connection.region)) == 1


def test_what_another_window_deleted_since_it_was_found_is_not_deleted_again(
    connection: Connection, kill: Kill, journal: DeletionJournal
) -> None:
    found = kill("after", 1)
    before = there(connection)
    with journal.reopen_deletion(found) as file:  # as another window that was closed after its first step
        file.before("0")
        file.after("0")
    deletion = finish_deletion(connection, found, journal, CTX)
    assert (deletion.gone, deletion.left) == (found.about.steps, ())
    assert there(connection) == (before[0], False, 0)


def test_deletions_of_other_accounts_and_regions_are_left_alone(
    connection: Connection, kill: Kill, journal: DeletionJournal
) -> None:
    kill("after", 2)
    assert journal.unfinished(connection.account_id, "eu-west-3") == ()
    assert journal.unfinished("999999999999", connection.region) == ()


def test_a_journal_of_an_earlier_version_is_read(journal: DeletionJournal, tmp_path: Path) -> None:
    (tmp_path / "deletions").mkdir()
    (tmp_path / "deletions/20261120T101500.000000Z-hello-a1b2c3.jsonl").write_text(
        '\n{"at": "2026-11-20T10:15:00+00:00", "event": "begin", "account_id": "123456789012",'
        ' "region": "us-east-1", "function_name": "hello", "function_arn":'
        ' "arn:aws:lambda:us-east-1:123456789012:function:hello", "code_sha256": "abc=", "revision_id": "r1",'
        ' "copy": "20261120T101459-0f1e2d3c", "steps": [{"call": "lambda:DeleteEventSourceMapping",'
        ' "subject": "orders", "part": {"kind": "event source mapping", "identity": "u1",'
        ' "subject": "orders", "detail": "Enabled", "size_bytes": -1, "shared_with": ["other"],'
        ' "problem": null}},'
        ' {"call": "lambda:DeleteFunction", "subject": "hello", "part": null}]}'
        '\n{"at": "2026-11-20T10:15:01+00:00", "event": "before", "step": "0"}'
        '\n{"at": "2026-11-20T10:15:02+00:00", "event": "after", "step": "0"}'
        '\n{"at": "2026-11-20T10:15:03+00:00", "event": "before", "step": "1"}'
    )
    mapping = DependentResource(DependentKind.MAPPING, "u1", "orders", "Enabled", shared_with=("other",))
    steps = (
        DeletionStep("lambda:DeleteEventSourceMapping", "orders", mapping),
        DeletionStep("lambda:DeleteFunction", "hello"),
    )
    [found] = journal.unfinished("123456789012", "us-east-1")
    assert found.about == DeletionPlan(
        "123456789012",
        "us-east-1",
        "hello",
        "arn:aws:lambda:us-east-1:123456789012:function:hello",
        "abc=",
        "r1",
        "20261120T101459-0f1e2d3c",
        steps,
    )
    progress = progress_of(found)
    assert (progress.gone, progress.left) == (steps[:1], steps[1:])

    [file] = (tmp_path / "deletions").iterdir()
    file.write_text(file.read_text().replace('"problem": null', '"problem": null, "only_if_empty": true'))
    assert journal.unfinished("123456789012", "us-east-1") == ()  # of a later version: it is left alone


@pytest.mark.parametrize("damage", ['"steps": 1', '"steps": [{}]', '"steps": [], "sparkle": 1'])
def test_what_another_version_wrote_is_passed_over(
    journal: DeletionJournal, tmp_path: Path, damage: str
) -> None:
    (tmp_path / "deletions").mkdir()
    line = f'{{"at": "x", "event": "begin", {damage}}}'
    (tmp_path / "deletions" / "20261124T120000.000000Z-hello-abc.jsonl").write_text(line)
    assert journal.unfinished("123456789012", "us-east-1") == ()

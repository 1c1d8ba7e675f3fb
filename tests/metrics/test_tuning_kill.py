"""kill -9 at every step of a trial: the next start finds it, and takes back all that it made."""

from pathlib import Path

import pytest

from tests.metrics.doomed import SIZES, tune_until
from tests.mortal import Mortal
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.versions import list_versions
from workbench.metrics.power_tuning import TuningJournal, undo

SOURCE = "def handler(event, context):\n    return 1\n"
# begin; before and after each size and the restored memory; the undo and each size undone; finish
EVENTS = 3 * len(SIZES) + 5
MOMENTS = [
    *(("after", count) for count in range(1, EVENTS)),
    *(("amid", count) for count in (3, EVENTS - 1, EVENTS)),
    ("invoking", 0),
]


@pytest.mark.parametrize(("moment", "count"), MOMENTS)
def test_a_trial_killed_at_any_moment_is_taken_back(
    connection: Connection, mortal: Mortal, tmp_path: Path, moment: str, count: int
) -> None:
    name, access = create_function(connection, SOURCE).function_name, connection.access
    before = get_function(connection, name)
    folder = tmp_path / "tuning"
    where = access.endpoint_url, access.region, connection.account_id
    mortal.kill(tune_until, moment, count, name, str(folder), *where)

    journal = TuningJournal(folder)
    (interrupted,) = journal.unfinished(connection.account_id, connection.region)
    undo(connection, interrupted, journal, JobContext(), RateBudget())

    assert get_function(connection, name).memory_mb == before.memory_mb
    assert [each.version for each in list_versions(connection, name, JobContext())] == ["$LATEST"]
    assert journal.unfinished(connection.account_id, connection.region) == ()

"""A trial of power tuning that is killed on its way; run by tests/mortal.py, in a process of its own."""

from pathlib import Path

from tests.mortal import die, die_in_a_journal
from tests.sandbox_keys import keys_of
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.metrics.power_tuning import Trial, TuningJournal, tune

SIZES = (256, 512)


def tune_until(
    moment: str, count: int, name: str, folder: str, endpoint_url: str, region: str, account_id: str
) -> None:
    """Tries SIZES, and dies.

    Args:
        moment: As of `die_in_a_journal`; or "invoking".
        count: Which event of the journal.
        name: The function.
        folder: Where the journals are.
        endpoint_url: Where the Sandbox answers.
        region: The function's.
        account_id: The function's.
    """
    connection = Connection.open(Access(None, region, endpoint_url, keys_of(account_id)))

    def invoke(_version: str, _ctx: JobContext) -> Trial:
        if moment == "invoking":
            die()
        return Trial(1.0, 1.0)

    die_in_a_journal(moment, count)
    tune(
        connection,
        get_function(connection, name),
        SIZES,
        1,
        invoke,
        TuningJournal(Path(folder)),
        JobContext(),
        RateBudget(),
    )

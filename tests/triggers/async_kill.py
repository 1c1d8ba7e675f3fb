"""A change of asynchronous settings in a process that dies amid it."""

from pathlib import Path

from tests.mortal import die_in_a_journal
from tests.sandbox_keys import keys_of
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.triggers.async_settings import AGE, RETRIES, plan_async_settings
from workbench.triggers.execute import TriggerJournal, execute

CTX = JobContext()
BEFORE, AFTER = {RETRIES: 1, AGE: 90}, {RETRIES: 0}


def change_until(
    moment: str, count: int, folder: str, endpoint_url: str, region: str, account_id: str, name: str
) -> None:
    """Changes them, and dies at an event of the journal; run by tests/mortal.py."""
    die_in_a_journal(moment, count)
    connection = Connection.open(Access(None, region, endpoint_url, keys_of(account_id)))
    plan = plan_async_settings(get_function(connection, name, "", CTX), "", AFTER)
    execute(connection, plan, TriggerJournal(Path(folder)), CTX)

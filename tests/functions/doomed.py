"""Creations of functions that are killed on their way; run by tests/mortal.py, in processes of their own."""

import json
from pathlib import Path

import pytest

from tests.mortal import die
from workbench.aws.access import Access, StaticKeys
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions import creation_journal
from workbench.functions.create import create
from workbench.functions.create_plan import NewFunction

STATEMENT = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
WANTED = NewFunction(
    "killed",
    "python3.13",
    "app.handler",
    "x86_64",
    role_name="killed-role-0a1b2c3d",
    policy=json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]}),
)


def create_until(
    moment: str, count: int, folder: str, endpoint_url: str, region: str, account_id: str
) -> None:
    """Creates WANTED from `folder`/package.zip, with its journal in `folder`/creations, and dies.

    Args:
        moment: "before" or "after" the writing of the journal; or "closing", when it is to be forgotten.
        count: Which writing.
        folder: Where the package and the journal are.
        endpoint_url: Where the Sandbox answers.
        region: The function's.
        account_id: The function's.
    """
    write, left = creation_journal._write, count

    def counted(creation: creation_journal.Creation) -> None:
        nonlocal left
        left -= 1
        if left == 0 and moment == "before":
            die()
        write(creation)
        if left == 0 and moment == "after":
            die()

    patch = pytest.MonkeyPatch()
    patch.setattr(creation_journal, "_write", counted)
    if moment == "closing":
        patch.setattr(creation_journal.CreationEntry, "close", die)
    connection = Connection.open(Access(None, region, endpoint_url, StaticKeys(account_id, "sandbox")))
    package = (Path(folder) / "package.zip").read_bytes()
    journal = creation_journal.CreationJournal(Path(folder) / "creations")
    create(connection, WANTED, package, journal, JobContext())

"""Work on functions that is killed on its way; run by tests/mortal.py, in processes of their own."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.mortal import die, die_in_a_journal
from tests.sandbox_keys import keys_of
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.clock import SystemClock
from workbench.core.jobs import JobContext
from workbench.functions.bulk_plan import BulkChange, Configure, Delete, Retag, Target, plan_step, read_target
from workbench.functions.bulk_run import BulkJournal, carry_out_recorded
from workbench.functions.configure import Wanted
from workbench.functions.create import CreationJournal, NewFunction, create
from workbench.functions.deleted import DeletedStore
from workbench.functions.deletion import DeletionJournal, delete, plan_deletion
from workbench.functions.dependents import DependentKind, list_dependents
from workbench.functions.detail import get_function
from workbench.functions.restore import restore

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
        moment: "amid" or "after".
        count: Which event of the journal.
        folder: Where the package and the journal are.
        endpoint_url: Where the Sandbox answers.
        region: The function's.
        account_id: The function's.
    """
    die_in_a_journal(moment, count)
    connection = _open(endpoint_url, region, account_id)
    package = (Path(folder) / "package.zip").read_bytes()
    journal = CreationJournal(Path(folder) / "creations")
    create(connection, WANTED, package, journal, JobContext())


BULK_CHANGES: dict[str, BulkChange] = {
    "memory": Configure(Wanted(memory_mb=512)),
    "tags": Retag((("stage", "prod"),), ("old",)),
    "delete": Delete(),
}


def change_until(
    moment: str,
    count: int,
    kind: str,
    names: str,
    folder: str,
    endpoint_url: str,
    region: str,
    account_id: str,
) -> None:
    """Changes several functions, and dies at an event of the journal.

    Args:
        moment: "amid" or "after".
        count: Which event.
        kind: Of BULK_CHANGES.
        names: Of the functions, with commas between.
        folder: Of the journals.
        endpoint_url: Where the Sandbox answers.
        region: The functions'.
        account_id: The functions'.
    """
    die_in_a_journal(moment, count)
    connection, ctx, change = _open(endpoint_url, region, account_id), JobContext(), BULK_CHANGES[kind]
    steps = []
    for name in names.split(","):
        target = Target.of(get_function(connection, name), "dev")
        steps.append(plan_step(target, read_target(connection, target, change, ctx), change))
    with BulkJournal(Path(folder)).begin_change(change, steps) as file:
        for step in steps:
            carry_out_recorded(file, connection, step, RateBudget(), lambda *_: lambda: None, ctx)
        file.finish()


def restore_until(place: str, folder: str, endpoint_url: str, region: str, account_id: str) -> None:
    """Restores the one function that is kept in `folder`, and dies.

    Args:
        place: "before METHOD NUMBER" or "after METHOD NUMBER": of the calls of a client's method, from 1.
        folder: Of the copies.
        endpoint_url: Where the Sandbox answers.
        region: The function's.
        account_id: The function's.
    """
    moment, method, count = place.split()
    call, left = Connection.call, int(count)

    def counted(self: Connection, service: str, operation_method: str, /, **request: Any) -> Any:
        nonlocal left
        left -= operation_method == method
        dies = left == 0 and operation_method == method
        if dies and moment == "before":
            die()
        answer = call(self, service, operation_method, **request)
        if dies:
            die()
        return answer

    pytest.MonkeyPatch().setattr(Connection, "call", counted)
    [copy] = DeletedStore(Path(folder), SystemClock()).all(account_id, region)
    restore(_open(endpoint_url, region, account_id), copy, JobContext())


def _open(endpoint_url: str, region: str, account_id: str) -> Connection:
    return Connection.open(Access(None, region, endpoint_url, keys_of(account_id)))


def delete_until(
    moment: str, count: int, name: str, folder: str, endpoint_url: str, region: str, account_id: str
) -> None:
    """Deletes a function with its mappings and its log group, and dies at an event of the journal.

    Args:
        moment: "amid" or "after".
        count: Which event.
        name: Of the function.
        folder: Of the journals.
        endpoint_url: Where the Sandbox answers.
        region: The function's.
        account_id: The function's.
    """
    die_in_a_journal(moment, count)
    connection, ctx = _open(endpoint_url, region, account_id), JobContext()
    detail = get_function(connection, name)
    kinds = (DependentKind.MAPPING, DependentKind.LOG_GROUP)
    steps = plan_deletion(
        detail, [part for part in list_dependents(connection, detail, ctx) if part.kind in kinds]
    )
    with DeletionJournal(Path(folder)).begin_deletion(detail, steps, "copy") as file:
        delete(connection, detail, steps, ctx, file)
        file.finish()

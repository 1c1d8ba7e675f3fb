"""Plans that wire what Lambda polls, together with what they set right, in a process that dies amid them."""

import json
from pathlib import Path
from typing import Any

from tests.mortal import die_in_a_journal
from tests.sandbox_keys import keys_of
from tests.triggers.kinds.pulled import mappings
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.model import SourceKind, TriggerPlan, TriggerSpec
from workbench.triggers.plan import prepare
from workbench.triggers.queues import queue_attributes

CTX = JobContext()


def pull_plan(connection: Connection, function: FunctionDetail, kind: SourceKind, arn: str) -> TriggerPlan:
    """First what blocks is set right (a visibility timeout, a stream that is off), then the mapping."""
    values = {} if kind == SourceKind("sqs") else {"StartingPosition": "LATEST", "MaximumRetryAttempts": 1}
    prepared = prepare(connection, TriggerSpec(kind, arn, function, values=values), CTX)
    return prepared.plan([finding.fixes[0] for finding in prepared.blocks()])


def pull_snapshot(connection: Connection, function: FunctionDetail, kind: SourceKind, arn: str) -> str:
    """All that a plan may change, but for the ids that AWS gives anew."""
    source: Any
    if kind == SourceKind("sqs"):
        source = queue_attributes(connection, arn)["VisibilityTimeout"]
    else:
        table = connection.call("dynamodb", "describe_table", TableName=arn.rpartition("/")[2])["Table"]
        source = bool((table.get("StreamSpecification") or {}).get("StreamEnabled"))
    return json.dumps([source, [each["State"] for each in mappings(connection, function)]])


def pull_until(moment: str, count: int, folder: str, endpoint_url: str, what: str) -> None:
    """Wires, and dies at an event of the journal; run by tests/mortal.py."""
    die_in_a_journal(moment, count)
    region, account_id, function_name, kind_name, arn = json.loads(what)
    access = Access(None, region, endpoint_url, keys_of(account_id))
    connection = Connection.open(access)
    function = get_function(connection, function_name, "", CTX)
    plan = pull_plan(connection, function, SourceKind(kind_name), arn)
    execute(connection, plan, TriggerJournal(Path(folder)), CTX)

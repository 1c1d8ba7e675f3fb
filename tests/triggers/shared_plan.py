"""A plan of the steps that all sources share, on a function of the Sandbox; and what it may touch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mortal import die_in_a_journal
from tests.sandbox_functions import create_function
from tests.sandbox_keys import keys_of
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext, Progress
from workbench.functions.detail import find, get_function, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import create_role
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.grants import grant_step, parse_policy, revoke_steps
from workbench.triggers.model import SourceKind, TriggerPlan, TriggerSpec, WantedGrant
from workbench.triggers.role import attach_step, inline_step

BUCKET = "arn:aws:s3:::photos"
OLD = "old"


@dataclass(frozen=True, slots=True)
class Shared:
    """A function with a role of its own and one statement in its policy, and where its plans are kept."""

    connection: Connection
    detail: FunctionDetail
    folder: Path

    @classmethod
    def make(cls, connection: Connection, folder: Path) -> "Shared":
        """Makes it."""
        made = create_function(connection, "def handler(event, context): return 1\n")
        role_arn = create_role(connection, f"{made.function_name}-role", made.function_name)
        name = made.function_name
        connection.call("lambda", "update_function_configuration", FunctionName=name, Role=role_arn)
        connection.call(
            "lambda",
            "add_permission",
            FunctionName=name,
            StatementId=OLD,
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn="arn:aws:sns:us-east-1:123456789012:old",
        )
        # While an update runs, AddPermission may be refused and is tried again, which its journal notes.
        return cls(connection, wait_until_updated(connection, name, JobContext()), folder)

    @property
    def journal(self) -> TriggerJournal:
        """Of its plans."""
        return TriggerJournal(self.folder)

    def plan(self) -> TriggerPlan:
        """One step of each shared kind."""
        wanted = WantedGrant("s3.amazonaws.com", BUCKET, self.connection.account_id)
        arn = self.detail.function_arn
        queue = f"arn:aws:sqs:{self.connection.region}:{self.connection.account_id}:orders"
        wish = TriggerSpec(SourceKind("sqs"), queue, self.detail)
        steps = (
            attach_step(self.detail, "AWSLambdaSQSQueueExecutionRole"),
            inline_step(wish, [("sqs:ReceiveMessage", queue), ("sqs:DeleteMessage", queue)]),
            grant_step(SourceKind("s3"), wanted, arn, ""),
            *revoke_steps(arn, [each for each in self.grants() if each.sid == OLD]),
        )
        return TriggerPlan("Wire photos", arn, SourceKind("s3"), steps)

    def grants(self) -> Any:
        """Of the function's policy."""
        answer = find(self.connection, "get_policy", "", FunctionName=self.detail.function_name)
        return parse_policy(answer["Policy"], "") if answer else ()

    def snapshot(self) -> Mapping[str, Any]:
        """All that the plan may change."""
        role = self.detail.role_arn.rpartition("/")[2]
        iam = self.connection
        attached = iam.call("iam", "list_attached_role_policies", RoleName=role)["AttachedPolicies"]
        names = iam.call("iam", "list_role_policies", RoleName=role)["PolicyNames"]
        return {
            "grants": {(each.sid, each.principal, each.source_arn) for each in self.grants()},
            "attached": sorted(each["PolicyName"] for each in attached),
            "inline": {
                name: json.dumps(
                    iam.call("iam", "get_role_policy", RoleName=role, PolicyName=name)["PolicyDocument"]
                )
                for name in names
            },
        }

    def places(self) -> tuple[str, ...]:
        """For `execute_until`."""
        access = self.connection.access
        return (
            str(self.folder),
            access.endpoint_url,
            self.connection.region,
            self.connection.account_id,
            self.detail.function_name,
        )


def cancelled_at(number: int) -> JobContext:
    """A job that Cancel stops before its step of this number, from 0."""

    def report(progress: Progress) -> None:
        if progress.done == number:
            ctx._stop.set()
            ctx.check()

    ctx = JobContext(report)
    return ctx


def execute_until(
    moment: str,
    count: int,
    folder: str,
    endpoint_url: str,
    region: str,
    account_id: str,
    function_name: str,
) -> None:
    """Carries the plan out, and dies at an event of its journal; run by tests/mortal.py."""
    die_in_a_journal(moment, count)
    access = Access(None, region, endpoint_url, keys_of(account_id))
    connection = Connection.open(access)
    detail = get_function(connection, function_name, "", JobContext())
    shared = Shared(connection, detail, Path(folder))
    execute(connection, shared.plan(), shared.journal, JobContext())

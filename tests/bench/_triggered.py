"""200 functions with triggers, and the calls without which nobody can know these triggers."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.sandbox_functions import make_role
from tests.seed_functions import package
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import wait_until_updated

COUNT = 200
_BUCKETS, _RULES, _TOPICS, _QUEUES = 10, 20, 10, 25
"""Shared: several functions hang on each."""


@dataclass(frozen=True, slots=True)
class Call:
    """One reading call; the pages of a listing are as many."""

    service: str
    method: str
    params: dict[str, Any]

    def make(self, connection: Connection) -> None:
        """Makes it with the bare client, and leaves the answer alone."""
        client = connection.client(self.service)
        if client.can_paginate(self.method):
            for _page in client.get_paginator(self.method).paginate(**self.params):
                pass
        else:
            getattr(client, self.method)(**self.params)


@dataclass(frozen=True, slots=True)
class _Function:
    """What hangs on the function of this number."""

    number: int

    @property
    def name(self) -> str:
        return f"task-{self.number:03d}"

    @property
    def has_alias(self) -> bool:
        return self.number % 4 == 0

    @property
    def queue(self) -> int | None:
        return self.number // 3 % _QUEUES if self.number % 3 == 0 else None

    @property
    def bucket(self) -> int | None:
        return self.number // 5 % _BUCKETS if self.number % 5 == 1 else None

    @property
    def topic(self) -> int | None:
        return self.number // 5 % _TOPICS if self.number % 5 == 2 else None

    @property
    def rule(self) -> int | None:
        return self.number // 5 % _RULES if self.number % 5 == 3 else None

    @property
    def has_url(self) -> bool:
        return self.number % 8 == 4


_FUNCTIONS = [_Function(number) for number in range(COUNT)]


def seed(connection: Connection) -> None:
    """Makes the functions and their triggers."""
    call = connection.call
    for number in range(_BUCKETS):
        call("s3", "create_bucket", Bucket=_bucket(connection, number))
    for number in range(_TOPICS):
        call("sns", "create_topic", Name=f"topic-{number}")
    for number in range(_QUEUES):
        call("sqs", "create_queue", QueueName=f"queue-{number}")
    for number in range(_RULES):
        pattern = json.dumps({"source": [f"shop-{number}"]})
        call("events", "put_rule", Name=f"rule-{number}", EventPattern=pattern)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(partial(_make, connection), _FUNCTIONS))
    for number in range(_BUCKETS):
        entries = [
            {"Id": each.name, "LambdaFunctionArn": _arn(connection, each), "Events": ["s3:ObjectCreated:*"]}
            | {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": f"{each.name}/"}]}}}
            for each in _FUNCTIONS
            if each.bucket == number
        ]
        config = {"LambdaFunctionConfigurations": entries}
        name = _bucket(connection, number)
        call("s3", "put_bucket_notification_configuration", Bucket=name, NotificationConfiguration=config)


def unavoidable(connection: Connection) -> Iterator[Call]:
    """What must be asked: of the region once, of each function, and of each source that a policy names."""
    yield Call("lambda", "list_functions", {})
    yield Call("lambda", "list_event_source_mappings", {})
    yield Call("events", "list_event_buses", {})
    yield Call("events", "list_rules", {"EventBusName": "default"})
    yield Call("scheduler", "list_schedules", {})
    for number in range(_RULES):
        yield Call("events", "list_targets_by_rule", {"Rule": f"rule-{number}", "EventBusName": "default"})
    for number in range(_QUEUES):
        yield Call("sqs", "get_queue_url", {"QueueName": f"queue-{number}"})
    for bucket in {_bucket(connection, each.bucket) for each in _FUNCTIONS if each.bucket is not None}:
        subject = {"Bucket": bucket}
        yield Call("s3", "head_bucket", subject)
        yield Call("s3", "get_bucket_notification_configuration", subject)
    yield Call("sns", "list_subscriptions", {})
    for page in connection.paginate("sns", "list_subscriptions", ctx=JobContext()):
        for each in page["Subscriptions"]:
            yield Call("sns", "get_subscription_attributes", {"SubscriptionArn": each["SubscriptionArn"]})
    for function in _FUNCTIONS:
        yield from _of_function(function)


def _of_function(each: _Function) -> Iterator[Call]:
    subject = {"FunctionName": each.name}
    yield Call("lambda", "list_versions_by_function", subject)
    yield Call("lambda", "list_aliases", subject)
    yield Call("lambda", "list_function_event_invoke_configs", subject)
    yield Call("lambda", "list_function_url_configs", subject)
    yield Call("lambda", "get_policy", subject)
    for qualifier in ("1", "live") if each.has_alias else ():
        yield Call("lambda", "get_policy", subject | {"Qualifier": qualifier})


def _make(connection: Connection, each: _Function) -> None:
    call, name = connection.call, each.name
    call(
        "lambda",
        "create_function",
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=make_role(connection, "lambda"),
        Code={"ZipFile": package()},
    )
    wait_until_updated(connection, name, JobContext())
    if each.has_alias:
        call("lambda", "publish_version", FunctionName=name)
        call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
    grant: Callable[..., Any] = partial(
        call, "lambda", "add_permission", FunctionName=name, Action="lambda:InvokeFunction"
    )
    for qualifier in ("1", "live") if each.has_alias else ():
        grant(StatementId=f"root-{qualifier}", Principal=connection.account_id, Qualifier=qualifier)
    arn = _arn(connection, each)
    grant(StatementId="root", Principal=connection.account_id)
    if each.bucket is not None:
        source = f"arn:aws:s3:::{_bucket(connection, each.bucket)}"
        account = connection.account_id
        grant(StatementId="s3", Principal="s3.amazonaws.com", SourceArn=source, SourceAccount=account)
    if each.topic is not None:
        topic = _topic(connection, each.topic)
        grant(StatementId="sns", Principal="sns.amazonaws.com", SourceArn=topic)
        call("sns", "subscribe", TopicArn=topic, Protocol="lambda", Endpoint=arn)
    if each.rule is not None:
        rule = f"rule-{each.rule}"
        source = f"arn:aws:events:{connection.region}:{connection.account_id}:rule/{rule}"
        grant(StatementId="events", Principal="events.amazonaws.com", SourceArn=source)
        call("events", "put_targets", Rule=rule, Targets=[{"Id": name, "Arn": arn}])
    if each.queue is not None:
        queue = f"arn:aws:sqs:{connection.region}:{connection.account_id}:queue-{each.queue}"
        call("lambda", "create_event_source_mapping", EventSourceArn=queue, FunctionName=name, Enabled=False)
    if each.has_url:
        call("lambda", "create_function_url_config", FunctionName=name, AuthType="AWS_IAM")


def _arn(connection: Connection, each: _Function) -> str:
    return f"arn:aws:lambda:{connection.region}:{connection.account_id}:function:{each.name}"


def _topic(connection: Connection, number: int) -> str:
    return f"arn:aws:sns:{connection.region}:{connection.account_id}:topic-{number}"


def _bucket(connection: Connection, number: int) -> str:
    return f"bench-{connection.account_id}-{number}"

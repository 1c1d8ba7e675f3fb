"""All kinds of event source."""

from collections.abc import Mapping
from typing import Any

from workbench.triggers.kinds.cognito import UserPool
from workbench.triggers.kinds.direct import DirectInvoke
from workbench.triggers.kinds.documentdb import ChangeStream
from workbench.triggers.kinds.dynamodb import DynamoDbSource
from workbench.triggers.kinds.http_api import HttpApiSource
from workbench.triggers.kinds.iot import IotRule
from workbench.triggers.kinds.kafka import OwnKafka
from workbench.triggers.kinds.kinesis import KinesisSource
from workbench.triggers.kinds.logs import LogsSource
from workbench.triggers.kinds.mapping import MappingSource
from workbench.triggers.kinds.mq import Broker
from workbench.triggers.kinds.msk import ManagedKafka
from workbench.triggers.kinds.rest_api import RestApiSource
from workbench.triggers.kinds.rule import EventBridgeRule
from workbench.triggers.kinds.s3 import S3Source
from workbench.triggers.kinds.schedule import Schedule
from workbench.triggers.kinds.sns import SnsSource
from workbench.triggers.kinds.source import Source
from workbench.triggers.kinds.sqs import SqsSource
from workbench.triggers.kinds.url import FunctionUrl
from workbench.triggers.model import OTHER, SourceKind
from workbench.triggers.rules import Authority, Model, Rule, Verdict

_EVERY: tuple[Source[Any], ...] = (
    S3Source(),
    SnsSource(),
    LogsSource(),
    DynamoDbSource(),
    KinesisSource(),
    SqsSource(),
    EventBridgeRule(),
    Schedule(),
    HttpApiSource(),
    RestApiSource(),
    FunctionUrl(),
    DirectInvoke(),
    IotRule(),
    UserPool(),
    ManagedKafka(),
    OwnKafka(),
    Broker(),
    ChangeStream(),
)
"""A new kind of source is its file, and a line here."""
SOURCES: Mapping[SourceKind, Source[Any]] = {source.kind: source for source in _EVERY}

RULES: Mapping[SourceKind, Rule] = {
    **{kind: source.rule for kind, source in SOURCES.items()},
    OTHER: Rule(
        "source",
        "Other",
        Model.PUSH_ASYNC,
        region=Verdict.WARN,
        account=Verdict.WARN,
        authority=Authority.FUNCTION_POLICY,
    ),
}


def kind_of(mapping: Mapping[str, Any]) -> SourceKind:
    """Which kind of source an event source mapping reads, of AWS's answer; OTHER for an unknown one."""
    pulled = (source for source in _EVERY if isinstance(source, MappingSource))
    return next((source.kind for source in pulled if source.is_read_by(mapping)), OTHER)

"""All kinds of event source."""

from collections.abc import Mapping
from typing import Any

from workbench.triggers.kinds.cognito import UserPool
from workbench.triggers.kinds.direct import DirectInvoke
from workbench.triggers.kinds.documentdb import ChangeStream
from workbench.triggers.kinds.dynamodb import DynamoDbSource
from workbench.triggers.kinds.http_api import HttpApiSource
from workbench.triggers.kinds.iot import IotRule
from workbench.triggers.kinds.kafka import ManagedKafka, OwnKafka
from workbench.triggers.kinds.kinesis import KinesisSource
from workbench.triggers.kinds.logs import LogsSource
from workbench.triggers.kinds.mq import Broker
from workbench.triggers.kinds.rest_api import RestApiSource
from workbench.triggers.kinds.rule import EventBridgeRule
from workbench.triggers.kinds.s3 import S3Source
from workbench.triggers.kinds.schedule import Schedule
from workbench.triggers.kinds.sns import SnsSource
from workbench.triggers.kinds.source import Source
from workbench.triggers.kinds.sqs import SqsSource
from workbench.triggers.kinds.url import FunctionUrl
from workbench.triggers.model import SourceKind
from workbench.triggers.rules import Authority, Model, Rule, Verdict

SOURCES: Mapping[SourceKind, Source[Any]] = {
    SourceKind.S3: S3Source(),
    SourceKind.SNS: SnsSource(),
    SourceKind.LOGS: LogsSource(),
    SourceKind.DYNAMODB: DynamoDbSource(),
    SourceKind.KINESIS: KinesisSource(),
    SourceKind.SQS: SqsSource(),
    SourceKind.RULE: EventBridgeRule(),
    SourceKind.SCHEDULE: Schedule(),
    SourceKind.HTTP_API: HttpApiSource(),
    SourceKind.REST_API: RestApiSource(),
    SourceKind.URL: FunctionUrl(),
    SourceKind.DIRECT: DirectInvoke(),
    SourceKind.IOT: IotRule(),
    SourceKind.COGNITO: UserPool(),
    SourceKind.MSK: ManagedKafka(),
    SourceKind.KAFKA: OwnKafka(),
    SourceKind.MQ: Broker(),
    SourceKind.DOCUMENTDB: ChangeStream(),
}

RULES: Mapping[SourceKind, Rule] = {
    **{kind: source.rule for kind, source in SOURCES.items()},
    SourceKind.OTHER: Rule(
        "source",
        "Other",
        Model.PUSH_ASYNC,
        region=Verdict.WARN,
        account=Verdict.WARN,
        authority=Authority.FUNCTION_POLICY,
    ),
}

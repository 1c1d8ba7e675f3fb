"""Which Source knows which kind."""

from collections.abc import Mapping
from typing import Any

from workbench.triggers.model import SourceKind
from workbench.triggers.sources.cognito import UserPool
from workbench.triggers.sources.direct import DirectInvoke
from workbench.triggers.sources.documentdb import ChangeStream
from workbench.triggers.sources.dynamodb import DynamoDbSource
from workbench.triggers.sources.http_api import HttpApiSource
from workbench.triggers.sources.iot import IotRule
from workbench.triggers.sources.kafka import ManagedKafka, OwnKafka
from workbench.triggers.sources.kinesis import KinesisSource
from workbench.triggers.sources.logs import LogsSource
from workbench.triggers.sources.mq import Broker
from workbench.triggers.sources.rest_api import RestApiSource
from workbench.triggers.sources.rule import EventBridgeRule
from workbench.triggers.sources.s3 import S3Source
from workbench.triggers.sources.schedule import Schedule
from workbench.triggers.sources.sns import SnsSource
from workbench.triggers.sources.source import Source
from workbench.triggers.sources.sqs import SqsSource
from workbench.triggers.sources.url import FunctionUrl

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

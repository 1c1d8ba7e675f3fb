"""All kinds of event source, and the resources that can become one."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.core.messages import _
from workbench.triggers.kinds.cognito import UserPool
from workbench.triggers.kinds.direct import DirectInvoke
from workbench.triggers.kinds.documentdb import ChangeStream
from workbench.triggers.kinds.dynamodb import DynamoDbSource
from workbench.triggers.kinds.http_api import HttpApiSource
from workbench.triggers.kinds.iot import IotRule
from workbench.triggers.kinds.kafka import ManagedKafka, OwnKafka
from workbench.triggers.kinds.kinesis import KinesisSource
from workbench.triggers.kinds.logs import LogsSource
from workbench.triggers.kinds.mapping import MappingSource
from workbench.triggers.kinds.mq import Broker
from workbench.triggers.kinds.rest_api import RestApiSource
from workbench.triggers.kinds.rule import EventBridgeRule
from workbench.triggers.kinds.s3 import S3Source
from workbench.triggers.kinds.schedule import Schedule
from workbench.triggers.kinds.sns import SnsSource
from workbench.triggers.kinds.source import Source
from workbench.triggers.kinds.sqs import SqsSource
from workbench.triggers.kinds.url import FunctionUrl
from workbench.triggers.model import OTHER, Candidate, Model, Rule, SourceKind, Verdict
from workbench.triggers.new_sources import NewResource

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
"""To add a kind, write its file and add a line here."""
SOURCES: Mapping[SourceKind, Source[Any]] = {source.kind: source for source in _EVERY}
NEW_RESOURCES: Mapping[SourceKind, NewResource] = {
    source.kind: source.new_resource for source in _EVERY if source.new_resource is not None
}
RULES: Mapping[SourceKind, Rule] = {
    **{kind: source.rule for kind, source in SOURCES.items()},
    OTHER: Rule("source", _("Other"), Model.PUSH_ASYNC, region=Verdict.WARN, account=Verdict.WARN),
}
_BATCH = 50
_THREADS = 4
"""Few: the user waits only for the function's own region, which is listed first."""


def kind_of(mapping: Mapping[str, Any]) -> SourceKind:
    """The kind of source of an event source mapping, as AWS answers it; OTHER if unknown."""
    pulled = (source for source in _EVERY if isinstance(source, MappingSource))
    return next((source.kind for source in pulled if source.is_read_by(mapping)), OTHER)


def list_candidates(
    connection: Connection, kind: SourceKind, others: Sequence[str], ctx: JobContext
) -> tuple[WorkbenchError, ...]:
    """Lists a kind of source in the connection's region, then in others in parallel.

    Args:
        ctx: Receives tuples of Candidates as they arrive, and each region that was listed.

    Returns:
        Why the connection's region could not be listed. Failures of other regions are ignored, since those
        may not be enabled in the account.
    """
    problems: list[WorkbenchError] = []
    batch: list[Candidate] = []
    try:
        for candidate in SOURCES[kind].candidates(connection, ctx):
            batch.append(candidate)
            if len(batch) == _BATCH:
                ctx.emit(tuple(batch))
                batch = []
    except WorkbenchError as error:
        problems.append(error)
    if batch:
        ctx.emit(tuple(batch))

    def there(region: str) -> tuple[Candidate, ...]:
        try:
            return tuple(SOURCES[kind].candidates(connection.in_region(region), ctx))
        except WorkbenchError:
            return ()

    with ThreadPoolExecutor(_THREADS, "candidates") as threads:
        asked = {threads.submit(for_this_job(there), region): region for region in others}
        try:
            for number, future in enumerate(as_completed(asked), 1):
                ctx.progress(number, len(others), asked[future])
                found = future.result()
                for start in range(0, len(found), _BATCH):
                    ctx.emit(found[start : start + _BATCH])
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    return tuple(problems)

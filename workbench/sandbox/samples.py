"""The content of a new Sandbox: three functions, their triggers, and real invocations of each.

Each `_ensure_…` creates what is missing, in the order that AWS requires, and can be repeated: existing
resources are left as they are. The Sandbox's own invocations are recorded as SampleTraffic, so that they are
not taken for the user's.
"""

import functools
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, poll
from workbench.code.package import build_package
from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.sandbox import REGION

HELLO = "hello-http"
COUNTER = "s3-object-counter"
WORKER = "sqs-worker"
BUCKET = "workbench-sample-uploads"
QUEUE = "workbench-sample-jobs"
DEAD_LETTER_QUEUE = "workbench-sample-jobs-dead"
UPLOADS_PREFIX = "reports/"
"""Prefix of the keys that invoke the counter. Other prefixes of the bucket are free for the user's own
rules."""
FREE_BUCKET = "workbench-sample-try-s3-trigger"
FREE_QUEUE = "workbench-sample-try-sqs-trigger"
"""An empty queue without a trigger, for the first trigger that a user adds."""
# SSM parameters in the Sandbox itself, so that they are saved, lost and reset together with the samples.
_TRAFFIC_PARAMETER = "/workbench/sample-traffic"
_ROUNDS_PARAMETER = "/workbench/samples"
_FREE_PARAMETER = "/workbench/samples-for-triggers"
_RUNTIME = "python3.13"
_TIMEOUT_S = 5
_MEMORY_MB = 128
_BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_QUEUE_READER = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
# At least six times the function's timeout.
# Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_VISIBILITY_TIMEOUT_S = 6 * _TIMEOUT_S
# Enough for functions with a timeout of up to 30 s.
_FREE_QUEUE_VISIBILITY_S = 180
_NOTIFICATION = "count-uploads"
_UNTIL_ACTIVE = Backoff(first_s=0.1, factor=1.0)
_BURST_ROUNDS = 10
# Long enough for S3 and SQS to find a warm environment instead of starting one for every event.
_BURST_PAUSE_S = 0.25
_ROUNDS = 24
# Over two minutes, so that charts show more than a single bar.
_PAUSE_S = 10.0
_DELIVERY = timedelta(seconds=5)  # S3 and SQS invoke a little later
# Not BucketAlreadyExists: that bucket belongs to someone else.
_EXISTS = (
    "EntityAlreadyExists",
    "ResourceConflictException",
    "BucketAlreadyOwnedByYou",
    "QueueAlreadyExists",
    "QueueNameExists",
)
# One of these ends the invocations: a user who deletes a sample wants it neither used nor restored.
_DELETED = (
    "ResourceNotFoundException",
    "NoSuchBucket",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
)


@dataclass(frozen=True, slots=True)
class SampleTraffic:
    """The Sandbox's own invocations of the samples, from `start` up to `end` (after the last one), UTC."""

    function_arns: frozenset[str]
    start: datetime
    end: datetime

    def is_in(self, function_arn: str, start: datetime, end: datetime) -> bool:
        """Whether some of it may be in a time range of a function."""
        return function_arn in self.function_arns and start < self.end and self.start < end


@dataclass(frozen=True, slots=True)
class _Round:
    """What to invoke, upload and send in a round of invocations."""

    hello_event: str
    upload: tuple[str, int]
    jobs: tuple[str, ...]
    empty_events_to: tuple[str, ...] = ()


def create_samples(connection: Connection, ctx: JobContext) -> tuple[str, ...]:
    """Creates missing samples and invokes each a few times; returns the names of the functions that are new.

    Emits these names, and a SampleTraffic whenever the samples have been invoked. Does nothing once it has
    completed, whatever the user has deleted since, nor in other regions than the Sandbox's first. A run
    that was killed is completed by the next. A Sandbox of an earlier version gets what first triggers need.

    Raises:
        WorkbenchError: A request failed.
        Cancelled: Samples that were created stay.
    """
    if connection.region != REGION:
        return ()
    if _rounds_done(connection) is not None:
        _ensure_free(connection)
        if (traffic := read_sample_traffic(connection)) is not None:
            ctx.emit(traffic)
        return ()
    samples = resources_dir() / "samples"
    created: list[str] = []
    total = len(_ENSURE) + _BURST_ROUNDS
    for done, (name, ensure) in enumerate(_ENSURE.items()):
        ctx.progress(done, total, _("Creating {name}").format(name=name))
        if ensure(connection, samples / name / "code"):
            created.append(name)
            ctx.emit(name)
    _ensure_free(connection)
    _wait_until_active(connection, ctx)
    _write_traffic(connection)
    for number in range(_BURST_ROUNDS):
        ctx.progress(len(_ENSURE) + number, total, _("Invoking the samples"))
        _run(connection, _round(number), samples)
        ctx.sleep(_BURST_PAUSE_S)
    _write_rounds(connection, _BURST_ROUNDS, ctx)
    return tuple(created)


def exercise_samples(connection: Connection, ctx: JobContext, pause_s: float = _PAUSE_S) -> int:
    """Invokes the samples of a new Sandbox for two more minutes, so that logs and charts have data.

    Emits a SampleTraffic after each round. Returns the number of rounds: 0 if this was done before, or the
    samples were deleted.

    Raises:
        WorkbenchError: A request failed.
        Cancelled: The next call continues where this one ended.
    """
    first = _rounds_done(connection) if connection.region == REGION else None
    if first is None:
        return 0
    samples = resources_dir() / "samples"
    for number in range(first, _ROUNDS):
        ctx.progress(number, _ROUNDS, _("Invoking the samples"))
        ctx.sleep(pause_s)
        try:
            _run(connection, _round(number), samples)
        except WorkbenchError as error:
            if error.aws_code not in _DELETED:
                raise
            _write_rounds(connection, _ROUNDS, ctx)
            return number - first
        _write_rounds(connection, number + 1, ctx)
    return max(0, _ROUNDS - first)


def read_sample_traffic(connection: Connection) -> SampleTraffic | None:
    """Reads the record; None if there is none, as in Sandboxes of earlier versions. Raises WorkbenchError."""
    value = _read_parameter(connection, _TRAFFIC_PARAMETER)
    if value is None:
        return None
    try:
        record = json.loads(value)
        start, end = (datetime.fromisoformat(record[key]).astimezone(UTC) for key in ("start", "end"))
        return SampleTraffic(frozenset(map(str, record["functions"])), start, end)
    except (ValueError, TypeError, KeyError):
        return None  # the user can write to it


def _round(number: int) -> _Round:
    """Returns rounds that differ slightly, some with a failing invocation."""
    hello_event = "fault" if number % 8 == 5 else ("greet", "greet-nobody")[number % 2]
    jobs = [json.dumps({"limit": 20_000 * (number % 7 + 1)}), json.dumps({"limit": 1_000_000})][
        : number % 3 + 1
    ]
    if number % 9 == 4:
        jobs.append("no JSON")
    return _Round(
        hello_event,
        (f"{UPLOADS_PREFIX}{2000 + number}.txt", 200 * (number + 1)),
        tuple(jobs),
        (COUNTER, WORKER) if number % 11 == 7 else (),
    )


def _run(connection: Connection, round_: _Round, samples: Path) -> None:
    event = (samples / HELLO / "events" / f"{round_.hello_event}.json").read_bytes()
    _invoke(connection, HELLO, event)
    key, size_bytes = round_.upload
    connection.call("s3", "put_object", Bucket=BUCKET, Key=key, Body=b"a line of text\n" * (size_bytes // 15))
    queue_url = connection.call("sqs", "get_queue_url", QueueName=QUEUE)["QueueUrl"]
    for body in round_.jobs:
        connection.call("sqs", "send_message", QueueUrl=queue_url, MessageBody=body)
    for function_name in round_.empty_events_to:
        _invoke(connection, function_name, b"{}")


def _invoke(connection: Connection, function_name: str, event: bytes) -> None:
    answer = connection.call("lambda", "invoke", FunctionName=function_name, Payload=event, retries=False)
    with connection.translated(_("Could not invoke {function_name}.").format(function_name=function_name)):
        answer["Payload"].read()


def _ensure_hello(connection: Connection, code: Path) -> bool:
    """Creates the function that answers HTTP requests; returns whether it is new."""
    role_arn = _ensure_role(connection, HELLO, _BASIC)
    return _ensure_function(connection, HELLO, "Greets HTTP callers", role_arn, code)


def _ensure_counter(connection: Connection, code: Path) -> bool:
    """Creates the function that S3 invokes for every new object; returns whether it is new."""
    bucket_arn = f"arn:aws:s3:::{BUCKET}"
    _unless_exists(connection, "s3", "create_bucket", Bucket=BUCKET)
    role_arn = _ensure_role(connection, COUNTER, _BASIC, _allow("s3:ListBucket", bucket_arn))
    is_new = _ensure_function(
        connection, COUNTER, f"Counts the objects in the bucket {BUCKET}", role_arn, code
    )
    # S3 refuses a notification to a function that it may not invoke: the permission comes first.
    _unless_exists(
        connection, "lambda", "add_permission", FunctionName=COUNTER, StatementId="invoke-from-uploads",
        Action="lambda:InvokeFunction", Principal="s3.amazonaws.com", SourceArn=bucket_arn,
        SourceAccount=connection.account_id,
    )  # fmt: skip
    connection.call(
        "s3", "put_bucket_notification_configuration", Bucket=BUCKET,
        NotificationConfiguration={"LambdaFunctionConfigurations": [_notification(connection)]},
    )  # fmt: skip
    return is_new


def _ensure_worker(connection: Connection, code: Path) -> bool:
    """Creates the function that reads a queue, and its dead-letter queue; returns whether it is new."""
    redrive = {"deadLetterTargetArn": _ensure_queue(connection, DEAD_LETTER_QUEUE), "maxReceiveCount": "3"}
    queue_arn = _ensure_queue(
        connection, QUEUE,
        {"VisibilityTimeout": str(_VISIBILITY_TIMEOUT_S), "RedrivePolicy": json.dumps(redrive)},
    )  # fmt: skip
    role_arn = _ensure_role(connection, WORKER, _QUEUE_READER)
    is_new = _ensure_function(
        connection, WORKER, f"Processes messages from the queue {QUEUE}", role_arn, code
    )
    mappings = connection.call(
        "lambda", "list_event_source_mappings", FunctionName=WORKER, EventSourceArn=queue_arn
    )
    if not mappings["EventSourceMappings"]:
        connection.call(
            "lambda", "create_event_source_mapping", FunctionName=WORKER, EventSourceArn=queue_arn,
            BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"],
        )  # fmt: skip
    return is_new


_ENSURE: Mapping[str, Callable[[Connection, Path], bool]] = {
    HELLO: _ensure_hello,
    COUNTER: _ensure_counter,
    WORKER: _ensure_worker,
}


def _ensure_free(connection: Connection) -> None:
    """Creates, once, the bucket and queue without triggers, and limits the counter's rule to its prefix.

    Sandboxes of earlier versions have a rule without a prefix, which overlaps every other rule of the bucket.
    A rule that the user has changed is left alone.
    """
    if _read_parameter(connection, _FREE_PARAMETER) is not None:
        return
    _unless_exists(connection, "s3", "create_bucket", Bucket=FREE_BUCKET)
    _ensure_queue(connection, FREE_QUEUE, {"VisibilityTimeout": str(_FREE_QUEUE_VISIBILITY_S)})
    _limit_to_prefix(connection)
    _write_parameter(connection, _FREE_PARAMETER, "1")


def _limit_to_prefix(connection: Connection) -> None:
    try:
        found = connection.call("s3", "get_bucket_notification_configuration", Bucket=BUCKET)
    except WorkbenchError as error:
        if error.aws_code != "NoSuchBucket":
            raise
        return  # the user has deleted it
    wanted = _notification(connection)
    earlier = {name: value for name, value in wanted.items() if name != "Filter"}
    configuration = {name: value for name, value in found.items() if name != "ResponseMetadata"}
    rules = configuration.get("LambdaFunctionConfigurations", [])
    if earlier not in rules:
        return
    configuration["LambdaFunctionConfigurations"] = [wanted if each == earlier else each for each in rules]
    connection.call(
        "s3", "put_bucket_notification_configuration", Bucket=BUCKET, NotificationConfiguration=configuration
    )


def _wait_until_active(connection: Connection, ctx: JobContext) -> None:
    """Waits until the functions are active; before that Lambda refuses to invoke them."""
    for name in _ENSURE:
        poll(
            functools.partial(_state, connection, name), lambda state: state != "Pending", ctx, _UNTIL_ACTIVE
        )


def _state(connection: Connection, name: str) -> str:
    return str(connection.call("lambda", "get_function_configuration", FunctionName=name)["State"])


def _ensure_function(connection: Connection, name: str, description: str, role_arn: str, code: Path) -> bool:
    with tempfile.TemporaryDirectory(prefix="workbench-sample-") as folder:
        package = build_package(code, Path(folder), JobContext()).path.read_bytes()
    return _unless_exists(
        connection, "lambda", "create_function", FunctionName=name, Description=description, Runtime=_RUNTIME,
        Handler="lambda_function.lambda_handler", Role=role_arn, Timeout=_TIMEOUT_S, MemorySize=_MEMORY_MB,
        Code={"ZipFile": package}, Environment={"Variables": {}}, Tags={"sample": "workbench"},
    )  # fmt: skip


def _ensure_role(connection: Connection, function_name: str, managed: str, inline: str = "") -> str:
    """Creates an execution role with its trust and permissions; returns its ARN."""
    role_name = f"workbench-sample-{function_name}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    _unless_exists(
        connection, "iam", "create_role", RoleName=role_name, AssumeRolePolicyDocument=json.dumps(trust),
        Description=f"What the sample function {function_name} can do",
    )  # fmt: skip
    connection.call("iam", "attach_role_policy", RoleName=role_name, PolicyArn=managed)
    if inline:
        connection.call("iam", "put_role_policy", RoleName=role_name, PolicyName="own", PolicyDocument=inline)
    return str(connection.call("iam", "get_role", RoleName=role_name)["Role"]["Arn"])


def _ensure_queue(connection: Connection, name: str, attributes: Mapping[str, str] | None = None) -> str:
    """Returns the queue's ARN."""
    _unless_exists(connection, "sqs", "create_queue", QueueName=name, Attributes=attributes or {})
    url = connection.call("sqs", "get_queue_url", QueueName=name)["QueueUrl"]
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


def _allow(action: str, resource: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _notification(connection: Connection) -> dict[str, Any]:
    """The rule by which the bucket invokes the counter."""
    return {
        "Id": _NOTIFICATION,
        "LambdaFunctionArn": _function_arn(connection, COUNTER),
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": UPLOADS_PREFIX}]}},
    }


def _function_arn(connection: Connection, name: str) -> str:
    return f"arn:aws:lambda:{connection.region}:{connection.account_id}:function:{name}"


def _unless_exists(connection: Connection, service: str, operation_method: str, **params: Any) -> bool:
    """Creates something; returns False if it exists."""
    try:
        connection.call(service, operation_method, **params)
    except WorkbenchError as error:
        if error.aws_code not in _EXISTS:
            raise
        return False
    return True


def _rounds_done(connection: Connection) -> int | None:
    value = _read_parameter(connection, _ROUNDS_PARAMETER)
    return None if value is None else int(value)


def _write_rounds(connection: Connection, rounds: int, ctx: JobContext) -> None:
    ctx.emit(_write_traffic(connection))
    _write_parameter(connection, _ROUNDS_PARAMETER, str(rounds))


def _write_traffic(connection: Connection) -> SampleTraffic:
    """Records that the samples have been invoked until now, or are about to be."""
    now = datetime.now(UTC)
    known = read_sample_traffic(connection)
    traffic = SampleTraffic(
        frozenset(_function_arn(connection, name) for name in _ENSURE),
        known.start if known else now,
        now + _DELIVERY,
    )
    record = {
        "functions": sorted(traffic.function_arns),
        "start": traffic.start.isoformat(),
        "end": traffic.end.isoformat(),
    }
    _write_parameter(connection, _TRAFFIC_PARAMETER, json.dumps(record))
    return traffic


def _read_parameter(connection: Connection, name: str) -> str | None:
    """Returns the value of a parameter; None if it does not exist."""
    try:
        answer = connection.call("ssm", "get_parameter", Name=name)
    except WorkbenchError as error:
        if error.aws_code != "ParameterNotFound":
            raise
        return None
    return str(answer["Parameter"]["Value"])


def _write_parameter(connection: Connection, name: str, value: str) -> None:
    connection.call("ssm", "put_parameter", Name=name, Value=value, Type="String", Overwrite=True)

"""The resources of the samples: functions, roles, a bucket and a queue, wired as AWS wants them.

Owns: their names and settings. Each `ensure` creates what is missing, in the order in which AWS needs it, and
can be repeated: what exists is left as it is. Must not know: when, how often, or that this is a Sandbox.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.code.package import build_package
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

HELLO = "hello-http"
COUNTER = "s3-object-counter"
WORKER = "sqs-worker"
BUCKET = "workbench-sample-uploads"
QUEUE = "workbench-sample-jobs"
DEAD_LETTER_QUEUE = "workbench-sample-jobs-dead"
UPLOADS_PREFIX = "reports/"
"""The keys that invoke the counter. Other prefixes of the bucket are free for rules of the user's own."""
FREE_BUCKET = "workbench-sample-try-s3-trigger"
FREE_QUEUE = "workbench-sample-try-sqs-trigger"
"""Empty, and without a trigger: for the first trigger that a user adds."""

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
_POLL_S = 0.1
# Not BucketAlreadyExists: that bucket is someone else's.
_EXISTS = (
    "EntityAlreadyExists",
    "ResourceConflictException",
    "BucketAlreadyOwnedByYou",
    "QueueAlreadyExists",
    "QueueNameExists",
)

Ensure = Callable[[Connection, Path], bool]


def ensure_hello(connection: Connection, code: Path) -> bool:
    """The function that answers HTTP requests. Returns whether it is new."""
    role_arn = _ensure_role(connection, HELLO, _BASIC)
    return _ensure_function(connection, HELLO, "Greets HTTP callers", role_arn, code)


def ensure_counter(connection: Connection, code: Path) -> bool:
    """The function that S3 invokes for every new object. Returns whether it is new."""
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


def ensure_worker(connection: Connection, code: Path) -> bool:
    """The function that reads a queue, and a queue for jobs that keep failing. Returns whether it is new."""
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


def ensure_free(connection: Connection) -> None:
    """Creates the bucket and the queue without triggers, and limits the counter's rule to its prefix.

    Sandboxes of earlier versions have a rule without a prefix, with which every other rule of the bucket
    overlaps. A rule that the user has changed stays as it is.

    Raises:
        WorkbenchError: A request failed.
    """
    _unless_exists(connection, "s3", "create_bucket", Bucket=FREE_BUCKET)
    _ensure_queue(connection, FREE_QUEUE, {"VisibilityTimeout": str(_FREE_QUEUE_VISIBILITY_S)})
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


ENSURE: Mapping[str, Ensure] = {HELLO: ensure_hello, COUNTER: ensure_counter, WORKER: ensure_worker}


def function_arns(connection: Connection) -> list[str]:
    """The ARNs of the samples' functions."""
    return [_function_arn(connection, name) for name in ENSURE]


def wait_until_active(connection: Connection, ctx: JobContext) -> None:
    """Returns when AWS is done with creating the functions; before that it refuses to invoke them."""
    for name in ENSURE:
        while (
            connection.call("lambda", "get_function_configuration", FunctionName=name)["State"] == "Pending"
        ):
            ctx.sleep(_POLL_S)


def _ensure_function(
    connection: Connection,
    name: str,
    description: str,
    role_arn: str,
    code: Path,
    variables: Mapping[str, str] | None = None,
) -> bool:
    with tempfile.TemporaryDirectory(prefix="workbench-sample-") as folder:
        package = build_package(code, Path(folder), JobContext()).path.read_bytes()
    return _unless_exists(
        connection, "lambda", "create_function", FunctionName=name, Description=description, Runtime=_RUNTIME,
        Handler="lambda_function.lambda_handler", Role=role_arn, Timeout=_TIMEOUT_S, MemorySize=_MEMORY_MB,
        Code={"ZipFile": package}, Environment={"Variables": variables or {}}, Tags={"sample": "workbench"},
    )  # fmt: skip


def _ensure_role(connection: Connection, function_name: str, managed: str, inline: str = "") -> str:
    """The execution role: whom it trusts, what it allows. Returns its ARN."""
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
    """Creates something; returns False when it is there already."""
    try:
        connection.call(service, operation_method, **params)
    except WorkbenchError as error:
        if error.aws_code not in _EXISTS:
            raise
        return False
    return True

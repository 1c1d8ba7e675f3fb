"""The samples: what a new Sandbox holds, and that it is wired."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import eventually
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.jobs import JobContext
from workbench.sandbox import samples
from workbench.sandbox.samples import (
    BUCKET,
    COUNTER,
    FREE_BUCKET,
    FREE_QUEUE,
    HELLO,
    QUEUE,
    WORKER,
    SampleTraffic,
    create_samples,
    exercise_samples,
    read_sample_traffic,
)

FUNCTIONS = (HELLO, COUNTER, WORKER)


@pytest.fixture
def filled(sample_connection: Connection) -> Connection:
    """An account with the samples, all their rounds done. The tests here are the ones that may add to it."""
    return sample_connection


@pytest.fixture
def quick(own_sample_buckets: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One round of invocations, for tests about something else."""
    monkeypatch.setattr(samples, "_BURST_ROUNDS", 1)
    monkeypatch.setattr(samples, "_BURST_PAUSE_S", 0)


def function_names(connection: Connection) -> set[str]:
    return {function["FunctionName"] for function in connection.call("lambda", "list_functions")["Functions"]}


def log_lines(connection: Connection, function_name: str) -> list[str]:
    pages = connection.paginate(
        "logs", "filter_log_events", ctx=JobContext(), logGroupName=f"/aws/lambda/{function_name}"
    )
    return [event["message"] for page in pages for event in page["events"]]


def metric(connection: Connection, function_name: str, name: str) -> float:
    now = datetime.now(UTC)
    answer = connection.call(
        "cloudwatch",
        "get_metric_statistics",
        Namespace="AWS/Lambda",
        MetricName=name,
        Dimensions=[{"Name": "FunctionName", "Value": function_name}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Sum"],
    )
    return sum(float(point["Sum"]) for point in answer["Datapoints"])


def invoke(connection: Connection, function_name: str, payload: bytes) -> tuple[Any, bool]:
    """The answer, and whether it is an error."""
    answer = connection.call("lambda", "invoke", FunctionName=function_name, Payload=payload)
    return json.loads(answer["Payload"].read()), "FunctionError" in answer


@pytest.mark.parametrize("function_name", FUNCTIONS)
def test_logs_and_charts_are_alive(filled: Connection, function_name: str) -> None:
    eventually(lambda: metric(filled, function_name, "Invocations") >= 20)
    assert metric(filled, function_name, "Errors") >= 2
    assert metric(filled, function_name, "Duration") > 0
    lines = log_lines(filled, function_name)
    assert sum(line.startswith("REPORT ") for line in lines) >= 20
    assert any("Traceback" in line for line in lines)


def test_an_upload_invokes_the_counter(filled: Connection) -> None:
    filled.call("s3", "put_object", Bucket=BUCKET, Key="reports/new one.txt", Body=b"12345")
    eventually(lambda: any("reports/new one.txt has 5 bytes" in line for line in log_lines(filled, COUNTER)))


def test_a_message_invokes_the_worker(filled: Connection) -> None:
    url = filled.call("sqs", "get_queue_url", QueueName=QUEUE)["QueueUrl"]
    filled.call("sqs", "send_message", QueueUrl=url, MessageBody='{"limit": 4242}')
    eventually(lambda: any("largest prime up to 4242: 4241" in line for line in log_lines(filled, WORKER)))


def test_the_wiring_is_what_aws_would_need(filled: Connection) -> None:
    policy = json.loads(filled.call("lambda", "get_policy", FunctionName=COUNTER)["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"]["ArnLike"] == {"AWS:SourceArn": f"arn:aws:s3:::{BUCKET}"}
    assert statement["Condition"]["StringEquals"] == {"AWS:SourceAccount": filled.account_id}
    (mapping,) = filled.call("lambda", "list_event_source_mappings", FunctionName=WORKER)[
        "EventSourceMappings"
    ]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    for function_name in FUNCTIONS:
        role_name = f"workbench-sample-{function_name}"
        role = filled.call("iam", "get_role", RoleName=role_name)["Role"]
        function = filled.call("lambda", "get_function_configuration", FunctionName=function_name)
        assert function["Role"] == role["Arn"]
        assert filled.call("iam", "list_attached_role_policies", RoleName=role_name)["AttachedPolicies"]


EVENTS = sorted((resources_dir() / "samples").glob("*/events/*.json"))


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_every_event_suits_its_function(filled: Connection, path: Path) -> None:
    answer, is_error = invoke(filled, path.parts[-3], path.read_bytes())
    assert is_error == (path.stem == "fault"), answer


def test_hello_greets(filled: Connection) -> None:
    answer, _ = invoke(filled, HELLO, b'{"queryStringParameters": {"name": "Ada"}}')
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["message"] == "Hello, Ada!"
    answer, _ = invoke(filled, HELLO, json.dumps({"queryStringParameters": {"name": "x" * 101}}).encode())
    assert answer["statusCode"] == 400


def test_a_bad_job_fails_alone(filled: Connection) -> None:
    event = (resources_dir() / "samples" / WORKER / "events" / "one-bad-job.json").read_bytes()
    answer, _ = invoke(filled, WORKER, event)
    assert answer == {"batchItemFailures": [{"itemIdentifier": json.loads(event)["Records"][1]["messageId"]}]}


def test_once_is_enough(filled: Connection) -> None:
    before = metric(filled, HELLO, "Invocations")
    assert create_samples(filled, JobContext()) == ()
    assert exercise_samples(filled, JobContext()) == 0
    assert metric(filled, HELLO, "Invocations") == before


@pytest.mark.usefixtures("quick")
def test_names_and_progress_are_told(connection: Connection) -> None:
    items: list[object] = []
    texts: list[str] = []
    create_samples(
        connection, JobContext(report=lambda progress: texts.append(progress.text), item=items.append)
    )
    assert tuple(item for item in items if isinstance(item, str)) == FUNCTIONS
    assert texts == [*(f"Creating {name}" for name in FUNCTIONS), "Invoking the samples"]


def delete_function(connection: Connection) -> None:
    connection.call("lambda", "delete_function", FunctionName=HELLO)


def delete_bucket(connection: Connection) -> None:
    bucket = samples.BUCKET
    for found in connection.call("s3", "list_objects_v2", Bucket=bucket)["Contents"]:
        connection.call("s3", "delete_object", Bucket=bucket, Key=found["Key"])
    connection.call("s3", "delete_bucket", Bucket=bucket)


def delete_queue(connection: Connection) -> None:
    url = connection.call("sqs", "get_queue_url", QueueName=QUEUE)["QueueUrl"]
    connection.call("sqs", "delete_queue", QueueUrl=url)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("delete", [delete_function, delete_bucket, delete_queue])
def test_what_was_deleted_is_neither_used_nor_created_again(
    connection: Connection, delete: Callable[[Connection], None]
) -> None:
    create_samples(connection, JobContext())
    delete(connection)
    left = function_names(connection)
    assert exercise_samples(connection, JobContext(), pause_s=0) == 0
    assert exercise_samples(connection, JobContext(), pause_s=0) == 0
    assert create_samples(connection, JobContext()) == ()
    assert function_names(connection) == left


@pytest.mark.usefixtures("quick")
def test_a_run_that_was_broken_off_is_completed_by_the_next(connection: Connection) -> None:
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        create_samples(
            connection, JobContext(stop=cancel, item=lambda name: cancel.set() if name == COUNTER else None)
        )
    assert function_names(connection) == {HELLO, COUNTER}
    assert create_samples(connection, JobContext()) == (WORKER,)
    assert function_names(connection) == set(FUNCTIONS)


@pytest.mark.usefixtures("quick")
def test_exercise_goes_on_where_it_was_broken_off(connection: Connection) -> None:
    create_samples(connection, JobContext())
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        exercise_samples(
            connection,
            JobContext(stop=cancel, report=lambda progress: cancel.set() if progress.done == 3 else None),
            pause_s=0,
        )
    assert exercise_samples(connection, JobContext(), pause_s=0) == samples._ROUNDS - 3


def test_a_bucket_that_belongs_to_someone_else_is_an_error(
    filled: Connection, connection: Connection
) -> None:
    with pytest.raises(WorkbenchError, match="BucketAlreadyExists"):
        create_samples(connection, JobContext())


def test_an_account_without_samples_is_left_alone(connection: Connection) -> None:
    assert exercise_samples(connection, JobContext(), pause_s=0) == 0
    elsewhere = connection.in_region("eu-central-1")
    assert create_samples(elsewhere, JobContext()) == ()
    assert function_names(elsewhere) == set()


def test_a_bucket_and_a_queue_without_a_trigger_wait_for_the_first_one(filled: Connection) -> None:
    assert not filled.call("s3", "list_objects_v2", Bucket=FREE_BUCKET).get("Contents")
    answer = filled.call("s3", "get_bucket_notification_configuration", Bucket=FREE_BUCKET)
    assert set(answer) == {"ResponseMetadata"}
    mappings = filled.call("lambda", "list_event_source_mappings")["EventSourceMappings"]
    assert not [each for each in mappings if each["EventSourceArn"].endswith(FREE_QUEUE)]
    url = filled.call("sqs", "get_queue_url", QueueName=FREE_QUEUE)["QueueUrl"]
    answer = filled.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    assert int(answer["Attributes"]["VisibilityTimeout"]) >= 6 * 30


@pytest.mark.usefixtures("quick")
def test_a_sandbox_of_an_earlier_version_gets_them_once(connection: Connection) -> None:
    create_samples(connection, JobContext())
    connection.call("ssm", "delete_parameter", Name="/workbench/samples-for-triggers")
    free, uploads = samples.FREE_BUCKET, samples.BUCKET
    connection.call("s3", "delete_bucket", Bucket=free)
    earlier = {
        "Id": "count-uploads",
        "LambdaFunctionArn": connection.call("lambda", "get_function_configuration", FunctionName=COUNTER)[
            "FunctionArn"
        ],
        "Events": ["s3:ObjectCreated:*"],
    }
    connection.call(
        "s3",
        "put_bucket_notification_configuration",
        Bucket=uploads,
        NotificationConfiguration={"LambdaFunctionConfigurations": [earlier]},
    )
    assert create_samples(connection, JobContext()) == ()
    answer = connection.call("s3", "get_bucket_notification_configuration", Bucket=uploads)
    (rule,) = answer["LambdaFunctionConfigurations"]
    assert rule["Filter"]["Key"]["FilterRules"] == [{"Name": "prefix", "Value": "reports/"}]
    connection.call("s3", "delete_bucket", Bucket=free)  # it was there again; deleted for good this time
    assert create_samples(connection, JobContext()) == ()
    with pytest.raises(WorkbenchError, match="NoSuchBucket"):
        connection.call("s3", "list_objects_v2", Bucket=free)


@pytest.mark.usefixtures("quick")
def test_a_rule_that_the_user_has_changed_stays(connection: Connection) -> None:
    create_samples(connection, JobContext())
    connection.call("ssm", "delete_parameter", Name="/workbench/samples-for-triggers")
    bucket = samples.BUCKET
    connection.call(
        "s3", "put_bucket_notification_configuration", Bucket=bucket, NotificationConfiguration={}
    )
    create_samples(connection, JobContext())
    answer = connection.call("s3", "get_bucket_notification_configuration", Bucket=bucket)
    assert set(answer) == {"ResponseMetadata"}


@pytest.mark.usefixtures("quick")
def test_it_is_noted_when_the_sandbox_invokes_its_samples_itself(connection: Connection) -> None:
    before = datetime.now(UTC)
    items: list[object] = []
    ctx = JobContext(item=items.append)
    create_samples(connection, ctx)
    created = items[-1]
    assert isinstance(created, SampleTraffic)
    after = datetime.now(UTC)
    assert {arn.rpartition(":")[2] for arn in created.function_arns} == set(FUNCTIONS)
    assert before <= created.start <= after <= created.end <= after + timedelta(seconds=10)
    exercise_samples(connection, ctx, pause_s=0)
    exercised = items[-1]
    assert isinstance(exercised, SampleTraffic)
    assert (exercised.start, exercised.function_arns) == (created.start, created.function_arns)
    assert exercised.end > created.end
    create_samples(connection, ctx)  # at the next start of the program
    assert items[-1] == exercised
    arn = next(iter(exercised.function_arns))
    assert exercised.is_in(arn, before, after)
    assert not exercised.is_in(arn, exercised.end, exercised.end + timedelta(hours=1))
    assert not exercised.is_in(f"{arn}-of-mine", before, after)


@pytest.mark.parametrize(
    "value", ["", "7", "{}", '{"start": 1, "end": 2, "functions": []}', '{"start": "x"}']
)
def test_a_damaged_note_of_the_traffic_is_no_note(connection: Connection, value: str) -> None:
    connection.call(
        "ssm", "put_parameter", Name="/workbench/sample-traffic", Value=value or " ", Type="String"
    )
    assert read_sample_traffic(connection) is None

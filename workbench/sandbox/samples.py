"""The content of a new Sandbox: three functions, what triggers them, and real invocations of each.

Owns: when samples are made, how often they are invoked, and the note in the Sandbox that says so. Must not
know: how a resource is made (see sample_resources.py), how the Sandbox differs from AWS.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.paths import resources_dir
from workbench.sandbox import sample_resources as resources
from workbench.sandbox.identity import REGION
from workbench.sandbox.sample_resources import COUNTER, HELLO, WORKER
from workbench.sandbox.sample_traffic import note_sample_traffic, read_sample_traffic

# Kept in the Sandbox itself, so that it is saved, lost and reset together with what it tells of.
_NOTE = "/workbench/samples"
_FREE_NOTE = "/workbench/samples-for-triggers"
_BURST_ROUNDS = 10
# Long enough for S3 and SQS to find a warm environment instead of starting one for every event.
_BURST_PAUSE_S = 0.25
_ROUNDS = 24
# Over two minutes, so that charts show a course and not one bar.
_PAUSE_S = 10.0
# One of these ends the invocations: a person who deletes a sample does not want it used, nor back.
_GONE = (
    "ResourceNotFoundException",
    "NoSuchBucket",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
)


@dataclass(frozen=True, slots=True)
class _Round:
    """One invocation of each function, or more: what to invoke, to upload, to send."""

    hello_event: str
    upload: tuple[str, int]
    jobs: tuple[str, ...]
    empty_events_to: tuple[str, ...] = ()


def create_samples(connection: Connection, ctx: JobContext) -> tuple[str, ...]:
    """Creates what is missing of the samples and invokes each a few times.

    Emits the names of new functions, and a SampleTraffic whenever the samples have been invoked.

    Does nothing once that has been done, whatever a person has deleted since. A run that was killed half way
    is completed by the next. A Sandbox of an earlier version gets what first triggers need.

    Args:
        connection: To the Sandbox. The samples belong to its first region; in others nothing happens.
        ctx: The job.

    Returns:
        The names of the functions that were created.

    Raises:
        WorkbenchError: A request failed.
        Cancelled: What was created so far stays.
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
    total = len(resources.ENSURE) + _BURST_ROUNDS
    for done, (name, ensure) in enumerate(resources.ENSURE.items()):
        ctx.progress(done, total, f"Creating {name}")
        if ensure(connection, samples / name / "code"):
            created.append(name)
            ctx.emit(name)
    _ensure_free(connection)
    resources.wait_until_active(connection, ctx)
    note_sample_traffic(connection, resources.function_arns(connection))
    for number in range(_BURST_ROUNDS):
        ctx.progress(len(resources.ENSURE) + number, total, "Invoking the samples")
        _run(connection, _round(number), samples)
        ctx.sleep(_BURST_PAUSE_S)
    _note(connection, _BURST_ROUNDS, ctx)
    return tuple(created)


def exercise_samples(connection: Connection, ctx: JobContext, pause_s: float = _PAUSE_S) -> int:
    """Invokes the samples of a new Sandbox for two more minutes, so that logs and charts have a course.

    Emits a SampleTraffic after each round.

    Args:
        connection: To the Sandbox.
        ctx: The job; quiet, for nobody waits for it.
        pause_s: Between two rounds.

    Returns:
        How many rounds were run: 0 when that has been done before, or the samples are gone.

    Raises:
        WorkbenchError: A request failed.
        Cancelled: The next call goes on where this one ended.
    """
    first = _rounds_done(connection) if connection.region == REGION else None
    if first is None:
        return 0
    samples = resources_dir() / "samples"
    for number in range(first, _ROUNDS):
        ctx.progress(number, _ROUNDS, "Invoking the samples")
        ctx.sleep(pause_s)
        try:
            _run(connection, _round(number), samples)
        except WorkbenchError as error:
            if error.aws_code not in _GONE:
                raise
            _note(connection, _ROUNDS, ctx)
            return number - first
        _note(connection, number + 1, ctx)
    return max(0, _ROUNDS - first)


def _round(number: int) -> _Round:
    """A little different each time; now and then something goes wrong, as in life."""
    hello_event = "fault" if number % 8 == 5 else ("greet", "greet-nobody")[number % 2]
    jobs = [json.dumps({"limit": 20_000 * (number % 7 + 1)}), json.dumps({"limit": 1_000_000})][
        : number % 3 + 1
    ]
    if number % 9 == 4:
        jobs.append("no JSON")
    return _Round(
        hello_event,
        (f"{resources.UPLOADS_PREFIX}{2000 + number}.txt", 200 * (number + 1)),
        tuple(jobs),
        (COUNTER, WORKER) if number % 11 == 7 else (),
    )


def _run(connection: Connection, round_: _Round, samples: Path) -> None:
    event = (samples / HELLO / "events" / f"{round_.hello_event}.json").read_bytes()
    _invoke(connection, HELLO, event)
    key, size_bytes = round_.upload
    connection.call(
        "s3", "put_object", Bucket=resources.BUCKET, Key=key, Body=b"a line of text\n" * (size_bytes // 15)
    )
    queue_url = connection.call("sqs", "get_queue_url", QueueName=resources.QUEUE)["QueueUrl"]
    for body in round_.jobs:
        connection.call("sqs", "send_message", QueueUrl=queue_url, MessageBody=body)
    for function_name in round_.empty_events_to:
        _invoke(connection, function_name, b"{}")


def _invoke(connection: Connection, function_name: str, event: bytes) -> None:
    answer = connection.call("lambda", "invoke", FunctionName=function_name, Payload=event, retries=False)
    with connection.translated(f"Could not invoke {function_name}."):
        answer["Payload"].read()


def _ensure_free(connection: Connection) -> None:
    """Creates what first triggers need, once."""
    if _read(connection, _FREE_NOTE) is None:
        resources.ensure_free(connection)
        connection.call("ssm", "put_parameter", Name=_FREE_NOTE, Value="1", Type="String", Overwrite=True)


def _rounds_done(connection: Connection) -> int | None:
    value = _read(connection, _NOTE)
    return None if value is None else int(value)


def _read(connection: Connection, name: str) -> str | None:
    """The value of a parameter; None if it does not exist."""
    try:
        answer = connection.call("ssm", "get_parameter", Name=name)
    except WorkbenchError as error:
        if error.aws_code != "ParameterNotFound":
            raise
        return None
    return str(answer["Parameter"]["Value"])


def _note(connection: Connection, rounds: int, ctx: JobContext) -> None:
    ctx.emit(note_sample_traffic(connection, resources.function_arns(connection)))
    connection.call("ssm", "put_parameter", Name=_NOTE, Value=str(rounds), Type="String", Overwrite=True)

"""Power tuning on the Sandbox: versions come and go, $LATEST stays as it was, whatever happens meanwhile."""

from pathlib import Path

import pytest

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.prices import invocation_usd, prices_of
from workbench.functions.versions import list_versions
from workbench.metrics.power_tuning import (
    RESTORE,
    SizeTried,
    Temporary,
    Trial,
    TuningJournal,
    figures_of,
    tune,
    undo,
)

CTX = JobContext()
ARN = "arn:aws:lambda:eu-central-1:123456789012:function"
SOURCE = "def handler(event, context):\n    return event\n"
SIZES = (128, 256, 512)


@pytest.fixture
def journal(tmp_path: Path) -> TuningJournal:
    return TuningJournal(tmp_path / "tuning")


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    name = create_function(connection, SOURCE).function_name
    return get_function(connection, name)


def _trial(_version: str, _ctx: JobContext) -> Trial:
    return Trial(10.0, 11.0)


def clean_up(
    connection: Connection, temporary: Temporary, journal: TuningJournal, *, is_restored: bool = False
) -> None:
    """What the next start does after a crash in a trial that had begun its sizes."""
    with journal.begin(temporary.function_name, temporary, "") as file:
        for size in temporary.sizes_mb:
            file.before(str(size))
        if is_restored:
            file.after(RESTORE)
    (interrupted,) = journal.unfinished(temporary.account_id, temporary.region)
    undo(connection, interrupted, journal, CTX, RateBudget())


def _versions(connection: Connection, function: FunctionDetail) -> list[str]:
    return [each.version for each in list_versions(connection, function.function_name, CTX)]


def _unchanged(connection: Connection, function: FunctionDetail, journal: TuningJournal) -> None:
    now = get_function(connection, function.function_name)
    assert now.memory_mb == function.memory_mb
    assert _versions(connection, function) == ["$LATEST"]
    assert journal.unfinished(function.account_id, function.region) == ()


def test_each_size_is_a_version_while_it_is_tried_and_nothing_is_left(
    connection: Connection, function: FunctionDetail, journal: TuningJournal
) -> None:
    seen: list[tuple[int, int]] = []

    def invoke(version: str, _ctx: JobContext) -> Trial:
        tried = get_function(connection, function.function_name, version)
        latest = get_function(connection, function.function_name)
        seen.append((tried.memory_mb, latest.memory_mb))
        return Trial(10.0, 11.0)

    heard: list[object] = []
    found = tune(
        connection, function, SIZES, 2, invoke, journal, JobContext(None, heard.append), RateBudget()
    )
    assert seen == [(size, function.memory_mb) for size in SIZES for _ in range(2)]
    assert [(each.memory_mb, len(each.trials)) for each in found] == [(size, 2) for size in SIZES]
    assert [item for item in heard if isinstance(item, SizeTried)][-1] == found[-1]
    _unchanged(connection, function, journal)


def test_a_version_of_the_persons_own_stays(
    connection: Connection, function: FunctionDetail, journal: TuningJournal
) -> None:
    connection.call("lambda", "publish_version", FunctionName=function.function_name)
    seen = get_function(connection, function.function_name)
    tune(connection, seen, (seen.memory_mb, 256), 1, _trial, journal, CTX, RateBudget())
    assert _versions(connection, function) == ["$LATEST", "1"]


@pytest.mark.parametrize("error", [WorkbenchError("No.", aws_code="TooManyRequestsException"), Cancelled()])
def test_a_failure_or_cancel_leaves_nothing_behind(
    connection: Connection, function: FunctionDetail, journal: TuningJournal, error: Exception
) -> None:
    def invoke(_version: str, _ctx: JobContext) -> Trial:
        raise error

    with pytest.raises(type(error)):
        tune(connection, function, SIZES, 1, invoke, journal, CTX, RateBudget())
    _unchanged(connection, function, journal)


def test_cancel_while_versions_are_published_gives_latest_its_memory_back(
    connection: Connection, function: FunctionDetail, journal: TuningJournal
) -> None:
    steps = 0

    class Impatient(JobContext):
        def progress(self, done: float, total: float, text: str = "") -> None:
            nonlocal steps
            steps += 1
            if steps == 3:
                raise Cancelled

    with pytest.raises(Cancelled):
        tune(connection, function, SIZES, 1, _trial, journal, Impatient(), RateBudget())
    _unchanged(connection, function, journal)


def test_what_a_crash_left_is_found_and_taken_back(
    connection: Connection, function: FunctionDetail, journal: TuningJournal
) -> None:
    name = function.function_name
    temporary = Temporary.of(function, SIZES)
    with journal.begin(name, temporary, "") as file:  # as far as a kill lets it come: nothing is finished
        file.before("512")
        connection.call("lambda", "update_function_configuration", FunctionName=name, MemorySize=512)
        wait_until_updated(connection, name, CTX)
        description = temporary.description(512)
        connection.call("lambda", "publish_version", FunctionName=name, Description=description)
    assert get_function(connection, name).memory_mb == 512
    (interrupted,) = journal.unfinished(function.account_id, function.region)
    assert RESTORE not in interrupted.done
    assert journal.unfinished(function.account_id, "eu-north-1") == ()
    undo(connection, interrupted, journal, CTX, RateBudget())
    _unchanged(connection, function, journal)


def test_memory_that_another_window_gave_back_since_the_trial_was_found_is_not_given_back_again(
    connection: Connection, function: FunctionDetail, journal: TuningJournal
) -> None:
    name = function.function_name
    with journal.begin(name, Temporary.of(function, SIZES), "") as file:
        file.before("512")
    (interrupted,) = journal.unfinished(function.account_id, function.region)
    with journal.reopen(interrupted.file, "") as file:  # as another window that was closed in between
        file.after(RESTORE)
    connection.call("lambda", "update_function_configuration", FunctionName=name, MemorySize=256)
    undo(connection, interrupted, journal, CTX, RateBudget())
    assert get_function(connection, name).memory_mb == 256  # one of the sizes, but set since


def test_memory_that_somebody_has_set_meanwhile_stays(
    connection: Connection, function: FunctionDetail, journal: TuningJournal
) -> None:
    name, temporary = function.function_name, Temporary.of(function, SIZES)
    connection.call("lambda", "update_function_configuration", FunctionName=name, MemorySize=1024)
    clean_up(connection, temporary, journal)
    assert get_function(connection, name).memory_mb == 1024
    connection.call("lambda", "update_function_configuration", FunctionName=name, MemorySize=256)
    # It is one of our sizes, but somebody has set it.
    clean_up(connection, temporary, journal, is_restored=True)
    assert get_function(connection, name).memory_mb == 256


def test_a_version_that_an_alias_points_to_is_kept_and_said(
    connection: Connection, function: FunctionDetail, journal: TuningJournal
) -> None:
    name = function.function_name

    def invoke(version: str, _ctx: JobContext) -> Trial:
        connection.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion=version)
        return Trial(1.0, 1.0)

    with pytest.raises(WorkbenchError, match="still there: 1") as caught:
        tune(connection, function, (256,), 1, invoke, journal, CTX, RateBudget())
    assert "live" in str(caught.value)
    (interrupted,) = journal.unfinished(function.account_id, function.region)
    assert RESTORE in interrupted.done


def test_a_function_that_has_gone_needs_no_cleaning(
    connection: Connection, function: FunctionDetail, journal: TuningJournal
) -> None:
    connection.call("lambda", "delete_function", FunctionName=function.function_name)
    clean_up(connection, Temporary.of(function, SIZES), journal)
    with pytest.raises(WorkbenchError, match="not found"):  # it was not made again
        get_function(connection, function.function_name)


@pytest.mark.parametrize("is_restored", [False, True])
@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_only_that_it_has_gone_spares_the_cleaning(
    aws: StubbedAws, code: str, journal: TuningJournal, *, is_restored: bool
) -> None:
    detail = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": f"{ARN}:hello"}})
    if is_restored:
        aws.refuse("lambda", "list_versions_by_function", code)
    else:
        aws.refuse("lambda", "get_function", code, retries=False)
        if code == "AccessDeniedException":  # the configuration may be readable all the same
            aws.refuse("lambda", "get_function_configuration", code, retries=False)
    said: list[str] = []
    try:
        clean_up(aws.connection, Temporary.of(detail, SIZES), journal, is_restored=is_restored)
    except WorkbenchError as error:
        said.append(error.aws_code)
    assert said == ([] if code == "ResourceNotFoundException" else [code])
    aws.assert_all_asked()


def test_a_busy_lambda_is_asked_again_until_nothing_is_left(aws: StubbedAws, journal: TuningJournal) -> None:
    detail = detail_of(
        {"Configuration": {"FunctionName": "hello", "FunctionArn": f"{ARN}:hello", "MemorySize": 128}}
    )
    temporary = Temporary.of(detail, (256,))
    version = {"Version": "7", "Description": temporary.description(256)}
    aws.answer("lambda", "list_versions_by_function", {"Versions": [version]}, {"FunctionName": "hello"})
    aws.answer("lambda", "list_aliases", {"Aliases": []}, {"FunctionName": "hello"})
    wanted = {"FunctionName": "hello", "Qualifier": "7"}
    for _ in range(2):
        aws.refuse("lambda", "delete_function", "TooManyRequestsException", "slow", 429, retries=False)
    aws.answer("lambda", "delete_function", {"StatusCode": 204}, wanted, retries=False)
    clean_up(aws.connection, temporary, journal, is_restored=True)
    assert [call.operation for call in aws.calls].count("DeleteFunction") == 3


@pytest.mark.parametrize(("mark", "found"), [("0f1e2d3c4b5a6978", 1), ("", 0)])
def test_a_journal_of_an_earlier_version_is_read(
    tmp_path: Path, journal: TuningJournal, mark: str, found: int
) -> None:
    (tmp_path / "tuning").mkdir()
    (tmp_path / "tuning/20261120T101500.000000Z-hello-a1b2c3.jsonl").write_text(
        '\n{"at": "2026-11-20T10:15:00+00:00", "event": "begin", "account_id": "123456789012",'
        ' "region": "eu-central-1", "function_name": "hello", "function_arn":'
        ' "arn:aws:lambda:eu-central-1:123456789012:function:hello", "memory_mb": 128,'
        f' "sizes_mb": [256, 512], "mark": "{mark}"}}'
        '\n{"at": "2026-11-20T10:15:01+00:00", "event": "before", "step": "256"}'
        '\n{"at": "2026-11-20T10:15:02+00:00", "event": "after", "step": "256", "facts": {"version": "7"}}'
        '\n{"at": "2026-11-20T10:15:03+00:00", "event": "after", "step": "restore"}'
    )
    left = journal.unfinished("123456789012", "eu-central-1")
    wanted = Temporary("123456789012", "eu-central-1", "hello", f"{ARN}:hello", 128, (256, 512), mark)
    assert [each.about for each in left] == [wanted] * found
    assert all(set(each.done) == {"256", RESTORE} for each in left)


def test_figures_are_of_warm_invocations_that_succeeded() -> None:
    trials = (
        Trial(100.0, 301.0, 200.0),
        Trial(40.0, 40.0),
        Trial(60.0, 60.0),
        Trial(3000.0, 3000.0, error_type="Sandbox.Timedout"),
    )
    figures = figures_of(SizeTried(512, trials), "us-east-1", "arm64", 512)
    assert (figures.duration_ms, figures.init_ms) == (50.0, 200.0)
    assert (figures.runs, figures.failed, figures.error_type) == (4, 1, "Sandbox.Timedout")
    assert figures.usd == pytest.approx(invocation_usd(prices_of("us-east-1", "arm64"), 50.0, 512))
    # Initialisation is billed, and stands in the billed duration of the REPORT line.
    cold_usd = invocation_usd(prices_of("us-east-1", "arm64"), trials[0].billed_ms, 512)
    assert figures.cold_usd == pytest.approx(cold_usd)
    assert figures.cold_usd != figures.usd
    assert figures_of(SizeTried(512, trials[1:]), "us-east-1", "arm64", 512).cold_usd is None
    cold = figures_of(SizeTried(512, trials[:1]), "us-east-1", "arm64", 512)
    assert cold.duration_ms == 100.0
    failed = figures_of(SizeTried(128, trials[3:]), "us-east-1", "arm64", 512)
    assert failed.duration_ms is None
    assert failed.usd is None

"""The stored list: true to what was listed, of one account and region, and never in the way."""

import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.index import FunctionIndex, StoredFunctions, list_functions
from workbench.functions.model import FunctionDetail, FunctionSummary, parse_moment
from workbench.functions.versions import Alias, list_aliases, list_versions

ACCOUNT, REGION = "123456789012", "eu-central-1"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class StillClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def function(name: str, **changes: object) -> FunctionSummary:
    summary = FunctionSummary(
        function_name=name,
        function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
        runtime="python3.13",
        handler="app.handler",
        memory_mb=128,
        timeout_s=3,
        code_size_bytes=1_000,
        code_sha256="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        last_modified=datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
        description="",
        architectures=("arm64",),
        package_type="Zip",
        region=REGION,
        account_id=ACCOUNT,
    )
    return replace(summary, **changes)  # type: ignore[arg-type]


FUNCTIONS = (
    function("plain"),
    function("unicode", description="Größe 東京 \u2028 “quoted” \\ \n"),
    function("image", runtime="", handler="", package_type="Image", last_modified=None),
    function("both", architectures=("x86_64", "arm64")),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "functions.sqlite"


@pytest.fixture
def index(path: Path) -> FunctionIndex:
    return FunctionIndex(path, StillClock())


def test_what_was_stored_comes_back_after_a_restart(index: FunctionIndex, path: Path) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    stored = FunctionIndex(path).load(ACCOUNT, REGION)
    assert stored == StoredFunctions(FUNCTIONS, NOW)
    assert {*stored.functions} == {*FUNCTIONS}  # whole values: they hash and compare


def test_nothing_stored_makes_no_file(index: FunctionIndex, path: Path) -> None:
    assert index.load(ACCOUNT, REGION) == StoredFunctions()
    assert not path.exists()


@pytest.mark.parametrize(
    ("account_id", "region"), [("999999999999", REGION), (ACCOUNT, "us-east-1"), ("", "")]
)
def test_another_account_or_region_is_never_shown(index: FunctionIndex, account_id: str, region: str) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(account_id, region) == StoredFunctions()


def test_a_new_listing_replaces_the_old_whole(index: FunctionIndex) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    index.store(ACCOUNT, "us-east-1", FUNCTIONS[:1])
    index.store(ACCOUNT, REGION, FUNCTIONS[2:])
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS[2:]
    assert index.load(ACCOUNT, "us-east-1").functions == FUNCTIONS[:1]


def test_an_empty_account_is_known_to_be_empty(index: FunctionIndex) -> None:
    index.store(ACCOUNT, REGION, ())
    assert index.load(ACCOUNT, REGION) == StoredFunctions((), NOW)


@pytest.mark.parametrize(
    "damage", [b"this is no database, but long enough to be taken for one" * 40, b"\0" * 5_000]
)
def test_a_damaged_file_begins_anew(index: FunctionIndex, path: Path, damage: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)
    assert index.load(ACCOUNT, REGION) == StoredFunctions()
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS


def test_a_damaged_file_does_not_stop_storing(index: FunctionIndex, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, but long enough to be taken for one" * 40)
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS


@pytest.mark.parametrize("rows", ["{", "[]", "{}", '{"function_name": ["a"]}', "null", '"text"'])
def test_damaged_rows_begin_anew(index: FunctionIndex, path: Path, rows: str) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE listing SET rows = ?", (rows,))
    database.close()
    assert index.load(ACCOUNT, REGION) == StoredFunctions()
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS


def test_the_file_of_another_version_is_replaced(index: FunctionIndex, path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.executescript("CREATE TABLE listing (other TEXT); PRAGMA user_version = 99")
    database.close()
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS


def test_a_place_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    index = FunctionIndex(tmp_path / "cache" / "functions.sqlite")
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION) == StoredFunctions()


def test_reading_does_not_wait_for_a_writer(index: FunctionIndex, path: Path) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM listing")
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS
    writer.execute("ROLLBACK")
    writer.close()


def test_many_threads_may_store_and_load(index: FunctionIndex) -> None:
    regions = [f"region-{number}" for number in range(8)]
    index.store(ACCOUNT, REGION, FUNCTIONS)

    def work(region: str) -> None:
        for _ in range(5):
            index.store(ACCOUNT, region, FUNCTIONS)
            index.load(ACCOUNT, region)

    threads = [threading.Thread(target=work, args=(region,)) for region in regions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(index.load(ACCOUNT, region).functions) == len(FUNCTIONS) for region in [REGION, *regions])


def test_many_places_are_read_at_once_and_each_has_an_answer(index: FunctionIndex) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    index.store("999999999999", REGION, FUNCTIONS[:1])
    places = [(ACCOUNT, REGION), ("999999999999", REGION), (ACCOUNT, "us-east-1")]
    assert index.load_all(places) == {
        places[0]: StoredFunctions(FUNCTIONS, NOW),
        places[1]: StoredFunctions(FUNCTIONS[:1], NOW),
        places[2]: StoredFunctions(),
    }


def test_tags_and_names_of_variables_come_back_and_outlive_a_new_listing(index: FunctionIndex) -> None:
    rich = function("rich", kinds=("Image", "Durable"), environment_names=("STAGE", "URL"))
    index.store(ACCOUNT, REGION, (rich, *FUNCTIONS))
    tags = (("team", "blue"), ("größe", "\x1f|, ="))
    index.store_tags(ACCOUNT, REGION, {"rich": tags, "gone": (("a", "b"),)})
    index.store(ACCOUNT, REGION, (rich, *FUNCTIONS))
    stored = index.load(ACCOUNT, REGION).functions
    assert stored[0] == replace(rich, tags=tags)
    assert stored[1:] == FUNCTIONS


def test_a_failure_is_kept_beside_what_was_listed_until_a_listing_succeeds(index: FunctionIndex) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    error = WorkbenchError("Could not list.", "Not allowed.", "Ask.", aws_code="AccessDenied", action="x.y")
    index.store_failure(ACCOUNT, REGION, error)
    stored = index.load(ACCOUNT, REGION)
    assert stored.functions == FUNCTIONS
    assert stored.refreshed_at == NOW
    assert stored.failure is not None
    assert str(stored.failure) == str(error)
    assert stored.failure.action == "x.y"
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).failure is None


def test_threads_that_begin_the_file_together_lose_nothing(index: FunctionIndex) -> None:
    ready = threading.Barrier(8)

    def begin(number: int) -> None:
        ready.wait()
        index.store(ACCOUNT, f"region-{number}", FUNCTIONS)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(index.load(ACCOUNT, f"region-{number}").functions == FUNCTIONS for number in range(8))


def test_while_it_is_kept_open_all_is_stored_and_read_as_ever(index: FunctionIndex, path: Path) -> None:
    with index.kept_open():  # there is no file yet
        index.store(ACCOUNT, REGION, FUNCTIONS)
    with index.kept_open():
        index.store(ACCOUNT, "us-east-1", FUNCTIONS[:1])
        assert path.with_name(f"{path.name}-wal").exists()  # nothing was tidied up
        assert index.load(ACCOUNT, "us-east-1").functions == FUNCTIONS[:1]
    path.write_bytes(b"this is no database, but long enough to be taken for one" * 40)
    with index.kept_open():
        index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS


ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
SOURCE = "def handler(event, context):\n    return event\n"


def configuration(number: int = 0, /, **more: Any) -> dict[str, Any]:
    return {"FunctionName": f"f{number}", "FunctionArn": f"{ARN[:-5]}f{number}", **more}


# ---- the Sandbox -------------------------------------------------------------------------------------------


def test_a_function_is_listed_and_read(connection: Connection) -> None:
    made = create_function(
        connection,
        SOURCE,
        timeout_s=7,
        MemorySize=256,
        Description="Says it again",
        Environment={"Variables": {"STAGE": "dev", "LEVEL": "1"}},
        Tags={"team": "blue"},
    )
    [listed] = list_functions(connection, JobContext())
    read = get_function(connection, made.function_name, "", JobContext())
    for function in (listed, read):
        assert function.function_name == made.function_name
        assert function.function_arn.endswith(f":function:{made.function_name}")
        assert (function.memory_mb, function.timeout_s) == (256, 7)
        assert (function.runtime, function.handler) == ("python3.13", "app.handler")
        assert (function.region, function.account_id) == (connection.region, connection.account_id)
        assert function.description == "Says it again"
        assert function.package_type == "Zip"
        assert function.code_sha256
        assert function.last_modified is not None
        assert abs((datetime.now(UTC) - function.last_modified).total_seconds()) < 120
    assert (read.state, read.last_update_status) == ("Active", "Successful")
    assert read.environment == (("LEVEL", "1"), ("STAGE", "dev"))
    assert read.tags == (("team", "blue"),)
    assert read.log_group == f"/aws/lambda/{made.function_name}"
    assert read.version == "$LATEST"
    assert read.revision_id
    assert read.code_location.startswith("http")


def test_an_empty_account_has_no_functions(connection: Connection) -> None:
    pages: list[object] = []
    assert list_functions(connection, JobContext(item=pages.append)) == ()
    assert pages == [()]


def test_a_function_that_is_gone_is_told_from_other_errors(connection: Connection) -> None:
    with pytest.raises(WorkbenchError) as caught:
        get_function(connection, "ghost", ctx=JobContext())
    assert caught.value.aws_code == "ResourceNotFoundException"
    assert caught.value.what == "Could not read the function ghost."


def test_versions_and_aliases(connection: Connection) -> None:
    name = create_function(connection, SOURCE).function_name
    for number in (1, 2):
        connection.call("lambda", "update_function_configuration", FunctionName=name, Timeout=10 + number)
        wait_until_updated(connection, name, JobContext())
        connection.call("lambda", "publish_version", FunctionName=name, Description=f"number {number}")
    connection.call("lambda", "create_alias", FunctionName=name, Name="prod", FunctionVersion="1")
    versions = list_versions(connection, name, JobContext())
    assert [version.version for version in versions] == ["$LATEST", "2", "1"]
    assert [version.description for version in versions] == ["", "number 2", "number 1"]
    [alias] = list_aliases(connection, name, JobContext())
    assert (alias.name, alias.version) == ("prod", "1")
    assert get_function(connection, name, "prod").version == "1"
    assert get_function(connection, name, "2").timeout_s == 12


# ---- AWS's answers -----------------------------------------------------------------------------------------


def test_each_page_is_there_before_the_next_is_asked_for(aws: StubbedAws) -> None:
    pages = [[configuration(number) for number in numbers] for numbers in (range(50), range(50, 60))]
    aws.answer("lambda", "list_functions", {"Functions": pages[0], "NextMarker": "m1"}, {})
    aws.answer("lambda", "list_functions", {"Functions": pages[1]}, {"Marker": "m1"})
    seen: list[tuple[int, int]] = []

    def take(page: object) -> None:
        assert isinstance(page, tuple)
        seen.append((len(page), len(aws.calls)))

    functions = list_functions(aws.connection, JobContext(item=take))
    assert seen == [(50, 1), (10, 2)]
    assert [function.function_name for function in functions] == [f"f{number}" for number in range(60)]


def test_pages_before_an_error_stay_true(aws: StubbedAws) -> None:
    aws.answer("lambda", "list_functions", {"Functions": [configuration()], "NextMarker": "m1"})
    aws.refuse("lambda", "list_functions", "TooManyRequestsException", "Rate exceeded", 429)
    pages: list[object] = []
    with pytest.raises(WorkbenchError, match="Could not list the functions"):
        list_functions(aws.connection, JobContext(item=pages.append))
    assert len(pages) == 1


def test_a_container_image_and_a_bare_answer_are_read(aws: StubbedAws) -> None:
    image = {
        "Configuration": configuration(PackageType="Image", LastModified="no time", State="SomethingNew"),
        "Code": {"RepositoryType": "ECR", "ImageUri": "1.dkr.ecr.eu-central-1.amazonaws.com/x:1"},
    }
    aws.answer("lambda", "get_function", image)
    aws.answer("lambda", "get_function", {"Configuration": configuration()})
    function = get_function(aws.connection, "f0")
    assert (function.runtime, function.package_type, function.last_modified) == ("", "Image", None)
    assert function.image_uri.endswith("/x:1")
    assert function.state == "SomethingNew"
    assert not function.is_updating
    assert get_function(aws.connection, "f0") == FunctionDetail(
        **{name: getattr(BARE, name) for name in FunctionSummary.__slots__}, log_group="/aws/lambda/f0"
    )


BARE = FunctionSummary(
    function_name="f0",
    function_arn=f"{ARN[:-5]}f0",
    runtime="",
    handler="",
    memory_mb=128,
    timeout_s=3,
    code_size_bytes=0,
    code_sha256="",
    last_modified=None,
    description="",
    architectures=("x86_64",),
    package_type="Zip",
    region="eu-central-1",
    account_id="123456789012",
)


def test_everything_that_aws_tells_is_kept(aws: StubbedAws) -> None:
    full = configuration(
        FunctionArn=f"{ARN[:-5]}f0:7",
        Version="7",
        Role="arn:aws:iam::1:role/r",
        Architectures=["arm64"],
        Layers=[{"Arn": "arn:aws:lambda:eu-central-1:123456789012:layer:l:2", "CodeSize": 3}],
        VpcConfig={"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        FileSystemConfigs=[{"Arn": "arn:aws:elasticfilesystem:fs", "LocalMountPath": "/mnt/x"}],
        DeadLetterConfig={"TargetArn": "arn:aws:sqs:q"},
        TracingConfig={"Mode": "Active"},
        KMSKeyArn="arn:aws:kms:k",
        EphemeralStorage={"Size": 1024},
        SnapStart={"ApplyOn": "PublishedVersions"},
        LoggingConfig={
            "LogFormat": "JSON",
            "LogGroup": "/custom",
            "ApplicationLogLevel": "INFO",
            "SystemLogLevel": "WARN",
        },
        Environment={"Error": {"ErrorCode": "AccessDeniedException", "Message": "no key"}},
    )
    answer = {"Configuration": full, "Concurrency": {"ReservedConcurrentExecutions": 0}}
    aws.answer("lambda", "get_function", answer, {"FunctionName": "f0", "Qualifier": "prod"})
    function = get_function(aws.connection, "f0", "prod")
    assert function.function_arn == f"{ARN[:-5]}f0"
    assert function.version == "7"
    assert function.role_arn == "arn:aws:iam::1:role/r"
    assert function.architectures == ("arm64",)
    assert function.layers == ("arn:aws:lambda:eu-central-1:123456789012:layer:l:2",)
    assert (function.vpc_id, function.subnet_ids, function.security_group_ids) == (
        "vpc-1",
        ("subnet-1",),
        ("sg-1",),
    )
    assert [each.arn for each in function.file_systems] == ["arn:aws:elasticfilesystem:fs"]
    assert (function.dead_letter_arn, function.kms_key_arn) == ("arn:aws:sqs:q", "arn:aws:kms:k")
    assert (function.tracing, function.snap_start) == ("Active", "PublishedVersions")
    assert function.ephemeral_storage_mb == 1024
    assert (function.log_group, function.log_format) == ("/custom", "JSON")
    assert (function.application_log_level, function.system_log_level) == ("INFO", "WARN")
    assert function.reserved_concurrency == 0
    assert function.environment == ()
    assert function.environment_error == "no key"


def test_no_secret_of_a_function_is_printed(aws: StubbedAws) -> None:
    answer = {
        "Configuration": configuration(Environment={"Variables": {"PASSWORD": "hunter2"}}),
        "Code": {"Location": "https://bucket/code?X-Amz-Signature=4711"},
    }
    aws.answer("lambda", "get_function", answer)
    function = get_function(aws.connection, "f0")
    assert function.environment == (("PASSWORD", "hunter2"),)
    assert "hunter2" not in repr(function)
    assert "4711" not in repr(function)


def _polled(aws: StubbedAws, *statuses: dict[str, str]) -> None:
    for status in statuses:
        aws.answer("lambda", "get_function", {"Configuration": configuration(0, **status)})


@pytest.mark.parametrize(
    "end",
    [
        {"State": "Active", "LastUpdateStatus": "Successful"},
        {"State": "Active", "LastUpdateStatus": "Failed"},
    ],
)
def test_waiting_ends_when_aws_has_decided(aws: StubbedAws, end: dict[str, str]) -> None:
    _polled(aws, {"State": "Pending"}, {"State": "Active", "LastUpdateStatus": "InProgress"}, end)
    function = wait_until_updated(aws.connection, "f0", JobContext())
    assert function.last_update_status == end["LastUpdateStatus"]
    assert [call.operation for call in aws.calls] == ["GetFunction"] * 3


def test_waiting_can_be_cancelled(aws: StubbedAws) -> None:
    stop = threading.Event()
    pauses: list[float] = []

    class Impatient(JobContext):
        def sleep(self, seconds: float) -> None:
            pauses.append(seconds)
            stop.set()
            super().sleep(60)

    _polled(aws, {"LastUpdateStatus": "InProgress"})
    with pytest.raises(Cancelled):
        wait_until_updated(aws.connection, "f0", Impatient(stop=stop))
    assert len(pauses) == 1


def test_a_function_deleted_while_waiting_is_an_error(aws: StubbedAws) -> None:
    _polled(aws, {"LastUpdateStatus": "InProgress"})
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    with pytest.raises(WorkbenchError) as caught:
        wait_until_updated(aws.connection, "f0", JobContext())
    assert caught.value.aws_code == "ResourceNotFoundException"


def test_polls_slow_down_to_twice_a_second(aws: StubbedAws) -> None:
    _polled(aws, *[{"LastUpdateStatus": "InProgress"}] * 100, {"LastUpdateStatus": "Successful"})
    pauses: list[float] = []

    class Hurried(JobContext):
        def sleep(self, seconds: float) -> None:
            pauses.append(seconds)

    wait_until_updated(aws.connection, "f0", Hurried())
    assert pauses[0] <= 0.05
    assert pauses == sorted(pauses)
    assert max(pauses) == pauses[-1] == 0.5


def test_an_alias_with_weights(aws: StubbedAws) -> None:
    aws.answer(
        "lambda",
        "list_aliases",
        {
            "Aliases": [
                {
                    "Name": "prod",
                    "FunctionVersion": "7",
                    "RoutingConfig": {"AdditionalVersionWeights": {"8": 0.1}},
                },
                {"Name": "dev", "FunctionVersion": "$LATEST", "Description": "newest"},
            ]
        },
    )
    assert list_aliases(aws.connection, "hello", JobContext()) == (
        Alias("dev", "$LATEST", "newest", (), ""),
        Alias("prod", "7", "", (("8", 0.1),), ""),
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T09:30:00.000+0000", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("2026-11-24T10:30:00.000+0100", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_moments(text: str, moment: datetime | None) -> None:
    assert parse_moment(text) == moment

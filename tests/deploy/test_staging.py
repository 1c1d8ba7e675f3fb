"""Packages that go through S3: how much is sent, what is made, and what happens when S3 fails."""

import base64
import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.aws_stub import StubbedAws
from tests.deploy.bench import CTX, HANDLER, Bench, cancelled_at, deploy
from tests.deploy.scripted import NEW, Scripted
from tests.fault_proxy import Proxy
from workbench.aws.connection import ApiCall, Connection
from workbench.aws.retry import Backoff
from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.deploy.execute import execute
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.options import DeployOptions, Upload
from workbench.deploy.plan import StepKind
from workbench.deploy.run import propose
from workbench.deploy.staging import common_prefix_bytes, default_bucket, object_key
from workbench.deploy.steps import s3

S3 = DeployOptions(upload=Upload.S3)
MB = 1024 * 1024
PART = "PutObject"  # what microburst takes UploadPart and UploadPartCopy for
BEGIN = END = "CreateMultipartUpload"  # and CompleteMultipartUpload for this


def _with_dependencies(bench: Bench, size: int = 12 * MB) -> None:
    """Something that does not compress and is packed before app.py, as dependencies are."""
    (bench.workspace.root / "a_dependency.bin").write_bytes(random.Random(7).randbytes(size))


def _watched(connection: Connection) -> tuple[Connection, list[ApiCall]]:
    calls: list[ApiCall] = []
    return Connection.open(connection.access, observer=calls.append), calls


def _objects(bench: Bench) -> dict[str, int]:
    bucket = default_bucket(bench.connection)
    found = bench.connection.call("s3", "list_objects_v2", Bucket=bucket).get("Contents") or []
    return {each["Key"]: each["Size"] for each in found}


def _sent(progresses: list[Progress]) -> list[str]:
    return [each.text for each in progresses if each.text.startswith("Sending to S3")]


def test_the_first_time_a_private_bucket_is_made(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    bucket = default_bucket(bench.connection)

    plan = propose(bench.connection, bench.workspace, CTX, options=S3)[1]
    result = execute(bench.connection, plan, bench.workspace, bench.journal, CTX)

    assert [step.kind for step in plan.steps] == [
        StepKind.BUCKET,
        StepKind.STAGE,
        StepKind.UPLOAD,
        StepKind.WAIT,
        StepKind.KEEP,
    ]
    assert result.outcome is DeployOutcome.DEPLOYED
    assert bench.remote_file("app.py") == NEW
    assert list(_objects(bench)) == [object_key(bench.function_name, result.new_sha256)]
    s3 = bench.connection.client("s3")
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(block.values())
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1
    assert rule["Expiration"]["Days"] == 30
    assert bench.workspace.is_clean(CTX)


def test_an_edit_of_a_large_package_sends_little(bench: Bench) -> None:
    _with_dependencies(bench)
    deploy(bench.connection, bench.workspace, bench.journal, CTX, options=S3)
    old_sha256 = bench.workspace.base.code_sha256
    bench.workspace.save("app.py", NEW)
    watched, calls = _watched(bench.connection)
    seen: list[Progress] = []

    plan = propose(watched, bench.workspace, CTX)[1]  # as one click does: it is worth it
    result = execute(watched, plan, bench.workspace, bench.journal, JobContext(seen.append))

    assert plan.staging is not None
    assert plan.staging.exists
    size = plan.package.size_bytes
    assert size > 12 * MB
    assert size - plan.staging.unchanged_bytes < size / 100
    made = [call.operation for call in calls if call.service == "s3" and call.is_write]
    assert (made[0], made[-1]) == ("CreateMultipartUpload", "CompleteMultipartUpload")
    assert sorted(made[1:-1]) == ["UploadPart", "UploadPartCopy"]  # at once
    assert result.outcome is DeployOutcome.DEPLOYED
    assert bench.remote_file("app.py") == NEW
    assert set(_objects(bench)) == {
        object_key(bench.function_name, sha256) for sha256 in (old_sha256, result.new_sha256)
    }
    assert _sent(seen)[-1] == f"Sending to S3: {size / MB:,.1f} of {size / MB:,.1f} MB"


def test_packages_before_the_last_one_are_removed(bench: Bench) -> None:
    hashes = []
    for number in range(3):
        bench.workspace.save("app.py", f"{NEW}# {number}\n")
        hashes.append(deploy(bench.connection, bench.workspace, bench.journal, CTX, options=S3).new_sha256)
    bench.connection.call(
        "s3",
        "put_object",
        Bucket=default_bucket(bench.connection),
        Key=f"workbench/{bench.function_name}/notes.txt",
        Body=b"",
    )
    bench.workspace.save("app.py", NEW)
    hashes.append(deploy(bench.connection, bench.workspace, bench.journal, CTX, options=S3).new_sha256)

    kept = {object_key(bench.function_name, sha256) for sha256 in hashes[2:]}
    assert set(_objects(bench)) == kept | {f"workbench/{bench.function_name}/notes.txt"}


def test_a_small_package_does_not_look_for_a_bucket(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    watched, calls = _watched(bench.connection)
    deploy(watched, bench.workspace, bench.journal, CTX)
    assert [call.operation for call in calls if call.service == "s3"] == []


@pytest.mark.parametrize(
    "rule",
    [
        {"operation": PART, "error": {"code": "SlowDown", "status": 503}, "times": 4},
        {"operation": PART, "reset": True, "times": 2},
        {"operation": PART, "reset": True, "times": 4},
        {"operation": PART, "response": {"abort_bytes": 10}, "times": 1},
        {"operation": BEGIN, "response": {"abort_bytes": 10}, "times": 1},
    ],
    ids=["slow down", "reset", "reset for long", "answer lost", "first answer lost"],
)
def test_a_fault_of_s3_that_passes_does_not_stop_a_deploy(
    bench: Bench, faulty: Connection, proxy: Proxy, rule: dict[str, object]
) -> None:
    _with_dependencies(bench)
    deploy(bench.connection, bench.workspace, bench.journal, CTX, options=S3)
    bench.workspace.save("app.py", NEW)
    proxy.inject({"service": "s3", **rule})

    result = deploy(faulty, bench.workspace, bench.journal, CTX, options=S3)

    assert result.outcome is DeployOutcome.DEPLOYED
    assert bench.remote_file("app.py") == NEW
    assert proxy.fired() == [rule["operation"]] * int(str(rule["times"]))


def test_the_last_answer_of_an_upload_is_lost(bench: Bench, faulty: Connection, proxy: Proxy) -> None:
    _with_dependencies(bench)
    bench.workspace.save("app.py", NEW)

    def lose(call: ApiCall) -> None:
        if call.operation == "UploadPart":
            rule = {"operation": END, "response": {"abort_bytes": 10}, "times": 1}
            proxy.inject({"service": "s3", **rule})

    watched = Connection.open(faulty.access, observer=lose)
    result = deploy(watched, bench.workspace, bench.journal, CTX, options=S3)

    assert result.outcome is DeployOutcome.DEPLOYED
    assert bench.remote_file("app.py") == NEW
    assert proxy.fired() == [END]


def test_an_upload_that_was_cancelled_goes_on_where_it_stopped(bench: Bench) -> None:
    _with_dependencies(bench, 44 * MB)  # 6 parts
    bench.workspace.save("app.py", NEW)
    with pytest.raises(Cancelled):  # 4 on their way are 32 MB at most: some have arrived
        deploy(
            bench.connection, bench.workspace, bench.journal, cancelled_at("Sending to S3: 42"), options=S3
        )
    assert bench.remote_file("app.py") == HANDLER
    assert bench.journal.records()[0].outcome is DeployOutcome.UNCHANGED

    watched, calls = _watched(bench.connection)
    result = deploy(watched, bench.workspace, bench.journal, CTX, options=S3)
    assert result.outcome is DeployOutcome.DEPLOYED
    assert 1 <= [call.operation for call in calls].count("UploadPart") <= 4
    assert bench.remote_file("app.py") == NEW


def test_a_part_that_is_refused_ends_the_upload_with_awss_code(
    bench: Bench, faulty: Connection, proxy: Proxy
) -> None:
    _with_dependencies(bench, 20 * MB)
    bench.workspace.save("app.py", NEW)
    error = {"code": "AccessDenied", "status": 403, "message": "because"}
    proxy.inject({"service": "s3", "operation": PART, "error": error})

    with pytest.raises(WorkbenchError, match="You do not have permission for s3:PutObject") as caught:
        deploy(faulty, bench.workspace, bench.journal, CTX, options=S3)

    assert caught.value.aws_code == "AccessDenied"
    assert bench.remote_file("app.py") == HANDLER
    assert not bench.unfinished()


@pytest.mark.parametrize(
    ("operation", "code", "status", "words"),
    [
        ("HeadBucket", "403", 403, "Access to the bucket"),
        ("PutObject", "AccessDenied", 403, "You do not have permission for s3:PutObject"),
        ("PutObject", "KMS.DisabledException", 400, "because"),
    ],
)
def test_a_bucket_that_cannot_be_used_is_said_with_awss_code(
    bench: Bench, faulty: Connection, proxy: Proxy, operation: str, code: str, status: int, words: str
) -> None:
    bench.workspace.save("app.py", NEW)
    error = {"code": code, "status": status, "message": "because"}
    proxy.inject({"service": "s3", "operation": operation, "error": error})

    with pytest.raises(WorkbenchError, match=words) as caught:
        deploy(faulty, bench.workspace, bench.journal, CTX, options=S3)

    assert caught.value.aws_code == code
    assert bench.remote_file("app.py") == HANDLER
    assert not bench.unfinished()


def test_a_bucket_in_another_region_is_refused(bench: Bench, scripted: Scripted, aws: StubbedAws) -> None:
    scripted.function_is(bench.workspace.base.code_sha256, "r1")
    aws.answer("s3", "head_bucket", {"BucketRegion": "eu-west-1"})
    with pytest.raises(WorkbenchError, match="is in eu-west-1, the function in eu-central-1"):
        propose(scripted.connection, bench.workspace, CTX, options=replace(S3, bucket="elsewhere"))[1]


def test_a_bucket_without_its_settings_is_not_left_behind(
    bench: Bench, faulty: Connection, proxy: Proxy
) -> None:
    bench.workspace.save("app.py", NEW)
    error = {"code": "AccessDenied", "status": 403}
    proxy.inject({"service": "s3", "operation": "PutBucketEncryption", "error": error})

    with pytest.raises(WorkbenchError, match="still has the previous code"):
        deploy(faulty, bench.workspace, bench.journal, CTX, options=S3)

    assert bench.connection.call("s3", "list_buckets")["Buckets"] == []


@pytest.mark.parametrize("operation", ["CreateBucket", "PutPublicAccessBlock", "PutBucketEncryption"])
def test_a_bucket_that_is_busy_is_asked_again(
    bench: Bench, faulty: Connection, proxy: Proxy, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_BUCKET_BACKOFF", Backoff(first_s=0.01, attempts=5))
    bench.workspace.save("app.py", NEW)
    error = {"code": "OperationAborted", "status": 409}
    proxy.inject({"service": "s3", "operation": operation, "times": 2, "error": error})

    watched, calls = _watched(faulty)
    result = deploy(watched, bench.workspace, bench.journal, CTX, options=S3)

    assert result.outcome is DeployOutcome.DEPLOYED
    codes = [call.error_code for call in calls if call.operation == operation]
    assert codes == ["OperationAborted", "OperationAborted", ""]


def test_a_bucket_that_stays_busy_is_said(
    bench: Bench, faulty: Connection, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_BUCKET_BACKOFF", Backoff(first_s=0.2, total_s=0.0))
    bench.workspace.save("app.py", NEW)
    proxy.inject(
        {"service": "s3", "operation": "CreateBucket", "error": {"code": "OperationAborted", "status": 409}}
    )
    with pytest.raises(WorkbenchError, match="still has the previous code") as caught:
        deploy(faulty, bench.workspace, bench.journal, CTX, options=S3)
    assert caught.value.aws_code == "OperationAborted"


def test_a_bucket_that_a_person_chose_must_exist(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    chosen = replace(S3, bucket="no-such-bucket-anywhere")
    with pytest.raises(WorkbenchError, match="no bucket no-such-bucket-anywhere"):
        deploy(bench.connection, bench.workspace, bench.journal, CTX, options=chosen)

    bench.connection.call("s3", "create_bucket", Bucket="no-such-bucket-anywhere")
    result = deploy(bench.connection, bench.workspace, bench.journal, CTX, options=chosen)
    assert result.outcome is DeployOutcome.DEPLOYED


def test_an_object_that_somebody_replaced_is_noticed(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    deploy(bench.connection, bench.workspace, bench.journal, CTX, options=S3)
    bench.workspace.save("app.py", NEW + "#")
    package = bench.workspace.package(CTX)
    forged = bytearray(package.path.read_bytes())
    forged[10:12] = b"xx"  # a time within the zip: it still unpacks
    where = {"Bucket": default_bucket(bench.connection)}
    key = object_key(bench.function_name, package.code_sha256)
    bench.connection.client("s3").put_object(Key=key, Body=bytes(forged), **where)

    with pytest.raises(WorkbenchError, match="not what this program put there"):
        deploy(bench.connection, bench.workspace, bench.journal, CTX, options=S3)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b"", b"", 0),
        (b"", b"a", 0),
        (b"abc", b"abc", 3),
        (b"abc", b"abd", 2),
        (b"abc", b"abcd", 3),
        (b"x" * 3_000_000 + b"a", b"x" * 3_000_000 + b"b", 3_000_000),
        (b"x" * 2_000_000, b"x" * 1_500_000 + b"y" * 500_000, 1_500_000),
        (b"y", b"x", 0),
    ],
)
def test_what_two_packages_begin_with(tmp_path: Path, one: bytes, other: bytes, same: int) -> None:
    (tmp_path / "one").write_bytes(one)
    (tmp_path / "other").write_bytes(other)
    assert common_prefix_bytes(tmp_path / "one", tmp_path / "other") == same


def test_a_package_over_the_direct_limit_goes_through_s3_by_itself(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan only: to send 50 MB takes its time."""
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        file.truncate(50 * MB + 1)
    sha256 = base64.b64encode(bytes(32)).decode()
    large = Package(path, sha256, 50 * MB + 1, Contents())
    monkeypatch.setattr(bench.workspace, "package", lambda _ctx: large)

    plan = propose(bench.connection, bench.workspace, CTX)[1]

    assert plan.steps[0].kind is StepKind.BUCKET
    with pytest.raises(WorkbenchError, match="does not use"):
        propose(bench.connection, bench.workspace, CTX, options=DeployOptions(upload=Upload.DIRECT))[1]

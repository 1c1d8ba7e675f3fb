"""New and copied functions whose package is too large for the request: through S3, and back."""

import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.functions.test_restore import fetch
from tests.ui.features.new_function.test_code_from import Maker, maker  # noqa: F401 - fixtures
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.core.clock import SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.deploy.new_function import ThroughS3
from workbench.functions.create import CreationJournal, NewFunction, create, finish, undo
from workbench.functions.deleted import DeletedStore
from workbench.functions.deletion import delete_function
from workbench.functions.detail import get_function
from workbench.functions.restore import restore
from workbench.functions.roles import create_role
from workbench.ui.features.copy_function.dialog import CopyDialog
from workbench.ui.features.new_function.code_fields import CodeFrom

MEGABYTES = 60
ROLE = "arn:aws:iam::123456789012:role/lambda"
WANTED = NewFunction("large", "python3.13", "app.handler", "x86_64", role_arn=ROLE)


def wanted_of(connection: Connection, staging_bucket: str = "") -> NewFunction:
    """The same, with a role of the account."""
    role_arn = create_role(connection, "lambda", WANTED.function_name)
    return replace(WANTED, role_arn=role_arn, staging_bucket=staging_bucket)


SOURCE = "def handler(event, context):\n    return 'large'\n"


@pytest.fixture(scope="session")
def large_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 MB that no zip makes smaller."""
    path = tmp_path_factory.mktemp("large") / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("app.py", SOURCE)
        archive.writestr("model.bin", os.urandom(MEGABYTES * 1024**2))
    return path


@pytest.fixture
def journal(tmp_path: Path) -> CreationJournal:
    return CreationJournal(tmp_path / "creations")


class Refusing(Connection):
    """A connection to the Sandbox by which nobody may create a function."""

    def __init__(self, inner: Connection) -> None:
        self.__dict__ |= inner.__dict__

    def call(self, service: str, operation_method: str, /, **params: Any) -> dict[str, Any]:
        if operation_method == "create_function":
            code = "CodeStorageExceededException"
            raise WorkbenchError("Could not create it.", "The limit is reached.", "", code, "request-1")
        return super().call(service, operation_method, **params)


def buckets(connection: Connection) -> list[str]:
    return [str(each["Name"]) for each in connection.call("s3", "list_buckets")["Buckets"]]


def objects(connection: Connection, bucket: str) -> list[str]:
    found = connection.call("s3", "list_objects_v2", Bucket=bucket)
    return [str(each["Key"]) for each in found.get("Contents") or ()]


def own_bucket(connection: Connection) -> str:
    return f"workbench-deploy-{connection.account_id}-{connection.region}"


def is_nothing_left(connection: Connection, journal: CreationJournal) -> bool:
    with pytest.raises(WorkbenchError) as refused:
        get_function(connection, "large")
    left = journal.unfinished(connection.account_id, connection.region)
    gone = refused.value.aws_code == "ResourceNotFoundException"
    return gone and own_bucket(connection) not in buckets(connection) and not left


def test_a_zip_of_60_mb_goes_through_a_bucket_that_is_made_for_it(
    maker: Maker,  # noqa: F811
    connection: Connection,
    large_zip: Path,
) -> None:
    dialog = maker.dialog
    maker.choose(CodeFrom.ZIP)
    dialog.code.path.line.setText(str(large_zip))
    plan = dialog.preview.plan.toPlainText()
    assert f"larger than 50 MB is first uploaded to the bucket {own_bucket(connection)}." in plan
    dialog.code.bucket.setText("No Bucket")
    assert "Invalid bucket name." in maker.fault("newFunctionBucket")
    dialog.code.bucket.clear()
    told: list[str] = []
    show = dialog.show_progress

    def note(progress: Progress) -> None:
        told.append(progress.text)
        show(progress)

    dialog.show_progress = note  # type: ignore[method-assign]
    maker.create("large")
    maker.until_made()
    answer = connection.call("lambda", "invoke", FunctionName="large")
    assert json.loads(answer["Payload"].read()) == "large"
    (key,) = objects(connection, own_bucket(connection))
    assert key.startswith("workbench/large/")
    assert any(text.startswith("Sending to S3: ") and text.endswith(" of 60.0 MB") for text in told)


def test_a_chosen_bucket_is_used_and_stays_as_it_was_when_the_function_is_refused(
    connection: Connection, journal: CreationJournal, large_zip: Path
) -> None:
    bucket = f"team-packages-{connection.account_id}"
    connection.call("s3", "create_bucket", Bucket=bucket)
    wanted = wanted_of(connection, bucket)
    with pytest.raises(WorkbenchError) as refused:
        create(Refusing(connection), wanted, large_zip, journal, JobContext(), ThroughS3())
    assert refused.value.aws_code == "CodeStorageExceededException"
    assert "were deleted." in refused.value.why
    assert (buckets(connection), objects(connection, bucket)) == ([bucket], [])
    assert is_nothing_left(connection, journal)


def test_cancelling_amid_the_upload_leaves_nothing(
    connection: Connection, journal: CreationJournal, large_zip: Path
) -> None:
    def cancel(progress: Progress) -> None:
        if progress.text.startswith("Sending to S3: 1") or progress.text.startswith("Sending to S3: 2"):
            raise Cancelled

    with pytest.raises(Cancelled):
        create(connection, wanted_of(connection), large_zip, journal, JobContext(report=cancel), ThroughS3())
    assert is_nothing_left(connection, journal)


@pytest.mark.parametrize("choice", ["finish", "undo"])
def test_a_crash_after_the_upload_is_finished_or_undone(
    connection: Connection, journal: CreationJournal, large_zip: Path, choice: str
) -> None:
    class Crash(BaseException):
        pass

    def crash(progress: Progress) -> None:
        if progress.text == "Creating large":
            raise Crash

    with pytest.raises(Crash):
        create(connection, wanted_of(connection), large_zip, journal, JobContext(report=crash), ThroughS3())
    (left,) = journal.unfinished(connection.account_id, connection.region)
    if choice == "finish":
        finish(connection, left, journal, JobContext(), ThroughS3())
        assert get_function(connection, "large").code_size_bytes == large_zip.stat().st_size
    else:
        undo(connection, left, journal, ThroughS3())
        assert is_nothing_left(connection, journal)


def test_a_large_function_that_was_deleted_is_restored_through_s3(
    connection: Connection, journal: CreationJournal, large_zip: Path, tmp_path: Path
) -> None:
    made = create(connection, wanted_of(connection), large_zip, journal, JobContext(), ThroughS3())
    connection.call("lambda", "publish_version", FunctionName="large")
    store = DeletedStore(tmp_path / "deleted", SystemClock())
    kept, _detail = store.keep(connection, "large", (), fetch, JobContext())
    assert [path.name for path in kept.folder.glob("*.zip")] == ["package.zip"]  # the version has the same
    delete_function(connection, "large", JobContext())
    with pytest.raises(WorkbenchError, match="must be uploaded to S3"):
        restore(connection, kept, JobContext())
    restored = restore(connection, kept, JobContext(), ThroughS3())
    assert (restored.detail.code_sha256, restored.left) == (made.code_sha256, ())
    delete_function(connection, "large", JobContext())
    with pytest.raises(WorkbenchError, match="limit is reached"):
        restore(Refusing(connection), kept, JobContext(), ThroughS3())
    assert objects(connection, own_bucket(connection)) == []


def test_without_a_way_through_s3_a_large_package_is_refused_before_anything_is_made(
    aws: StubbedAws,  # noqa: F811
    journal: CreationJournal,
    large_zip: Path,
) -> None:
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", status=404)
    with pytest.raises(WorkbenchError, match="52,428,800 bytes"):
        create(aws.connection, WANTED, large_zip, journal, JobContext())
    assert journal.unfinished("123456789012", "eu-central-1") == ()


@pytest.mark.parametrize(
    ("code", "why"),
    [("403", "belongs to another account"), ("404", "There is no bucket chosen-one")],
)
def test_a_bucket_that_cannot_be_used_is_said_before_anything_is_made(
    aws: StubbedAws,  # noqa: F811
    journal: CreationJournal,
    large_zip: Path,
    code: str,
    why: str,
) -> None:
    wanted = NewFunction(
        "large", "python3.13", "app.handler", "x86_64", role_arn=ROLE, staging_bucket="chosen-one"
    )
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", status=404)
    aws.refuse("s3", "head_bucket", code, "Not Found", int(code))
    with pytest.raises(WorkbenchError) as refused:
        create(aws.connection, wanted, large_zip, journal, JobContext(), ThroughS3())
    assert why in refused.value.why
    assert "deployed" not in refused.value.what


def test_a_large_function_is_copied_to_another_region(
    desk: Desk,
    connection: Connection,
    journal: CreationJournal,
    large_zip: Path,
) -> None:
    create(connection, wanted_of(connection), large_zip, journal, JobContext(), ThroughS3())
    desk.connect()
    desk.open("large")
    desk.context.services.actions["function.copy"].trigger()
    desk.until(lambda: desk.window.findChild(CopyDialog))
    dialog = desk.window.findChild(CopyDialog)
    assert isinstance(dialog, CopyDialog)
    dialog.region.setCurrentText("eu-central-1")
    desk.until(lambda: dialog.target)
    assert dialog.bucket.isVisibleTo(dialog)
    dialog.bucket.setText("no bucket")
    assert not dialog.go_on.isEnabled()
    dialog.bucket.clear()
    dialog.go_on.click()
    desk.until(lambda: desk.window.findChild(CopyDialog) is None)
    desk.idle()
    there = connection.in_region("eu-central-1")
    first, copy = get_function(connection, "large"), get_function(there, "large-copy")
    assert (copy.code_sha256, copy.code_size_bytes) == (first.code_sha256, large_zip.stat().st_size)
    assert len(objects(there, own_bucket(there))) == 1

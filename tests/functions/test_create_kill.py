"""kill -9 at every step of creating a function: the next start can finish it, or leave nothing of it."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.functions.doomed import create_until
from tests.mortal import Mortal
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.create import Creation, CreationJournal, NewFunction, finish, package_beside, undo
from workbench.functions.index import list_functions
from workbench.functions.roles import list_roles

CTX = JobContext()
# begin; before and after role, policy, function and wait; finish
MOMENTS = [*(("after", count) for count in range(1, 10)), *(("amid", count) for count in (3, 5, 7, 9, 10))]


def kill_a_creation(mortal: Mortal, connection: Connection, folder: Path, moment: str, count: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return 'made'\n")
    (folder / "package.zip").write_bytes(out.getvalue())
    access = connection.access
    where = access.endpoint_url, access.region, connection.account_id
    mortal.kill(create_until, moment, count, str(folder), *where)


@pytest.mark.parametrize("choice", ["finish", "undo"])
@pytest.mark.parametrize(("moment", "count"), MOMENTS)
def test_a_killed_creation_can_be_finished_and_undone(
    connection: Connection, mortal: Mortal, tmp_path: Path, moment: str, count: int, choice: str
) -> None:
    kill_a_creation(mortal, connection, tmp_path, moment, count)
    journal = CreationJournal(tmp_path / "creations")
    [left] = journal.unfinished(connection.account_id, connection.region)
    if choice == "finish":
        assert finish(connection, left, journal, CTX).state == "Active"
        answer = connection.call("lambda", "invoke", FunctionName="killed", retries=False)
        assert json.loads(answer["Payload"].read()) == "made"
        answer = connection.call(
            "iam", "get_role_policy", RoleName=left.about.wanted.role_name, PolicyName="workbench"
        )
        assert answer["PolicyDocument"] == json.loads(left.about.wanted.policy)
    else:
        undo(connection, left, journal)
        assert (list_functions(connection, CTX), list_roles(connection, CTX)) == ((), ())
    assert journal.unfinished(connection.account_id, connection.region) == ()


def orders(region: str = "eu-central-1") -> Creation:
    wanted = NewFunction("orders", "python3.13", "app.handler", "arm64", role_arn="arn:aws:iam::1:role/r")
    return Creation("123456789012", region, wanted, "sha")


def test_a_creation_that_runs_or_belongs_elsewhere_is_not_taken_for_interrupted(tmp_path: Path) -> None:
    journal = CreationJournal(tmp_path)
    with journal.begin_creation(orders(), b"zip"):
        assert journal.unfinished("123456789012", "eu-central-1") == ()
    assert [each.about for each in journal.unfinished("123456789012", "eu-central-1")] == [orders()]
    assert journal.unfinished("123456789012", "us-east-1") == ()
    assert journal.unfinished("999999999999", "eu-central-1") == ()


def test_what_another_window_works_on_or_has_settled_is_left_alone(tmp_path: Path) -> None:
    journal = CreationJournal(tmp_path)
    journal.begin_creation(orders(), b"zip").close()
    [left] = journal.unfinished("123456789012", "eu-central-1")
    with journal.reopen_creation(left) as file:
        with pytest.raises(WorkbenchError, match="Another window is working on it"):
            journal.reopen_creation(left)
        file.finish()
    with pytest.raises(WorkbenchError, match="finished or undone in the meantime"):
        journal.reopen_creation(left)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"when": 1}'])
def test_a_damaged_journal_is_passed_over(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "20261124T120000-0a1b2c3d"
    folder.mkdir()
    (folder / "creation.json").write_text(damage)
    (tmp_path / "20261124T120000.000000Z-orders-000000.jsonl").write_text(damage)
    assert CreationJournal(tmp_path).unfinished("123456789012", "eu-central-1") == ()


def test_a_creation_that_only_another_version_understands_is_left_alone(tmp_path: Path) -> None:
    journal = CreationJournal(tmp_path)
    with journal.begin_creation(orders(), b"zip") as file:
        file.before("hologram")
    with journal.begin_creation(orders(), b"zip") as other:
        other.before("function")
    other.path.write_text(other.path.read_text().replace('"handler"', '"hologram": "", "handler"'))
    assert journal.unfinished("123456789012", "eu-central-1") == ()
    assert file.path.exists()
    assert other.path.exists()


OLD = """{"when": "2026-11-24T12:00:00+00:00", "account_id": "123456789012", "region": "eu-central-1",
"wanted": {"function_name": "orders", "runtime": "python3.13", "handler": "app.handler",
"architecture": "arm64", "role_arn": "arn:aws:iam::1:role/r"}, "code_sha256": "sha", "begun": ["function"]}"""


def test_a_creation_that_an_earlier_version_left_is_taken_up(tmp_path: Path) -> None:
    folder = tmp_path / "20261124T120000-0a1b2c3d"
    folder.mkdir()
    (folder / "creation.json").write_text(OLD)
    (folder / "package.zip").write_bytes(b"zip")
    (folder / "lock").touch()
    [left] = CreationJournal(tmp_path).unfinished("123456789012", "eu-central-1")
    assert (left.about, left.begun) == (orders(), ("function",))
    assert package_beside(left.file).read_bytes() == b"zip"
    assert not folder.exists()

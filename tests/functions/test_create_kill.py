"""kill -9 at every step of creating a function: the next start can finish it, or leave nothing of it."""

import io
import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.create import finish, undo
from workbench.functions.create_plan import NewFunction
from workbench.functions.creation_journal import CreationJournal
from workbench.functions.listing import list_functions
from workbench.functions.roles import list_roles

CTX = JobContext()
# Dies before or after the n-th writing of the journal, or before the journal is forgotten.
CREATOR = """
import json, os, signal, sys
from pathlib import Path
from workbench.aws.access import Access, StaticKeys
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions import creation_journal
from workbench.functions.create import create
from workbench.functions.create_plan import NewFunction

folder, endpoint_url, region, account_id, moment, count = sys.argv[1:]
write, left = creation_journal._write, int(count)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def counted(creation):
    global left
    left -= 1
    if left == 0 and moment == "before":
        die()
    write(creation)
    if left == 0 and moment == "after":
        die()

creation_journal._write = counted
if moment == "closing":
    creation_journal.CreationEntry.close = die
statement = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
wanted = NewFunction(
    "killed", "python3.13", "app.handler", "x86_64", role_name="killed-role-0a1b2c3d", policy=policy
)
connection = Connection.open(Access(None, region, endpoint_url, StaticKeys(account_id, "sandbox")))
package = (Path(folder) / "package.zip").read_bytes()
journal = creation_journal.CreationJournal(Path(folder) / "creations")
create(connection, wanted, package, journal, JobContext())
print("survived")
"""
# begin, role, policy, function, wait
MOMENTS = [
    ("before", 2),
    *(("after", count) for count in range(1, 6)),
    ("before", 4),
    ("before", 5),
    ("closing", 1),
]


def kill_a_creation(connection: Connection, folder: Path, moment: str, count: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return 'made'\n")
    (folder / "package.zip").write_bytes(out.getvalue())
    access = connection.access
    where = [str(folder), access.endpoint_url, access.region, connection.account_id]
    done = subprocess.run(
        [sys.executable, "-c", CREATOR, *where, moment, str(count)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


@pytest.mark.parametrize("choice", ["finish", "undo"])
@pytest.mark.parametrize(("moment", "count"), MOMENTS)
def test_a_killed_creation_can_be_finished_and_undone(
    connection: Connection, tmp_path: Path, moment: str, count: int, choice: str
) -> None:
    kill_a_creation(connection, tmp_path, moment, count)
    journal = CreationJournal(tmp_path / "creations")
    [left] = journal.unfinished(connection.account_id, connection.region)
    if choice == "finish":
        assert finish(connection, left, journal, CTX).state == "Active"
        answer = connection.call("lambda", "invoke", FunctionName="killed", retries=False)
        assert json.loads(answer["Payload"].read()) == "made"
        answer = connection.call(
            "iam", "get_role_policy", RoleName=left.wanted.role_name, PolicyName="workbench"
        )
        assert answer["PolicyDocument"] == json.loads(left.wanted.policy)
    else:
        undo(connection, left, journal)
        assert (list_functions(connection, CTX), list_roles(connection, CTX)) == ((), ())
    assert journal.unfinished(connection.account_id, connection.region) == ()


def test_a_creation_that_runs_or_belongs_elsewhere_is_not_taken_for_interrupted(tmp_path: Path) -> None:
    journal = CreationJournal(tmp_path)
    wanted = NewFunction("orders", "python3.13", "app.handler", "arm64", role_arn="arn:aws:iam::1:role/r")
    with journal.begin(wanted, b"zip", "123456789012", "eu-central-1"):
        assert journal.unfinished("123456789012", "eu-central-1") == ()
    assert [each.wanted for each in journal.unfinished("123456789012", "eu-central-1")] == [wanted]
    assert journal.unfinished("123456789012", "us-east-1") == ()
    assert journal.unfinished("999999999999", "eu-central-1") == ()


def test_what_another_window_works_on_or_has_settled_is_left_alone(tmp_path: Path) -> None:
    journal = CreationJournal(tmp_path)
    wanted = NewFunction("orders", "python3.13", "app.handler", "arm64", role_arn="arn:aws:iam::1:role/r")
    with journal.begin(wanted, b"zip", "123456789012", "eu-central-1") as entry:
        with pytest.raises(WorkbenchError, match="working on it already"):
            journal.reopen(entry.creation)
        entry.close()
    with pytest.raises(WorkbenchError, match="finished or taken back meanwhile"):
        journal.reopen(entry.creation)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"when": 1}'])
def test_a_damaged_journal_is_passed_over(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "20261124T120000-0a1b2c3d"
    folder.mkdir()
    (folder / "creation.json").write_text(damage)
    assert CreationJournal(tmp_path).unfinished("123456789012", "eu-central-1") == ()

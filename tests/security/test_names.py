"""Row 5: a name that an endpoint, a file or a template sends never becomes part of a path."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.code.zips import make_zip
from tests.security.hostile_endpoint import ACCOUNT, REGION, HostileEndpoint, hostile_endpoint
from tests.ui.conftest import _theme, actions, clock, icons, jobs, services, settings, theme
from workbench.code.workspace import open_workspace
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.core.operations import OperationJournal
from workbench.functions.deleted import DeletedStore, Restoring
from workbench.functions.detail import get_function
from workbench.functions.index import FunctionIndex, list_functions
from workbench.functions.versions import list_aliases, list_versions
from workbench.ui.pages.code_opening import open_code
from workbench.ui.shell.services import OpenFunction, Services

__all__ = ["_theme", "actions", "clock", "icons", "jobs", "services", "settings", "theme"]

CTX = JobContext()
OUT = "../../../../.ssh"
"""From <home>/data/workspaces/<account>/<region>, where the working copies of a region lie."""


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[HostileEndpoint]:
    package = make_zip(tmp_path / "package.zip", {"app.py": "def handler(event, context): ...\n"})
    with hostile_endpoint(package.read_bytes()) as endpoint:
        yield endpoint


@pytest.fixture
def home(services: Services) -> Path:
    """A home folder with keys in it; Workbench's folders lie in it."""
    home = services.paths.data_dir.parent
    ssh = home / ".ssh"
    ssh.mkdir()
    (ssh / "id_ed25519").write_text("private")
    return home


def files_in(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize(
    "configuration",
    [
        {"FunctionName": OUT},
        {"FunctionArn": f"arn:aws:lambda:{REGION}:../../../../.ssh/..:function:hello"},
        {"FunctionArn": f"arn:aws:lambda:../../../.ssh/..:{ACCOUNT}:function:hello"},
        {"FunctionArn": f"arn:aws:lambda:{REGION}:/etc:function:hello"},
        {"Version": "/../../../../../.ssh"},
        {"Version": "7/../../../../../.ssh"},
        {"FunctionName": "."},
        {"FunctionName": "a\\..\\b"},
        {"FunctionName": "hello\n"},
        {"FunctionName": ""},
        {"FunctionName": "x" * 300},
        {"FunctionName": "hello.local"},  # the working copy of another function's local folder
    ],
)
def test_a_function_whose_name_is_a_path_is_not_opened(
    endpoint: HostileEndpoint, services: Services, home: Path, configuration: dict[str, str]
) -> None:
    function = OpenFunction(endpoint.connection(), get_function(endpoint.connection(), "hello"))
    endpoint.configuration = configuration

    with pytest.raises(WorkbenchError) as refused:
        open_code(services, function, "", open_workspace, CTX)

    assert files_in(home / ".ssh") == {"id_ed25519": "private"}
    assert endpoint.downloads == 0
    assert refused.value.why
    assert refused.value.remedy
    assert not (services.paths.data_dir / "workspaces").exists()
    # The list of functions says it too, and nothing of the answer is stored.
    if "Version" not in configuration:
        with pytest.raises(WorkbenchError, match="is not"):
            list_functions(endpoint.connection(), CTX)


def test_an_honest_function_of_the_same_endpoint_is_opened(
    endpoint: HostileEndpoint, services: Services, home: Path
) -> None:
    function = OpenFunction(endpoint.connection(), get_function(endpoint.connection(), "hello"))
    opened = open_code(services, function, "", open_workspace, CTX)
    assert opened.workspace.root.is_relative_to(home / "data" / "workspaces" / ACCOUNT / REGION)


@pytest.mark.parametrize("account_id", [OUT, "", "12", "１２３４５６７８９０１２"])
def test_whoever_claims_another_account_than_a_number_is_not_connected_to(
    endpoint: HostileEndpoint, account_id: str
) -> None:
    endpoint.account_id = account_id
    with pytest.raises(WorkbenchError, match="is not an account ID"):
        endpoint.connection()


def test_versions_and_aliases_are_names_too(
    endpoint: HostileEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = endpoint.connection()
    monkeypatch.setattr(endpoint, "answer", lambda _path: {"Versions": [{"Version": OUT}]})
    with pytest.raises(WorkbenchError, match="is not a version"):
        list_versions(connection, "hello", CTX)
    alias = {"Name": "../live", "FunctionVersion": "1"}
    monkeypatch.setattr(endpoint, "answer", lambda _path: {"Aliases": [alias]})
    with pytest.raises(WorkbenchError, match="is not an alias name"):
        list_aliases(connection, "hello", CTX)


def test_a_link_in_the_place_of_a_working_copy_leads_nowhere(
    endpoint: HostileEndpoint, services: Services, home: Path
) -> None:
    """Whoever could write below the data folder once must not get other folders replaced later."""
    place = services.paths.data_dir / "workspaces" / ACCOUNT
    place.mkdir(parents=True)
    (place / REGION).symlink_to(home)
    (home / "hello").mkdir()
    (home / "hello" / "mine").write_text("mine")
    function = OpenFunction(endpoint.connection(), get_function(endpoint.connection(), "hello"))

    with pytest.raises(WorkbenchError, match="cannot be the name of a file"):
        open_code(services, function, "", open_workspace, CTX)

    assert files_in(home / "hello") == {"mine": "mine"}


def test_names_in_the_index_are_checked(endpoint: HostileEndpoint, tmp_path: Path) -> None:
    index = FunctionIndex(tmp_path / "functions.sqlite")
    index.store(ACCOUNT, REGION, list_functions(endpoint.connection(), CTX))
    assert [each.function_name for each in index.load(ACCOUNT, REGION).functions] == ["hello"]
    with closing(sqlite3.connect(tmp_path / "functions.sqlite")) as database, database:
        (rows,) = database.execute("SELECT rows FROM listing").fetchone()
        changed = json.dumps({**json.loads(rows), "function_name": [OUT]})
        database.execute("UPDATE listing SET rows = ?", (changed,))

    assert index.load(ACCOUNT, REGION).functions == ()


@pytest.mark.parametrize("name", ["account_id", "region", "function_name"])
def test_names_in_a_copy_of_a_deleted_function_are_checked(tmp_path: Path, name: str) -> None:
    store = DeletedStore(tmp_path / "deleted", SystemClock())
    about: dict[str, object] = {
        "folder": None,
        "when": "2026-01-01T00:00:00+00:00",
        "account_id": ACCOUNT,
        "region": REGION,
        "function_name": "hello",
        "request": "{}",
        "code_sha256": "",
        "image_uri": "",
        "reserved_concurrency": None,
        "lost": [],
        "kept": "",
    }
    for number, changed in enumerate((about, {**about, name: OUT})):
        folder = tmp_path / "deleted" / f"2026010{number}T000000-aa"
        folder.mkdir(parents=True)
        (folder / "deleted.json").write_text(json.dumps(changed))
    found = [*store.all(ACCOUNT, REGION), *store.all(OUT, REGION), *store.all(ACCOUNT, OUT)]
    assert [each.function_name for each in found] == ["hello"]


def test_a_journals_name_never_leads_out_of_its_folder(tmp_path: Path) -> None:
    journals = OperationJournal(tmp_path / "data" / "deploys", Restoring)
    with pytest.raises(WorkbenchError, match="cannot be the name of a file"):
        journals.begin("x/../../../evil", Restoring(ACCOUNT, REGION, "hello"), "Nothing was begun.")
    assert not list(tmp_path.rglob("*evil*"))


def test_the_roots_of_this_test_are_those_of_the_program(services: Services, home: Path) -> None:
    assert services.paths == Paths.below(home)

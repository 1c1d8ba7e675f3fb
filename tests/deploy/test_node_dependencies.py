"""Packages of npm in a Node.js function, deployed to the Sandbox and used there, also from a layer."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.code.dependencies.registry import serving
from tests.code.dependencies.wheels import AgreedToAll, lock_of_npm
from tests.deploy.bench import deploy
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.code.dependencies.store import DependencyStore, Target
from workbench.code.workspace import open_workspace
from workbench.core.jobs import JobContext
from workbench.deploy.dependency_layer import move_to_layer
from workbench.deploy.journal import Journal
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.invoke.run import invoke

pytestmark = pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on this computer")
CTX = JobContext()
OLD = "exports.handler = async () => 'old';\n"
NEW = "const dep = require('dep');\nexports.handler = async () => dep.answer;\n"


@pytest.fixture
def dep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """A package in a registry, as a lock names it."""
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    with serving(tmp_path / "wheels") as registry:
        monkeypatch.setenv("npm_config_registry", registry.url)
        yield registry.publish("dep", "1.2.3", {"index.js": "exports.answer = 42\n"})


def test_what_the_lock_names_is_deployed_and_moved_to_a_layer(
    connection: Connection, dep: dict[str, object], tmp_path: Path
) -> None:
    detail = create_function(connection, OLD, runtime="nodejs22.x", file_name="app.js")
    workspace = open_workspace(code_source(detail, connection), tmp_path / "workspaces", CTX)
    workspace.dependencies.attach(DependencyStore(tmp_path / "store"), Target("nodejs22.x"), AgreedToAll())
    workspace.save("app.js", NEW)
    for path, text in lock_of_npm({"dep": "1.2.3"}, {"node_modules/dep": dep}).items():
        workspace.save(path, text)
    journal, name = Journal(tmp_path / "deploys"), detail.function_name

    deploy(connection, workspace, journal, CTX)
    assert invoke(connection, name, b"{}", "", 20, CTX).payload == b"42"
    assert "node_modules/dep/index.js" in workspace.base.contents.files

    moved = move_to_layer(connection, workspace, tmp_path / "layers", CTX)
    deploy(connection, workspace, journal, CTX)
    assert get_function(connection, name, "", CTX).layers == (moved.layer_arn,)
    assert "node_modules/dep/index.js" not in workspace.base.contents.files
    assert invoke(connection, name, b"{}", "", 20, CTX).payload == b"42"

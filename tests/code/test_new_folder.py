"""The folder that a function is made from stays its code, with its dependencies apart, and as deployed."""

import base64
import hashlib
import shutil
from pathlib import Path

import pytest

from tests.code.dependencies.wheels import AgreedToAll, make_wheel, use_only
from tests.code.deployed import CTX, HANDLER, Deployed, marks
from tests.code.package.trees import write
from workbench.code.dependencies.store import DependencyStore, Target
from workbench.code.dependencies.use import DependencyState
from workbench.code.package import Patterns
from workbench.code.package_contents import folder_workspace
from workbench.code.tree import FileChange
from workbench.code.workspace import (
    Workspace,
    inspect_folder,
    keep_folder,
    local_changes,
    open_workspace,
    use_folder,
)
from workbench.core.errors import WorkbenchError

APP: dict[str, bytes | str] = {"app.py": HANDLER, "requirements.txt": "lib<2\n"}
LIB: dict[str, bytes | str] = {
    "lib/__init__.py": "version = 1\n",
    "lib-1.0.dist-info/RECORD": "lib/__init__.py,,\nlib-1.0.dist-info/RECORD,,\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_wheel(tmp_path / "wheels", "lib", "1.0", {"lib/__init__.py": "version = 1\n"})
    use_only(tmp_path / "wheels", monkeypatch)
    write(tmp_path / "project", APP)
    return tmp_path / "project"


def equipped(workspace: Workspace, folder: Path) -> Workspace:
    workspace.dependencies.attach(DependencyStore(folder / "store"), Target("python3.12"), AgreedToAll())
    return workspace


def made(deployed: Deployed, project: Path, tmp_path: Path) -> Workspace:
    """Deploys a folder as a new function, and opens the function."""
    patterns = Patterns(("*.log",))
    built = equipped(folder_workspace(project, tmp_path / "scratch", patterns), tmp_path)
    package = built.package(CTX)
    shutil.copyfile(package.path, deployed.zip)
    keep_folder(built, package, deployed.source(), tmp_path / "workspaces", CTX)
    shutil.rmtree(tmp_path / "scratch")
    return equipped(deployed.open(), tmp_path)


def test_the_folder_of_a_new_function_is_its_code_and_is_as_deployed(
    deployed: Deployed, project: Path, tmp_path: Path
) -> None:
    workspace = made(deployed, project, tmp_path)

    assert workspace.local_folder == project
    assert deployed.followed == 0  # what was sent is what is deployed
    assert {entry.path: entry.installed for entry in workspace.tree(CTX)} == dict.fromkeys(APP, False)
    assert workspace.undeployed(CTX) == ()
    assert local_changes(deployed.source(), tmp_path / "workspaces", CTX).saved == ()
    assert workspace.package(CTX).contents.same_code(workspace.base.contents)
    outside = {
        entry.path.rpartition("/store/")[2].partition("/python/")[2]
        for entry in workspace.installed_outside(CTX)
    }
    assert "lib/__init__.py" in outside
    assert [folder.joinpath("lib").is_dir() for folder in workspace.dependencies.imports()] == [True]


def test_an_edit_and_a_deploy_of_it_change_what_is_called_deployed(
    deployed: Deployed, project: Path, tmp_path: Path
) -> None:
    workspace = made(deployed, project, tmp_path)

    workspace.save("app.py", "edited = True\n")
    assert workspace.undeployed(CTX) == ("app.py",)
    assert local_changes(deployed.source(), tmp_path / "workspaces", CTX).saved == ("app.py",)

    workspace.adopt(workspace.package(CTX), "r2", "2026-12-02T00:00:00+00:00")
    assert workspace.undeployed(CTX) == ()
    workspace.save("noise.log", "left out by the patterns that the function was made with\n")
    assert workspace.undeployed(CTX) == ()


def test_packages_that_were_installed_since_are_not_deployed(
    deployed: Deployed, project: Path, tmp_path: Path
) -> None:
    workspace = made(deployed, project, tmp_path)
    make_wheel(tmp_path / "wheels", "lib", "1.1", {"lib/__init__.py": "version = 1.1\n"})
    workspace.dependencies.install(workspace.base, CTX, anew=True)
    assert workspace.undeployed(CTX) == ("requirements.txt",)
    assert local_changes(deployed.source(), tmp_path / "workspaces", CTX).saved == ("requirements.txt",)
    assert not workspace.package(CTX).contents.same_code(workspace.base.contents)


def test_an_installed_file_can_be_read_and_nothing_else_outside(
    deployed: Deployed, project: Path, tmp_path: Path
) -> None:
    workspace = made(deployed, project, tmp_path)
    [path] = [
        each.path for each in workspace.installed_outside(CTX) if each.path.endswith("/lib/__init__.py")
    ]
    assert workspace.read(path).text == "version = 1\n"
    (tmp_path / "secret").write_text("of the user")
    root = Path(path).parents[1]
    for other in (str(tmp_path / "secret"), f"{root}/../../../../secret", "/etc/passwd"):
        with pytest.raises(WorkbenchError, match="is not a file of this function"):
            workspace.read(other)
    with pytest.raises(WorkbenchError):
        workspace.save(path, "changed\n")
    with pytest.raises(WorkbenchError):
        workspace.put_draft(path, "changed\n")


def test_use_local_folder_leaves_out_what_the_declared_dependencies_bring(
    deployed: Deployed, project: Path, tmp_path: Path
) -> None:
    deployed.deploy({**APP, **LIB}, executable=())
    offer = inspect_folder(deployed.source(), tmp_path / "workspaces", project, CTX)
    assert offer.differences == ()
    use_folder(offer)
    workspace = equipped(deployed.open(), tmp_path)
    assert workspace.undeployed(CTX) == ()
    assert workspace.dependencies.imports() == ()


VENDORED: dict[str, bytes | str] = {
    "lib/__init__.py": "from lib.inner import x\n",
    "lib/inner.py": "def x():\n    import deeper\n    import helpers\n",
    "lib.libs/libz.so": "",
    "deeper.py": "import _native\n",
    "_native.cpython-312-x86_64-linux-gnu.so": "",
    "yaml/__init__.py": "version = 1\n",
    "yaml/data.txt": "",
}
"""`lib` is declared, `yaml` is the module of PyYAML, the others are what they import."""


@pytest.mark.parametrize(
    "about", [{}, {"lib-1.0.dist-info/METADATA": ""}, LIB], ids=["bare", "no list", "list"]
)
def test_packages_without_a_list_are_not_deleted(
    deployed: Deployed, project: Path, tmp_path: Path, about: dict[str, bytes | str]
) -> None:
    """Some tools delete the folders in which installers say what they installed."""
    own: dict[str, bytes | str] = {
        "app.py": f"import yaml, json\n{HANDLER}",
        "requirements.txt": "lib<2\nPyYAML\n",
        "helpers/__init__.py": "",
    }
    write(project, own)
    deployed.deploy({**own, **about, **VENDORED, "old.py": "import lib", "old/note.txt": ""}, executable=())
    offer = inspect_folder(deployed.source(), tmp_path / "workspaces", project, CTX)
    assert {entry.path: entry.change for entry in offer.differences} == dict.fromkeys(
        ["old.py", "old/note.txt"], FileChange.DELETED
    )
    use_folder(offer)
    workspace = equipped(deployed.open(), tmp_path)
    (project / "helpers/__init__.py").unlink()
    assert set(workspace.undeployed(CTX)) == {"helpers/__init__.py", "old.py", "old/note.txt"}


@pytest.mark.parametrize("about", [{}, LIB], ids=["bare", "list"])
def test_packages_that_the_folder_lacks_are_installed_for_the_next_deploy(
    deployed: Deployed, project: Path, tmp_path: Path, about: dict[str, bytes | str]
) -> None:
    deployed.deploy({**APP, **about, "lib/__init__.py": "version = 0\n"}, executable=())
    use_folder(inspect_folder(deployed.source(), tmp_path / "workspaces", project, CTX))
    workspace = equipped(deployed.open(), tmp_path)
    assert workspace.dependencies.status(workspace.base).state is DependencyState.CHANGED
    assert "lib/__init__.py" in workspace.package(CTX).contents.files


@pytest.mark.parametrize("about", [{}, LIB], ids=["bare", "list"])
def test_a_folder_with_its_packages_is_deployed_as_it_is(
    deployed: Deployed, project: Path, tmp_path: Path, about: dict[str, bytes | str]
) -> None:
    write(project, {**VENDORED, **about})
    deployed.deploy({**APP, **VENDORED, **about, "gone/__init__.py": ""}, executable=())
    offer = inspect_folder(deployed.source(), tmp_path / "workspaces", project, CTX)
    assert {entry.path for entry in offer.differences} == {"gone/__init__.py"}
    use_folder(offer)
    workspace = equipped(deployed.open(), tmp_path)
    assert workspace.dependencies.status(workspace.base).state is DependencyState.AS_DEPLOYED
    assert set(workspace.package(CTX).contents.files) == {*APP, *VENDORED, *about}


def test_a_module_that_nothing_declares_is_deleted(deployed: Deployed, project: Path, tmp_path: Path) -> None:
    """The code imports it, but every declared package is there under its own name."""
    write(project, {"app.py": f"import own\n{HANDLER}"})
    deployed.deploy({**APP, "app.py": f"import own\n{HANDLER}", "lib.py": "", "own.py": ""}, executable=())
    offer = inspect_folder(deployed.source(), tmp_path / "workspaces", project, CTX)
    assert [entry.path for entry in offer.differences] == ["own.py"]


def test_packages_that_nothing_declares_any_more_are_deleted(
    deployed: Deployed, project: Path, tmp_path: Path
) -> None:
    deployed.deploy({**APP, **LIB, "node_modules/left/index.js": "1"}, executable=())
    (project / "requirements.txt").unlink()
    offer = inspect_folder(deployed.source(), tmp_path / "workspaces", project, CTX)
    assert {entry.path: entry.change for entry in offer.differences} == dict.fromkeys(
        ["requirements.txt", *LIB, "node_modules/left/index.js"], FileChange.DELETED
    )


def test_another_package_in_aws_is_a_conflict_and_not_taken_for_this_one(
    deployed: Deployed, project: Path, tmp_path: Path
) -> None:
    made(deployed, project, tmp_path)
    deployed.deploy({"app.py": "other = True\n"}, executable=())
    assert deployed.open().stale


@pytest.mark.parametrize("place", ["home", "workspaces"])
def test_a_folder_that_cannot_be_the_code_is_not_bound(
    deployed: Deployed, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    if place == "home":
        monkeypatch.setenv("HOME", str(project))
    else:
        (tmp_path / "workspaces").mkdir()
        project = project.rename(tmp_path / "workspaces" / "project")
    built = equipped(folder_workspace(project, tmp_path / "scratch"), tmp_path)
    package = built.package(CTX)
    shutil.copyfile(package.path, deployed.zip)
    with pytest.raises(WorkbenchError, match="cannot be used for the function's code"):
        keep_folder(built, package, deployed.source(), tmp_path / "workspaces", CTX)
    assert deployed.open().local_folder is None


def test_packages_among_the_code_are_told_from_it(deployed: Deployed) -> None:
    deployed.deploy(
        {
            **APP,
            **LIB,
            "shared/util.py": "",
            "shared/base.py": "",
            "more-1.dist-info/RECORD": "shared/base.py,,\n../../bin/more,,\n",
            "node_modules/left/index.js": "1",
        },
        executable=(),
    )
    workspace = deployed.open()
    installed = {entry.path for entry in workspace.tree(CTX) if entry.installed}
    tops = {"lib", "lib-1.0.dist-info", "more-1.dist-info", "node_modules"}
    assert {path.partition("/")[0] for path in installed} == tops
    assert installed >= {*LIB, "node_modules/left/index.js", "lib", "node_modules"}


def sha256_of(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def test_a_binding_of_the_same_name_is_replaced(deployed: Deployed, project: Path, tmp_path: Path) -> None:
    """A function is deleted and made again from another folder."""
    made(deployed, project, tmp_path)
    write(tmp_path / "other", {"app.py": "second = True\n"})
    workspace = made(deployed, tmp_path / "other", tmp_path)
    assert workspace.local_folder == tmp_path / "other"
    assert workspace.base.code_sha256 == sha256_of(deployed.zip)
    assert marks(open_workspace(deployed.source(), tmp_path / "workspaces", CTX)) == {}

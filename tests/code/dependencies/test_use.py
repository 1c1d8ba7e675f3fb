"""A workspace whose code declares dependencies: when they are installed, and what is packed."""

import zipfile
from pathlib import Path

import pytest

from tests.code.dependencies.elf import AARCH64, X86_64, make_elf
from tests.code.dependencies.wheels import AgreedToAll, make_wheel, use_only
from tests.code.deployed import CTX, HANDLER, Deployed, marks
from tests.code.merging import plan_beside
from tests.code.package.trees import write
from workbench.code.dependencies.declared import InstallConsent, InstallNotConfirmed
from workbench.code.dependencies.store import DependencyStore, Target
from workbench.code.dependencies.use import Delivery, DependencyState, read_used_dependencies
from workbench.code.merge import FileState
from workbench.code.package_contents import check_compiled, prepack, xray_workspace
from workbench.code.tree import FileChange
from workbench.code.workspace import Workspace, inspect_folder, use_folder
from workbench.core.errors import WorkbenchError
from workbench.core.settings import Settings

LIB_10: dict[str, bytes | str] = {
    "lib/__init__.py": "version = 1\n",
    "lib-1.0.dist-info/RECORD": "lib/__init__.py,,\nlib-1.0.dist-info/RECORD,,\n",
}


class Desk:
    """A deployed function, and wheels of lib 1.0 and 2.0."""

    def __init__(self, deployed: Deployed, folder: Path) -> None:
        self.deployed = deployed
        self.folder = folder
        self.store = DependencyStore(folder / "store")

    def open(self) -> Workspace:
        workspace = self.deployed.open()
        workspace.dependencies.attach(self.store, Target("python3.12"), AgreedToAll())
        return workspace

    def open_folder(self, files: dict[str, bytes | str]) -> Workspace:
        project = self.folder / "project"
        write(project, files)
        use_folder(inspect_folder(self.deployed.source(), self.folder / "workspaces", project, CTX))
        return self.open()


@pytest.fixture
def desk(deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    wheels = tmp_path / "wheels"
    for version in ("1.0", "2.0"):
        make_wheel(wheels, "lib", version, {"lib/__init__.py": f"version = {version[0]}\n"})
    use_only(wheels, monkeypatch)
    deployed.deploy({"app.py": HANDLER})
    return Desk(deployed, tmp_path)


def standing(workspace: Workspace) -> DependencyState:
    return workspace.dependencies.status(workspace.base).state


def packed(workspace: Workspace) -> dict[str, bytes]:
    with zipfile.ZipFile(workspace.package(CTX).path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def adopt(workspace: Workspace) -> None:
    workspace.adopt(workspace.package(CTX), "r2", "2026-11-24T00:00:00+00:00")


def test_what_is_newly_declared_is_installed_by_the_deploy(desk: Desk) -> None:
    workspace = desk.open()
    assert standing(workspace) is DependencyState.NONE
    workspace.save("requirements.txt", "lib<2\n")
    assert standing(workspace) is DependencyState.CHANGED
    assert workspace.package(CTX).notes == ("It contains 1 package from requirements.txt, newly installed.",)
    assert packed(workspace)["lib/__init__.py"] == b"version = 1\n"
    assert standing(workspace) is DependencyState.READY
    assert not (workspace.root / "lib").exists()
    adopt(workspace)
    assert workspace.package(CTX).notes == ()
    assert marks(workspace) == {}  # what lies in the store is not missing from the code
    workspace.save("requirements.txt", "lib\n")
    assert standing(workspace) is DependencyState.CHANGED
    assert packed(workspace)["lib/__init__.py"] == b"version = 2\n"
    assert marks(workspace) == {"requirements.txt": FileChange.CHANGED}
    workspace.delete("requirements.txt")
    assert "lib/__init__.py" not in packed(workspace)


def test_code_that_was_deployed_with_its_packages_is_left_as_it_is(desk: Desk) -> None:
    desk.deployed.deploy({"app.py": HANDLER, "requirements.txt": "lib==1.0\n", **LIB_10})
    workspace = desk.open()
    assert standing(workspace) is DependencyState.AS_DEPLOYED
    workspace.save("app.py", HANDLER + "# edited\n")
    assert packed(workspace)["lib/__init__.py"] == b"version = 1\n"
    assert not list(desk.folder.glob("store/*"))


@pytest.mark.parametrize(
    "more",
    [
        {"vendor/lib/__init__.py": ""},
        {"site-packages/lib.py": ""},
        {"lib.egg-info/PKG-INFO": "", "tool.jar": ""},
        {"lib-1.0-py3.12.egg-info/PKG-INFO": ""},
        {"lib-1.0.dist-info/METADATA": ""},
        {"lib.cpython-312-x86_64-linux-gnu.so": ""},
    ],
)
def test_code_that_has_its_packages_is_as_deployed_however_they_came(
    desk: Desk, more: dict[str, bytes | str]
) -> None:
    desk.deployed.deploy({"app.py": HANDLER, "requirements.txt": "lib==1.0\nboto3\nsix\n", **more})
    workspace = desk.open()
    assert standing(workspace) is DependencyState.AS_DEPLOYED
    workspace.save("app.py", HANDLER + "# edited\n")
    assert packed(workspace)["requirements.txt"] == b"lib==1.0\nboto3\nsix\n"
    assert not list(desk.folder.glob("store/*"))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"vendor/x": ""},
        {".dist-info/RECORD": "", "x.dist-info/RECORD/y": ""},
        {"sub/node_modules/x/index.js": ""},
        {"library/__init__.py": ""},
    ],
)
def test_packages_that_the_deployed_code_lacks_are_installed(
    desk: Desk, more: dict[str, bytes | str]
) -> None:
    desk.deployed.deploy({"app.py": HANDLER, "requirements.txt": "lib==1.0\nboto3\n", **more})
    consent = InstallConsent(Settings(desk.folder / "settings.json"))
    workspace = desk.open()
    workspace.dependencies.attach(desk.store, Target("python3.12"), consent)
    assert standing(workspace) is DependencyState.CHANGED
    with pytest.raises(InstallNotConfirmed) as caught:  # the user is asked first
        workspace.package(CTX)
    assert caught.value.preview.packages == ("lib==1.0", "boto3")
    desk.deployed.deploy({"app.py": HANDLER, "requirements.txt": "lib==1.0\n", **more})
    assert packed(desk.open())["lib/__init__.py"] == b"version = 1\n"


@pytest.mark.parametrize(
    "lines",
    [
        "boto3>=1\nBotocore\npython_dateutil\n",
        "lib ; sys_platform == 'win32'\n",
        "-e .\n",
        "git+https://x/y\n",
    ],
    ids=["in the runtime", "for another system", "a folder", "a repository"],
)
def test_what_is_not_missing_or_cannot_be_installed_stays_as_deployed(desk: Desk, lines: str) -> None:
    desk.deployed.deploy({"app.py": HANDLER, "requirements.txt": lines})
    assert standing(desk.open()) is DependencyState.AS_DEPLOYED


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, DependencyState.CHANGED),
        ({"node_modules/@a/b/index.js": ""}, DependencyState.AS_DEPLOYED),
        ({"node_modules/@a/c/index.js": ""}, DependencyState.CHANGED),
        ({"index.mjs": "/* a bundle, with the package in it */"}, DependencyState.AS_DEPLOYED),
        ({"index.mjs": "import {S3} from '@aws-sdk/client-s3';"}, DependencyState.AS_DEPLOYED),
    ],
)
def test_modules_of_node_that_the_code_imports_are_installed(
    desk: Desk, more: dict[str, bytes | str], expected: DependencyState
) -> None:
    listed = '{"dependencies": {"@a/b": "1", "@aws-sdk/client-s3": "3"}}'
    files: dict[str, bytes | str] = {
        "index.mjs": "import b from '@a/b';",
        "package.json": listed,
        "package-lock.json": "{}",
    }
    desk.deployed.deploy(files | more)
    workspace = desk.open()
    workspace.dependencies.attach(desk.store, Target("nodejs22.x"), AgreedToAll())
    assert standing(workspace) is expected


def test_nothing_is_installed_before_the_user_has_agreed(desk: Desk) -> None:
    consent = InstallConsent(Settings(desk.folder / "settings.json"))
    workspace = desk.open()
    workspace.dependencies.attach(desk.store, Target("python3.12"), consent)
    workspace.save("requirements.txt", "lib==1.0\nother ; sys_platform == 'win32'\n-c limits.txt\n")
    workspace.save("limits.txt", "lib<2\n")
    with pytest.raises(InstallNotConfirmed):
        workspace.dependencies.fetch(workspace.base, CTX)
    with pytest.raises(InstallNotConfirmed) as caught:
        workspace.package(CTX)
    assert prepack(workspace, CTX) is None
    preview = caught.value.preview
    assert preview.path == "requirements.txt"
    assert preview.packages == ("lib==1.0", 'other ; sys_platform == "win32"')
    assert preview.constraints == ("lib<2",)
    assert preview.sources == (str(desk.folder / "wheels"),)
    assert not list(desk.folder.glob("store/*"))
    assert consent.allow(preview) is None
    assert packed(workspace)["lib/__init__.py"] == b"version = 1\n"
    again = InstallConsent(Settings(desk.folder / "settings.json"))
    assert again.allows(preview.digest)
    workspace.save("limits.txt", "lib<3\n")
    with pytest.raises(InstallNotConfirmed):
        workspace.package(CTX)


def test_once_it_declares_other_packages_the_old_ones_leave_the_code(desk: Desk) -> None:
    desk.deployed.deploy({"app.py": HANDLER, "requirements.txt": "lib==1.0\n", "lib/mine.py": "", **LIB_10})
    workspace = desk.open()
    workspace.save("requirements.txt", "lib==2.0\n")
    assert standing(workspace) is DependencyState.CHANGED
    files = packed(workspace)
    assert files["lib/__init__.py"] == b"version = 2\n"
    assert "lib-1.0.dist-info/RECORD" not in files
    assert "lib/mine.py" in files  # in no list, so it is the person's
    assert marks(workspace) == {"requirements.txt": FileChange.CHANGED}


def test_packages_that_a_layer_brings_are_not_installed(desk: Desk) -> None:
    desk.deployed.deploy({"app.py": HANDLER, "requirements.txt": "lib==1.0\n"})
    workspace = desk.open()
    layer = desk.folder / "layer" / "python"
    write(layer, {"other/__init__.py": ""})
    layers: list[Path] | None = None  # not fetched yet: it may bring anything
    workspace.dependencies.attach(desk.store, Target("python3.12"), AgreedToAll(), lambda: layers)
    assert standing(workspace) is DependencyState.AS_DEPLOYED
    assert "lib/__init__.py" not in packed(workspace)
    layers = [layer]
    assert standing(workspace) is DependencyState.CHANGED
    write(layer, {"lib/__init__.py": ""})
    assert standing(workspace) is DependencyState.AS_DEPLOYED


def test_a_local_folder_gets_the_packages_that_were_deployed_by_another_tool(desk: Desk) -> None:
    files: dict[str, bytes | str] = {"app.py": HANDLER, "requirements.txt": "lib==1.0\n"}
    desk.deployed.deploy(files | LIB_10)
    workspace = desk.open_folder(files)
    assert standing(workspace) is DependencyState.CHANGED
    assert packed(workspace)["lib/__init__.py"] == b"version = 1\n"
    assert sorted(path.name for path in workspace.root.iterdir()) == ["app.py", "requirements.txt"]
    assert marks(workspace) == {}


def test_packages_in_a_local_folder_are_the_persons(desk: Desk) -> None:
    workspace = desk.open_folder({"app.py": HANDLER, "requirements.txt": "lib==2.0\n", **LIB_10})
    assert standing(workspace) is DependencyState.IN_FOLDER
    assert packed(workspace)["lib/__init__.py"] == b"version = 1\n"
    with pytest.raises(WorkbenchError, match="does not change"):
        workspace.dependencies.install(workspace.base, CTX)


def test_a_layer_has_them_instead_of_the_package(desk: Desk) -> None:
    workspace = desk.open()
    workspace.save("requirements.txt", "lib==1.0\n")
    installed = workspace.dependencies.fetch(workspace.base, CTX)
    workspace.dependencies.use_layer(installed, workspace.base, "arn:aws:lambda:us-east-1:1:layer:deps:3")
    assert standing(workspace) is DependencyState.IN_LAYER
    xray = xray_workspace(workspace, Target("python3.12"), "app.handler", ("arn",), CTX).xray
    assert (xray.inventory.installed, xray.layer_bytes) == ((), installed.found.size_bytes)
    assert "lib/__init__.py" not in packed(workspace)
    workspace.save("requirements.txt", "lib==2.0\n")
    with pytest.raises(WorkbenchError) as caught:
        workspace.package(CTX)
    assert "deps:3" in caught.value.why
    assert caught.value.action == "dependencies.move_to_layer"
    workspace.dependencies.install(workspace.base, CTX)
    assert packed(workspace)["lib/__init__.py"] == b"version = 2\n"


def test_a_set_that_left_the_store_is_installed_again(desk: Desk) -> None:
    workspace = desk.open()
    workspace.save("requirements.txt", "lib==1.0\n")
    adopt(workspace)
    desk.deployed.zip.write_bytes(workspace.base_package.read_bytes())
    for folder in desk.folder.glob("store/*"):
        folder.rename(desk.folder / f"gone-{folder.name}")
    assert packed(workspace)["lib/__init__.py"] == b"version = 1\n"
    for folder in desk.folder.glob("store/*"):
        folder.rename(desk.folder / f"gone-{folder.name}")
    unattached = desk.deployed.open()
    with pytest.raises(WorkbenchError) as caught:
        unattached.package(CTX)
    assert caught.value.action == "dependencies.install"


def test_what_cannot_be_installed_stops_the_package(desk: Desk) -> None:
    workspace = desk.open()
    workspace.save("requirements.txt", "lib==9\n")
    with pytest.raises(WorkbenchError, match="This version of lib does not exist"):
        workspace.package(CTX)
    assert read_used_dependencies(workspace.folder) is None


def test_the_record_survives_and_a_damaged_one_is_said(desk: Desk) -> None:
    workspace = desk.open()
    workspace.save("requirements.txt", "lib==1.0\n")
    adopt(workspace)
    desk.deployed.zip.write_bytes(workspace.base_package.read_bytes())
    again = desk.open()
    assert standing(again) is DependencyState.READY
    used = read_used_dependencies(again.folder)
    assert used is not None
    assert used.delivery is Delivery.PACKAGE
    (again.folder / "package-dependencies.json").write_text("{")
    with pytest.raises(WorkbenchError, match="damaged"):
        again.package(CTX)


def test_what_was_compiled_for_another_system_is_said_before_a_deploy(desk: Desk) -> None:
    desk.deployed.deploy({"app.py": HANDLER, "fast.so": make_elf(AARCH64), "fine.so": make_elf(X86_64)})
    workspace = desk.open()
    workspace.save("requirements.txt", "lib==1.0\n")  # what is to be installed yet will fit
    (problem,) = check_compiled(workspace, Target("python3.12"), CTX)
    assert problem.message.startswith("Your code: fast.so is for aarch64")
    adopt(workspace)
    look = xray_workspace(workspace, Target("python3.12", "arm64"), "app.handler", (), CTX)
    assert [finding.path for finding in look.xray.findings] == ["fine.so"]
    assert [part.name for part in look.xray.inventory.installed] == ["lib"]
    assert look.xray.packed_bytes == workspace.base_package.stat().st_size


def test_a_merge_leaves_dependencies_to_the_next_installation(desk: Desk) -> None:
    workspace = desk.open()
    workspace.save("requirements.txt", "lib==1.0\n")
    adopt(workspace)
    workspace.save("app.py", HANDLER + "# mine\n")
    theirs: dict[str, bytes | str] = {
        "app.py": HANDLER,
        "requirements.txt": "lib==2.0\nmore\n",
        "lib/__init__.py": "version = 2\n",
        "lib-2.0.dist-info/RECORD": "lib/__init__.py,,\nlib-2.0.dist-info/RECORD,,\n",
        "more/__init__.py": "",
        "more-1.0.dist-info/RECORD": "more/__init__.py,,\nmore-1.0.dist-info/RECORD,,\n",
    }
    desk.deployed.deploy(theirs)
    states = {file.path: file.state for file in plan_beside(desk.deployed, workspace).files}
    assert states == {"app.py": FileState.MINE, "requirements.txt": FileState.THEIRS}

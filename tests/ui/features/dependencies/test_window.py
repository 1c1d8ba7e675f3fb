"""Dependencies in the whole window: looked through, installed, deployed and moved to a layer."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from tests.code.dependencies.elf import AARCH64, make_elf
from tests.code.dependencies.wheels import make_wheel, use_only
from tests.sandbox_functions import create_function
from tests.ui.dialogs import install_question
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.ui.features.dependencies.panel import DependenciesPanel

HANDLER = "import lib\n\ndef handler(event, context):\n    return lib.version\n"


class Panel:
    """The panel in front, and somebody who looks."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.actions = desk.context.services.actions
        found = desk.window.findChild(DependenciesPanel)
        assert found is not None
        self.panel = found

    def show(self) -> None:
        self.actions["view.dependencies"].trigger()
        assert self.desk.window.bottom.currentWidget() is self.panel

    def says(self, words: str) -> None:
        self.desk.until(lambda: words in self.panel.status.text())

    def parts(self) -> dict[str, tuple[str, str]]:
        """Version and size by name."""
        sizes = self.panel.sizes
        items = [sizes.topLevelItem(row) for row in range(sizes.topLevelItemCount())]
        return {item.text(0): (item.text(1), item.text(2)) for item in items if item is not None}

    def findings(self) -> list[str]:
        found = self.panel.findings.list
        items = [found.topLevelItem(row) for row in range(found.topLevelItemCount())]
        return [item.text(1) for item in items if item is not None]

    def declare(self, text: str) -> None:
        workspace = self.desk.code.workspace
        assert workspace is not None
        workspace.save("requirements.txt", text)
        self.actions["dependencies.look"].trigger()

    def agree(self) -> None:
        """Agrees to what is to be installed."""
        install_question(self.desk).yes.click()


@pytest.fixture
def panel(
    desk: Desk,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Panel:
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "lib", "1.0", {"lib/__init__.py": "version = 1\n", "lib/data.bin": b"x" * 5000})
    make_wheel(wheels, "wrong", "1.0", {"wrong.so": make_elf(AARCH64)})
    use_only(wheels, monkeypatch)
    name = create_function(connection, HANDLER).function_name
    desk.connect()
    desk.open(name)
    desk.until(lambda: desk.code.files.current_path() == "app.py")
    found = Panel(desk)
    found.show()
    found.says("declares no dependencies")
    desk.idle()
    return found


def test_what_is_declared_is_installed_by_the_action(panel: Panel) -> None:
    panel.declare("lib\n")
    panel.says(
        "The packages of requirements.txt are not installed. The next deployment asks before it "
        "installs them."
    )
    assert list(panel.parts()) == ["Your code"]
    panel.actions["dependencies.install"].trigger()
    panel.agree()
    panel.says("1 package from requirements.txt in the package.")
    assert panel.parts()["lib"][0] == "1.0"
    banner = panel.desk.banner("Installed 1 package")
    assert banner is not None
    assert "lib 1.0" in str(banner.error)
    assert panel.findings() == []
    assert panel.panel.unpacked.text.startswith("Unpacked: ")
    assert "bytes of 250 MB" in panel.panel.unpacked.text or "KB of 250 MB" in panel.panel.unpacked.text
    assert panel.panel.packed.text.endswith("of 50 MB")


def test_a_deploy_installs_and_the_panel_follows(panel: Panel) -> None:
    panel.declare("lib\n")
    panel.says("not installed")
    panel.actions["function.deploy"].trigger()
    panel.agree()
    panel.desk.until(lambda: panel.desk.banner("Deployed"))
    panel.says("in the package.")
    panel.desk.invoke()
    panel.desk.until(lambda: panel.desk.window.result.answer.toPlainText() == "1")


def test_what_cannot_be_installed_stops_the_deploy_and_says_why(panel: Panel) -> None:
    panel.declare("lib==9\n")
    panel.actions["function.deploy"].trigger()
    panel.agree()
    panel.desk.until(lambda: panel.desk.banner("The dependencies were not installed."))
    banner = panel.desk.banner("This version of lib does not exist.")
    assert banner is not None
    panel.says("not installed")


def test_findings_are_counted_in_the_tab_and_lead_to_the_file(panel: Panel) -> None:
    workspace = panel.desk.code.workspace
    assert workspace is not None
    workspace.save("conf.py", "# nothing\nkey = 'AKIA" + "QWERTYUIOPASDFGH'\n")
    panel.declare("wrong\n")
    panel.actions["dependencies.install"].trigger()
    panel.agree()
    panel.says("in the package.")
    bottom = panel.desk.window.bottom
    assert bottom.tabText(bottom.indexOf(panel.panel)) == "Dependencies (2)"
    first, second = panel.findings()
    assert "wrong.so is for aarch64" in first
    assert "conf.py, line 2" in second
    found = panel.panel.findings.list
    found.setCurrentIndex(found.model().index(1, 0))
    found.setFocus()
    QTest.keyClick(found, Qt.Key.Key_Return)
    panel.desk.until(lambda: panel.desk.code.files.current_path() == "conf.py")


def test_the_tree_opens_and_the_map_chooses(panel: Panel) -> None:
    panel.declare("lib\n")
    panel.actions["dependencies.install"].trigger()
    panel.agree()
    panel.says("in the package.")
    sizes, area = panel.panel.sizes, panel.panel.map
    lib = sizes.topLevelItem(0)
    assert lib is not None
    assert lib.text(0) == "lib"
    assert lib.childCount() == 0  # not before it is opened
    lib.setExpanded(True)
    children = [lib.child(row) for row in range(lib.childCount())]
    assert [child.text(0) for child in children if child] == ["lib", "lib-1.0.dist-info"]
    QTest.mouseClick(area, Qt.MouseButton.LeftButton, pos=area.rect().center())
    assert sizes.currentItem() is lib
    panel.actions["dependencies.look"].trigger()
    panel.desk.idle()
    again = sizes.topLevelItem(0)
    assert again is not None
    assert again.isExpanded()


def answer(panel: Panel, button_text: str) -> None:
    """Presses a button of the question that is asked."""
    panel.desk.until(lambda: isinstance(QApplication.activeModalWidget(), QMessageBox))
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    button = next(each for each in box.buttons() if each.text().replace("&", "") == button_text)
    button.click()


def test_dependencies_move_to_a_layer_and_are_deployed(panel: Panel, connection: Connection) -> None:
    panel.declare("lib\n")
    panel.says("not installed")
    panel.actions["dependencies.move_to_layer"].trigger()
    answer(panel, "Publish and Deploy")
    panel.agree()
    panel.desk.until(lambda: panel.desk.banner("Deployed"))
    detail = get_function(connection, panel.desk.opened(), "", JobContext())
    (layer,) = detail.layers
    assert ":layer:workbench-" in layer
    panel.says(f"are in the layer {':'.join(layer.split(':')[-2:])}")
    panel.desk.invoke()
    panel.desk.until(lambda: panel.desk.window.result.answer.toPlainText() == "1")


def test_the_question_can_be_refused(panel: Panel) -> None:
    panel.declare("lib\n")
    panel.says("not installed")
    panel.actions["dependencies.move_to_layer"].trigger()
    answer(panel, "Cancel")
    panel.desk.idle()
    panel.says("not installed")


def test_another_function_begins_anew(panel: Panel, connection: Connection) -> None:
    panel.declare("lib\n")
    panel.says("not installed")
    other = create_function(connection, HANDLER).function_name
    panel.actions["list.refresh"].trigger()
    panel.desk.wait_for_list()
    panel.desk.open(other)
    panel.says("declares no dependencies")


def test_a_version_is_looked_through_with_its_own_handler(panel: Panel, connection: Connection) -> None:
    name = panel.desk.opened()
    connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "update_function_configuration", FunctionName=name, Handler="moved.handler")
    panel.desk.context.services.actions["function.refresh"].trigger()
    function = panel.desk.window.page
    panel.desk.until(
        lambda: function.function is not None and function.function.detail.handler == "moved.handler"
    )
    panel.actions["dependencies.look"].trigger()
    panel.desk.until(lambda: any("moved" in words for words in panel.findings()))
    code = panel.desk.code
    code.show_version("1")
    panel.desk.until(lambda: code.workspace is not None and code.workspace.read_only)
    panel.says("declares no dependencies")
    panel.desk.idle()
    assert panel.findings() == []

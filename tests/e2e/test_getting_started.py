"""Getting Started: its buttons do the main job on the Sandbox, and a step is marked only once it is done."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QScrollArea, QWidget

from tests.e2e.desk import Desk
from tests.e2e.driver import TYPING
from workbench.sandbox import PROFILE_NAME
from workbench.ui.features.deploy.flow import DeployFlow
from workbench.ui.features.getting_started.feature import Guide
from workbench.ui.shell.getting_started_card import Step, Steps, StepsPanel

type Sit = Callable[[str], Desk]
SAMPLE = "hello-http"
GREETING_LINE = 20


def marked(steps: Steps) -> list[Step]:
    """The steps that have a check mark."""
    return [step for step in Step if steps.is_marked(step)]


def press(button: QWidget) -> None:
    """Clicks a button that can be seen."""
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def is_cut_off(button: QWidget, area: QScrollArea) -> bool:
    """Whether a part of a button lies outside the visible part of the area."""
    viewport = area.viewport()
    corner = button.mapTo(viewport, QPoint(0, 0))
    return not viewport.rect().contains(button.rect().translated(corner))


def test_the_steps_do_the_main_job_and_are_marked_once_they_are_done(sit: Sit) -> None:
    desk = sit(PROFILE_NAME)
    desk.window.resize(1280, 800)
    desk.until(lambda: SAMPLE in desk.names())
    card = desk.window.page.empty
    assert card.isVisible()
    assert "local AWS" in card.accessibleDescription()
    buttons = card.findChildren(QPushButton)
    assert [each.text() for each in buttons] == [
        *("Edit", "Deploy", "Invoke", "Show Metrics"),
        *("Use My AWS Account", "Open a Project"),
    ]
    desk.until(lambda: all(each.isEnabled() for each in buttons))
    assert [each.text() for each in buttons if is_cut_off(each, card)] == []
    assert marked(card.steps) == []

    press(card.steps.buttons[Step.EDIT])
    desk.until(lambda: desk.files.current_path() and desk.files.editor.is_ready)
    opened = desk.window.page.function
    assert opened is not None
    assert opened.detail.function_name == SAMPLE
    desk.until(lambda: desk.files.editor.isAncestorOf(desk.window.focusWidget()))
    uri = desk.files.uri_of_open(desk.files.current_path())
    desk.until(lambda: desk.files.editor.position(uri).line == 20)  # GREETING = …
    panel = desk.window.findChild(StepsPanel)
    assert panel is not None
    steps = panel.steps
    assert panel.isVisible()
    assert marked(steps) == []  # opened, but not edited yet

    deployed: list[object] = []
    deploy = desk.window.findChild(DeployFlow)
    assert isinstance(deploy, DeployFlow)
    deploy.deployed.connect(deployed.append)
    press(steps.buttons[Step.DEPLOY])  # the same code is deployed already
    desk.until(lambda: deployed)
    assert marked(steps) == []
    desk.type_over("def lambda_handler(event, context): return 'edited'")
    desk.act("file.save")
    desk.until(lambda: Step.EDIT in marked(steps))
    press(steps.buttons[Step.DEPLOY])
    desk.until(lambda: Step.DEPLOY in marked(steps))
    press(steps.buttons[Step.INVOKE])
    desk.until(lambda: "edited" in desk.result())
    desk.until(lambda: Step.INVOKE in marked(steps))
    assert Step.METRICS not in marked(steps)
    press(steps.buttons[Step.METRICS])
    desk.until(lambda: Step.METRICS in marked(steps))
    assert marked(card.steps) == list(Step)

    close = panel.findChild(QWidget, "gettingStartedClose")
    assert close is not None
    press(close)
    assert not panel.isVisible()
    desk.act("help.getting_started")
    assert panel.isVisible()


def test_the_first_click_shows_the_code_from_its_first_column_with_the_greeting_selected(sit: Sit) -> None:
    desk = sit(PROFILE_NAME)
    desk.window.resize(1280, 800)
    desk.until(lambda: SAMPLE in desk.names())
    press(desk.window.page.empty.steps.buttons[Step.EDIT])
    desk.until(lambda: desk.files.current_path() and desk.files.editor.is_ready)
    uri = desk.files.uri_of_open(desk.files.current_path())
    desk.until(lambda: desk.files.editor.position(uri).line == GREETING_LINE)
    desk.until(lambda: desk.files.editor.isAncestorOf(desk.window.focusWidget()))
    desk.flush()
    beginning = "parseFloat(document.querySelector('.lines-content').style.left)"
    width = "document.querySelector('.lines-content').parentElement.clientWidth"
    desk.until(lambda: desk.in_page(width) > 400)  # it has its place in the window
    assert desk.in_page(beginning) == 0
    desk.until(lambda: desk.in_page(TYPING))
    desk.type("Ahoy")
    desk.until(lambda: 'GREETING = os.environ.get("GREETING", "Ahoy")' in desk.editor_text(uri).splitlines())


def test_a_step_of_the_card_opens_the_sample_first(sit: Sit) -> None:
    desk = sit(PROFILE_NAME)
    desk.until(lambda: SAMPLE in desk.names())
    press(desk.window.page.empty.steps.buttons[Step.INVOKE])
    desk.until(lambda: desk.window.result.status.text() == "Succeeded")
    opened = desk.window.page.function
    assert opened is not None
    assert opened.detail.function_name == SAMPLE


def test_a_project_with_a_template_shows_its_functions_and_any_other_folder_becomes_a_function(
    sit: Sit, tmp_path: Path
) -> None:
    desk = sit(PROFILE_NAME)
    desk.until(lambda: SAMPLE in desk.names())
    sam, plain = tmp_path / "sam", tmp_path / "plain"
    for folder in (sam, plain):
        folder.mkdir()
        (folder / "app.py").write_text("def handler(event, context):\n    return 1\n", "utf-8")
    (sam / "template.yaml").write_text(
        "Resources:\n  Hello:\n    Type: AWS::Serverless::Function\n"
        "    Properties:\n      Handler: app.handler\n      Runtime: python3.13\n      CodeUri: .\n",
        "utf-8",
    )
    for folder, expected in ((sam, "importDialog"), (plain, "newFunction")):
        desk.act("file.open_project")
        (chooser,) = desk.window.findChildren(QFileDialog, "openProject")
        chooser.fileSelected.emit(str(folder))
        chooser.reject()

        def opened(name: str = expected) -> QWidget | None:
            found = desk.window.findChild(QWidget, name)
            return found if found is not None and found.isVisible() else None

        desk.until(opened)
        dialog = opened()
        assert dialog is not None
        if folder is plain:
            path = dialog.findChild(QLineEdit, "newFunctionPathText")
            assert path is not None
            assert path.text() == str(plain)
        dialog.close()


def test_help_has_the_guide_and_brings_getting_started_back(sit: Sit) -> None:
    desk = sit(PROFILE_NAME)
    desk.until(lambda: SAMPLE in desk.names())
    desk.act("help.guide")
    (guide,) = desk.window.findChildren(Guide)
    assert guide.isVisible()
    titles = [guide.pages.item(row).text() for row in range(guide.pages.count())]
    assert titles == ["Edit and deploy", "Invoke and test", "Triggers", "Logs, metrics, and rolling back"]
    QTest.keyClick(guide.pages, Qt.Key.Key_Down)
    (shown,) = [each for each in guide.findChildren(QScrollArea, "guideText") if each.isVisible()]
    assert shown.accessibleName() == "Invoke and test"
    guide.close()
    desk.act("help.getting_started")
    desk.until(desk.window.page.empty.steps.buttons[Step.EDIT].hasFocus)

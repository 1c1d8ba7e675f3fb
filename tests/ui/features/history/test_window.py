"""The history of deploys in the whole window: what is listed, gone back to and compared; what may fail."""

import json
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from tests.deploy.bench import deploy
from tests.sandbox_functions import create_function, deploy_elsewhere, deployed_text
from tests.ui.pages.conftest import texts
from tests.ui.sign_in.conftest import press
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.core.jobs import JobContext
from workbench.deploy.journal import Journal
from workbench.deploy.options import AliasMove, DeployOptions
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.versions import list_aliases
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.deploy.page import DeploysPage, HistoryFlow
from workbench.ui.features.deploy.roll_back_dialog import RollBackDialog
from workbench.ui.kit.dialog import Question
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.shell.deploy_history import note_created
from workbench.ui.shell.protection import Protection
from workbench.ui.shell.services import OpenFunction, Services

CTX = JobContext()
BAD = "def handler(event, context):\n    return 'bad'\n"
THEIRS = "def handler(event, context):\n    return 'theirs'\n"


class Historian:
    """Someone who deploys, looks back and goes back."""

    def __init__(self, desk: Desk, connection: Connection) -> None:
        self.desk = desk
        self.connection = connection
        self.name = create_function(connection, HANDLER).function_name
        desk.connect()
        desk.open(self.name)
        desk.until(lambda: desk.code.workspace)
        (self.page,) = desk.window.page.findChildren(DeploysPage)

    @property
    def workspace(self) -> Workspace:
        workspace = self.desk.code.workspace
        assert workspace is not None
        return workspace

    def deploy(self, text: str, options: DeployOptions | None = None) -> None:
        self.workspace.save("app.py", text)
        journal = Journal(self.desk.context.services.paths.data_dir / "deploys")
        deploy(self.connection, self.workspace, journal, CTX, options=options)
        connection = self.desk.session.connection
        assert connection is not None
        self.desk.context.deployed.emit(OpenFunction(connection, get_function(connection, self.name)))
        self.desk.idle()

    def look_back(self) -> list[list[str]]:
        self.desk.context.services.actions["view.deploys"].trigger()
        self.desk.idle()
        return texts(self.page.table)

    def ask(self, row: int) -> RollBackDialog:
        self.page.table.selectRow(row)
        self.page.roll_back.click()
        return self.dialog()

    def dialog(self) -> RollBackDialog:
        def shown() -> list[RollBackDialog]:
            return [each for each in self.desk.window.findChildren(RollBackDialog) if each.isVisible()]

        self.desk.until(shown)
        return shown()[0]

    def text(self) -> str:
        return deployed_text(self.connection, self.name)


def _label(desk: Desk, name: str) -> str:
    label = desk.window.findChild(QLabel, name)
    assert label is not None
    return label.text()


@pytest.fixture
def historian(desk: Desk, connection: Connection) -> Historian:
    return Historian(desk, connection)


def test_without_a_deploy_the_tab_says_what_comes_here(historian: Historian) -> None:
    assert historian.look_back() == []
    assert historian.page.empty.isVisible()
    assert not historian.page.roll_back.isEnabled()


def test_deploys_are_listed_with_all_that_is_known_of_them(historian: Historian) -> None:
    options = DeployOptions(publish=True, alias=AliasMove("prod"), configuration=Wanted(timeout_s=77))
    historian.deploy(BAD, options)

    rows = historian.look_back()

    assert [row[1:5] for row in rows] == [
        ["● Deployed", "app.py; Timeout", "1 · prod", "root"],
        ["Earlier code", "not deployed from this computer", "", ""],
    ]
    facts = {row[0]: row[1] for row in texts(historian.page.details.facts)}
    assert facts["Who"] == historian.connection.arn
    assert facts["Configuration"] == "Timeout 10 s → 77 s"
    assert facts["Code SHA-256"] == get_function(historian.connection, historian.name).code_sha256
    assert facts["Package"].endswith("stored on this computer")
    assert texts(historian.page.details.files) == [["app.py", "changed"]]
    assert historian.page.stored.text().endswith("of 1.0 GB")
    historian.page.copy_sha.click()
    assert QGuiApplication.clipboard().text() == facts["Code SHA-256"]


def test_the_words_beside_the_buttons_give_way_in_a_narrow_window(historian: Historian, desk: Desk) -> None:
    page, kept = historian.page, historian.page.stored
    historian.deploy(BAD)
    historian.look_back()
    desk.window.resize(desk.window.minimumSizeHint())
    desk.until(lambda: kept.width() < kept.sizeHint().width())
    assert kept.minimumSizeHint().width() < kept.sizeHint().width()  # it elides what does not fit
    assert page.copy_sha.mapTo(page, page.copy_sha.rect().bottomRight()).x() < page.width()
    assert "Stored packages of all functions" in kept.toolTip()


def test_one_click_and_a_yes_bring_the_old_code_back_and_show_it(historian: Historian, desk: Desk) -> None:
    historian.deploy(BAD)
    historian.look_back()
    dialog = historian.ask(1)
    assert [row[0] for row in texts(dialog.files)] == ["app.py"]
    assert texts(dialog.steps)[0][1] == "lambda: UpdateFunctionCode"
    assert dialog.by_alias.isHidden()
    assert dialog.configuration.isHidden()
    when = texts(historian.page.table)[1][0]
    assert dialog.windowTitle() == f"Roll Back {historian.name} to the code from before {when}"
    assert dialog.yes.text() == f"Roll Back to Before {when}"

    press(dialog, "rollBackYes")

    desk.until(lambda: desk.banner(f"Rolled back {historian.name} to the code from before {when}."))
    desk.idle()
    assert historian.text() == HANDLER
    assert historian.look_back()[0][2].startswith("back to the code of ")
    desk.window.page.show_tab("codePage")
    desk.until(lambda: desk.code.workspace)
    assert historian.workspace.read("app.py").text == HANDLER


def test_a_roll_back_names_the_version_and_the_time_that_it_goes_back_to(
    historian: Historian, desk: Desk
) -> None:
    historian.deploy(HANDLER + "# 1\n", DeployOptions(publish=True))
    historian.deploy(BAD)
    when = historian.look_back()[1][0]
    dialog = historian.ask(1)
    assert dialog.windowTitle() == f"Roll Back {historian.name} to version 1 (deployed {when})"
    assert dialog.yes.text() == "Roll Back to Version 1"
    press(dialog, "rollBackYes")
    desk.until(lambda: desk.banner(f"Rolled back {historian.name} to version 1 (deployed {when})."))
    desk.idle()
    assert historian.look_back()[0][2] == f"back to version 1 of {when}"


def test_a_function_that_was_created_here_begins_its_history_with_that(
    historian: Historian, desk: Desk
) -> None:
    function = desk.code.function
    assert function is not None
    note_created(desk.context.services, function.detail)
    ((when, *row),) = historian.look_back()
    assert row[:3] == ["● Created", "created from this computer", ""]
    assert not historian.page.roll_back.isEnabled()  # its package came another way, and it is deployed
    historian.deploy(BAD)
    assert [row[1] for row in historian.look_back()] == ["● Deployed", "Created"]
    dialog = historian.ask(1)
    to = f"the code it was created with ({when})"
    assert dialog.windowTitle() == f"Roll Back {historian.name} to {to}"
    press(dialog, "rollBackYes")
    desk.until(lambda: desk.banner(f"Rolled back {historian.name} to {to}."))
    assert historian.text() == HANDLER


def test_the_key_goes_back_to_what_was_there_before(historian: Historian, desk: Desk) -> None:
    historian.deploy(BAD)
    desk.context.services.actions["function.roll_back"].trigger()
    press(historian.dialog(), "rollBackYes")
    desk.until(lambda: desk.banner(f"Rolled back {historian.name}"))
    assert historian.text() == HANDLER


def test_where_there_is_nothing_to_go_back_to_it_is_said(historian: Historian, desk: Desk) -> None:
    desk.context.services.actions["function.roll_back"].trigger()
    desk.until(lambda: desk.banner("Nothing to roll back."))
    historian.deploy(BAD)
    historian.look_back()
    historian.page.table.selectRow(0)  # the function has it
    historian.page.roll_back.click()
    desk.until(lambda: desk.banner(f"{historian.name} already has this code."))


def test_changes_that_are_not_deployed_are_kept(historian: Historian, desk: Desk) -> None:
    historian.deploy(BAD)
    historian.workspace.save("app.py", BAD + "# a try to mend it\n")
    historian.look_back()
    press(historian.ask(1), "rollBackYes")

    desk.until(lambda: desk.banner("Your changes are kept. Deploy to send them."))

    assert historian.text() == HANDLER
    assert historian.workspace.read("app.py").text == BAD + "# a try to mend it\n"
    assert not historian.workspace.stale


def test_the_alias_is_moved_where_it_was_moved_then(historian: Historian, desk: Desk) -> None:
    for text in (HANDLER + "# 1\n", BAD):
        historian.deploy(text, DeployOptions(publish=True, alias=AliasMove("prod")))
    historian.look_back()
    dialog = historian.ask(1)
    assert dialog.by_alias.isChecked()
    assert dialog.aliases.currentText() == "prod (now version 2)"

    press(dialog, "rollBackYes")

    desk.until(lambda: desk.banner("prod points to version 1."))
    (alias,) = list_aliases(historian.connection, historian.name, CTX)
    assert alias.version == "1"
    assert historian.text() == BAD
    desk.idle()
    assert historian.look_back()[0][1:4] == ["Alias updated", "prod to version 1", "1 · prod"]


def _forget_code_of_versions(journal: Path) -> None:
    """Journals as earlier versions of Workbench wrote them: the version's code is not in them."""
    for file in journal.iterdir():
        events = [json.loads(line) for line in file.read_text().splitlines() if line]
        for event in events:
            event.get("facts", {}).pop("code_sha256", None)
        file.write_text("".join(f"\n{json.dumps(event)}" for event in events))


@pytest.mark.parametrize("is_old", [False, True], ids=["recorded now", "recorded by earlier versions"])
def test_a_move_of_an_alias_is_gone_back_to_where_its_label_says(
    historian: Historian, desk: Desk, *, is_old: bool
) -> None:
    live = DeployOptions(publish=True, alias=AliasMove("live"))
    for text in (HANDLER + "# 1\n", BAD):
        historian.deploy(text, live)
    historian.look_back()
    press(historian.ask(1), "rollBackYes")
    desk.until(lambda: desk.banner("live points to version 1."))
    desk.idle()
    if is_old:
        _forget_code_of_versions(desk.context.services.paths.data_dir / "deploys")
    connection = historian.connection
    connection.call("lambda", "update_alias", FunctionName=historian.name, Name="live", FunctionVersion="2")
    rows = historian.look_back()
    assert rows[0][1:4] == ["Alias updated", "live to version 1", "1 · live"]
    first = get_function(connection, historian.name, "1").code_sha256
    assert rows[0][5] == first[:12]

    dialog = historian.ask(0)

    assert dialog.yes.text() == "Roll Back to Version 1"
    assert " to version 1 (" in dialog.windowTitle()
    assert dialog.by_alias.isChecked()
    assert "Move the alias live from version 2 to 1" in str(texts(dialog.steps))
    desk.window.banners.clear()  # of the first time
    press(dialog, "rollBackYes")
    desk.until(lambda: desk.banner(f"Rolled back {historian.name} to version 1"))
    desk.idle()
    (alias,) = list_aliases(connection, historian.name, CTX)
    assert (alias.name, alias.version) == ("live", "1")
    assert historian.look_back()[0][1:4] == ["Alias updated", "live to version 1", "1 · live"]


def test_the_newest_move_of_an_alias_is_not_rolled_back_to_the_other_version(
    historian: Historian, desk: Desk
) -> None:
    for text in (HANDLER + "# 1\n", BAD):
        historian.deploy(text, DeployOptions(publish=True, alias=AliasMove("live")))
    historian.look_back()
    press(historian.ask(1), "rollBackYes")
    desk.until(lambda: desk.banner("live points to version 1."))
    desk.idle()
    historian.look_back()
    dialog = historian.ask(0)  # the alias is there: what is left is its code for $LATEST
    assert dialog.yes.text() == "Roll Back to Version 1"
    assert dialog.by_alias.isHidden()
    press(dialog, "rollBackYes")
    desk.until(lambda: desk.banner("The function has this code again."))
    (alias,) = list_aliases(historian.connection, historian.name, CTX)
    assert alias.version == "1"
    assert historian.text() == HANDLER + "# 1\n"


def test_what_the_last_deploy_moved_is_chosen_for_a_version_made_without_an_alias(
    historian: Historian,
) -> None:
    historian.deploy(HANDLER + "# 1\n", DeployOptions(publish=True))
    historian.deploy(BAD, DeployOptions(publish=True, alias=AliasMove("live")))
    historian.look_back()
    dialog = historian.ask(1)
    assert dialog.yes.text() == "Roll Back to Version 1"
    assert dialog.by_alias.isChecked()
    assert dialog.aliases.currentText() == "live (now version 2)"
    assert "lambda: UpdateAlias" in str(texts(dialog.steps))


def test_where_the_last_deploy_moved_no_alias_none_is_chosen(historian: Historian) -> None:
    for text in (HANDLER + "# 1\n", BAD):
        historian.deploy(text, DeployOptions(publish=True, alias=AliasMove("live")))
    historian.deploy(THEIRS)
    historian.look_back()
    dialog = historian.ask(2)
    assert dialog.by_code.isChecked()
    assert dialog.aliases.currentText() == "live (now version 2)"
    assert "lambda: UpdateFunctionCode" in str(texts(dialog.steps))


def test_the_configuration_of_that_time_is_offered_and_its_values_are_said(
    historian: Historian, desk: Desk
) -> None:
    historian.deploy(BAD, DeployOptions(configuration=Wanted(timeout_s=77)))
    historian.look_back()
    dialog = historian.ask(1)
    assert not dialog.configuration.isChecked()
    assert dialog.changes.text() == "Timeout 77 s → 10 s. Environment variables do not change."
    assert "UpdateFunctionConfiguration" not in str(texts(dialog.steps))
    dialog.configuration.click()
    assert "UpdateFunctionConfiguration" in str(texts(dialog.steps))

    press(dialog, "rollBackYes")

    desk.until(lambda: desk.banner(f"Rolled back {historian.name}"))
    assert get_function(historian.connection, historian.name).timeout_s == 10
    assert historian.text() == HANDLER


def test_where_the_code_is_there_already_its_configuration_comes_back(
    historian: Historian, desk: Desk
) -> None:
    historian.deploy(BAD)
    historian.deploy(BAD, DeployOptions(configuration=Wanted(timeout_s=77)))
    historian.look_back()
    dialog = historian.ask(1)
    assert dialog.by_code.text() == "$LATEST already has this code; restore only the configuration"
    assert dialog.configuration.isHidden()
    assert [row[1] for row in texts(dialog.steps)] == ["lambda: UpdateFunctionConfiguration", ""]

    press(dialog, "rollBackYes")

    desk.until(lambda: desk.banner("Its configuration was changed."))
    assert get_function(historian.connection, historian.name).timeout_s == 10
    assert historian.text() == BAD


def test_cancel_changes_nothing(historian: Historian, desk: Desk) -> None:
    historian.deploy(BAD)
    historian.look_back()
    press(historian.ask(1), "rollBackCancel")
    desk.idle()
    assert historian.text() == BAD


def test_somebody_who_deploys_while_the_question_is_open_is_not_overwritten(
    historian: Historian, desk: Desk
) -> None:
    historian.deploy(BAD)
    historian.look_back()
    dialog = historian.ask(1)
    deploy_elsewhere(historian.connection, historian.name, THEIRS)

    press(dialog, "rollBackYes")

    desk.until(lambda: desk.banner(f"{historian.name} was not rolled back."))
    assert historian.text() == THEIRS


def test_production_asks_for_the_name_first(
    historian: Historian, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    historian.deploy(BAD)
    asked: list[str] = []
    monkeypatch.setattr(
        desk.context, "confirm", lambda function, _guard, _then: asked.append(function.detail.function_name)
    )
    historian.look_back()
    press(historian.ask(1), "rollBackYes")
    desk.until(lambda: asked)
    desk.idle()
    assert asked == [historian.name]
    assert historian.text() == BAD


def test_production_is_told_what_it_goes_back_to(
    historian: Historian, desk: Desk, services: Services
) -> None:
    historian.deploy(BAD)
    Safety(services.settings).set_tier("alice", Tier.PRODUCTION)
    protection = desk.window.findChild(Protection)
    assert protection is not None
    protection.show_tier()
    historian.look_back()
    dialog = historian.ask(1)
    to = dialog.windowTitle().partition(" to ")[2]
    assert to
    press(dialog, "rollBackYes")
    desk.until(lambda: [each for each in desk.window.findChildren(Question) if each.isVisible()])
    (question,) = [each for each in desk.window.findChildren(Question) if each.isVisible()]
    said = " ".join(label.text() for label in question.findChildren(QLabel))
    assert f"This rolls {historian.name} back to {to}. This is production" in said
    assert historian.text() == BAD
    question.reject()


def test_what_was_deployed_then_is_compared_with_the_open_code(historian: Historian, desk: Desk) -> None:
    historian.deploy(BAD)
    historian.look_back()
    historian.page.table.selectRow(1)

    historian.page.compare.click()

    left = desk.code.left
    desk.until(lambda: (shown := left.currentWidget()) and shown.objectName() == "comparePanel")
    desk.until(lambda: "1 file differs" in _label(desk, "compareState"))
    assert _label(desk, "compareTitle").startswith("Deployed on ")


def test_any_published_version_can_be_gone_back_to_by_an_alias(historian: Historian, desk: Desk) -> None:
    call, name = historian.connection.call, historian.name
    call("lambda", "publish_version", FunctionName=name)
    deploy_elsewhere(historian.connection, name, THEIRS)
    call("lambda", "publish_version", FunctionName=name)
    call("lambda", "create_alias", FunctionName=name, Name="prod", FunctionVersion="2")
    page = desk.window.page.findChildren(VersionsPage)[0]
    desk.window.page.show_tab("versionsPage")
    desk.until(lambda: page.versions.model().rowCount() == 3)
    page.versions.selectRow(2)
    page.versions.setCurrentIndex(page.versions.model().index(2, 0))
    page.roll_back.click()
    dialog = historian.dialog()
    assert " to version 1 (published " in dialog.windowTitle()
    assert dialog.by_code.isHidden()

    press(dialog, "rollBackYes")

    desk.until(lambda: desk.banner(f"Rolled back {name} to version 1 (published "))
    (alias,) = list_aliases(historian.connection, name, CTX)
    assert alias.version == "1"
    assert historian.text() == THEIRS


def test_a_version_that_nothing_can_point_to_says_so(historian: Historian, desk: Desk) -> None:
    call, name = historian.connection.call, historian.name
    call("lambda", "publish_version", FunctionName=name)
    deploy_elsewhere(historian.connection, name, THEIRS)
    page = desk.window.page.findChildren(VersionsPage)[0]
    page.roll_back_wanted.emit("1")
    desk.until(lambda: desk.banner("The function has no alias"))


def test_old_deploys_are_forgotten_while_the_window_is_open(historian: Historian) -> None:
    historian.deploy(BAD)
    (file,) = (historian.desk.context.services.paths.data_dir / "deploys").iterdir()
    (record,) = Journal(file.parent).records()
    old = file.read_text()
    for sha256 in (record.old_sha256, record.new_sha256):
        old = old.replace(sha256, "gone" + sha256[4:])  # their packages are kept no more
    for number in range(203):
        name = f"20260101T{number:06}.000000Z-{historian.name}-abcdef.jsonl"
        (file.parent / name).write_text(old)
    connected = historian.desk.window.findChild(HistoryFlow)
    assert connected is not None
    connected.tidy()
    historian.desk.idle()
    left = sorted(path.name for path in file.parent.iterdir())
    assert len(left) == 200
    assert left[0].startswith("20260101T000004")
    assert left[-1] == file.name

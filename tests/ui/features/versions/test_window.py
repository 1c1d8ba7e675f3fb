"""Versions and aliases in the whole window: what is asked, what it does in AWS, and what may fail."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPlainTextEdit, QToolButton

from tests.sandbox_functions import create_function, deploy_elsewhere
from tests.triggers.kinds.pulled import make_queue
from tests.ui.pages.conftest import texts
from tests.ui.sign_in.conftest import press
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import wait_until_updated
from workbench.functions.roles import create_role
from workbench.functions.versions import (
    Alias,
    AliasSpec,
    create_alias,
    list_aliases,
    list_versions,
    update_alias,
)
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.versions.dialog import AliasDialog, PruneDialog, PublishDialog
from workbench.ui.kit.dialog import Question
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.shell.protection import Protection
from workbench.ui.shell.services import Services

CTX = JobContext()


class Keeper:
    """Someone who keeps a function's versions in order."""

    def __init__(self, desk: Desk, connection: Connection, published: int) -> None:
        self.desk, self.connection = desk, connection
        self.name = create_function(connection, HANDLER).function_name
        for number in range(published):
            deploy_elsewhere(connection, self.name, f"{HANDLER}# {number}\n")
            connection.call("lambda", "publish_version", FunctionName=self.name)
        desk.connect()
        desk.open(self.name)
        desk.window.page.show_tab("versionsPage")
        (self.page,) = desk.window.page.findChildren(VersionsPage)
        desk.until(self.page.versions.isVisible)

    def act(self, action: str) -> None:
        self.desk.context.services.actions[action].trigger()

    def choose(self, action: str) -> None:
        """Chooses from the context menu of the selected row."""
        found = [each for t in (self.page.aliases, self.page.versions) for each in t.actions()]
        (chosen,) = [each for each in found if each.objectName() == action]
        assert chosen.isEnabled()
        chosen.trigger()

    def dialog[D: QDialog](self, kind: type[D]) -> D:
        def shown() -> list[D]:
            return [each for each in self.desk.window.findChildren(kind) if each.isVisible()]

        self.desk.until(shown)
        return shown()[0]

    def versions(self) -> list[str]:
        return [each.version for each in list_versions(self.connection, self.name, CTX)]

    def aliases(self) -> tuple[Alias, ...]:
        return list_aliases(self.connection, self.name, CTX)

    def shown(self) -> list[str]:
        return [row[0] for row in texts(self.page.versions)]


@pytest.fixture
def keeper(desk: Desk, connection: Connection) -> Keeper:
    return Keeper(desk, connection, 3)


# Publishing -------------------------------------------------------------------------------------------------


def test_what_is_published_is_in_the_list_and_a_second_time_says_that_nothing_changed(
    keeper: Keeper, connection: Connection
) -> None:
    deploy_elsewhere(connection, keeper.name, f"{HANDLER}# new\n")
    keeper.act("function.refresh")
    keeper.desk.idle()
    keeper.act("function.publish_version")
    dialog = keeper.dialog(PublishDialog)
    dialog.description.setText("d" * 257)
    assert not dialog.yes.isEnabled()
    dialog.description.setText("Faster")
    press(dialog, "publishYes")
    keeper.desk.until(lambda: keeper.desk.banner("Version 4 of"))
    keeper.desk.until(lambda: keeper.shown() == ["$LATEST", "4", "3", "2", "1"])
    assert texts(keeper.page.versions)[1][2] == "Faster"
    keeper.act("function.publish_version")
    assert keeper.dialog(PublishDialog).findChild(QLineEdit, "publishDescription") is not None
    press(keeper.dialog(PublishDialog), "publishYes")
    keeper.desk.until(
        lambda: keeper.desk.banner(f"Version 4 of {keeper.name} has the same code and configuration.")
    )
    keeper.desk.idle()


def test_code_deployed_by_somebody_else_is_not_published_unseen(
    keeper: Keeper, connection: Connection
) -> None:
    deploy_elsewhere(connection, keeper.name, f"{HANDLER}# theirs\n")
    keeper.act("function.publish_version")
    press(keeper.dialog(PublishDialog), "publishYes")
    keeper.desk.until(lambda: keeper.desk.banner("No version was published"))
    assert keeper.versions() == ["$LATEST", "3", "2", "1"]
    keeper.desk.idle()


# Aliases ----------------------------------------------------------------------------------------------------


def test_an_alias_is_made_shared_and_deleted(keeper: Keeper) -> None:
    keeper.act("function.new_alias")
    dialog = keeper.dialog(AliasDialog)
    assert dialog.version.currentData() == "3"  # the newest
    assert not dialog.yes.isEnabled()
    QTest.keyClicks(dialog.name, "live")
    dialog.version.setCurrentIndex(dialog.version.findData("2"))
    press(dialog, "aliasYes")
    keeper.desk.until(lambda: texts(keeper.page.aliases) == [["live", "2", "", ""]])
    keeper.page.aliases.selectRow(0)
    keeper.choose("editAlias")
    dialog = keeper.dialog(AliasDialog)
    assert dialog.name.isReadOnly()
    dialog.shared.setChecked(True)
    assert dialog.second.currentData() == "3"  # another one
    assert dialog.share.lineEdit().textMargins().left() > 0  # as far in as the texts beside it
    dialog.second.setCurrentIndex(dialog.second.findData("2"))
    assert not dialog.yes.isEnabled()  # the same version
    dialog.second.setCurrentIndex(dialog.second.findData("3"))
    dialog.share.setValue(12.5)
    assert dialog.split.text() == "87.5 % of the traffic goes to version 2, and 12.5 % to version 3."
    press(dialog, "aliasYes")
    keeper.desk.until(lambda: texts(keeper.page.aliases)[0][2] == "2: 87.5 %, 3: 12.5 %")
    keeper.page.aliases.selectRow(0)
    keeper.choose("deleteAlias")
    press(keeper.dialog(Question), "deleteAliasYes")
    keeper.desk.until(lambda: not keeper.aliases())
    keeper.desk.until(keeper.page.aliases.isHidden)
    keeper.desk.idle()


def test_traffic_is_not_split_between_versions_with_different_roles_or_dead_letter_queues(
    keeper: Keeper, connection: Connection
) -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html."""
    role = create_role(connection, f"{keeper.name}-other", keeper.name)
    queue = make_queue(connection)
    connection.call("lambda", "update_function_configuration", FunctionName=keeper.name, Role=role)
    _publish(connection, keeper.name)
    policy = {"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}]}
    name = role.rpartition("/")[2]
    document = json.dumps(policy | {"Version": "2012-10-17"})
    connection.call("iam", "put_role_policy", RoleName=name, PolicyName="dlq", PolicyDocument=document)
    dead_letter = {"TargetArn": queue}
    connection.call(
        "lambda", "update_function_configuration", FunctionName=keeper.name, DeadLetterConfig=dead_letter
    )
    _publish(connection, keeper.name)

    keeper.act("function.new_alias")
    dialog = keeper.dialog(AliasDialog)
    dialog.name.setText("live")
    for version, second, fault in (
        ("4", "3", "different execution roles"),
        ("5", "4", "different dead-letter queues"),
        ("2", "1", ""),
    ):
        dialog.show_spec(AliasSpec(version, "", second, 0.1))
        said = " ".join(each.text() for each in dialog.findChildren(QLabel) if each.isVisible())
        assert ("different" in said) is bool(fault)
        assert fault in said
        assert dialog.yes.isEnabled() is not bool(fault)
    dialog.reject()


def _publish(connection: Connection, name: str) -> None:
    wait_until_updated(connection, name, CTX)
    connection.call("lambda", "publish_version", FunctionName=name)


def test_what_calls_an_alias_is_told_before_it_goes(keeper: Keeper, connection: Connection) -> None:
    create_alias(connection, keeper.name, "live", AliasSpec("1"), CTX)
    permission = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "StatementId": "s3"}
    connection.call(
        "lambda",
        "add_permission",
        FunctionName=keeper.name,
        Qualifier="live",
        **permission,  # type: ignore[arg-type]
    )
    keeper.page.refresh()
    keeper.desk.until(lambda: texts(keeper.page.aliases))
    keeper.page.aliases.selectRow(0)
    keeper.choose("deleteAlias")
    question = keeper.dialog(Question)
    detail = question.findChild(QPlainTextEdit, "deleteAliasDetail")
    assert detail is not None
    assert detail.toPlainText() == "a permission in its resource policy"
    QTest.keyClick(question, Qt.Key.Key_Escape)
    assert [alias.name for alias in keeper.aliases()] == ["live"]
    keeper.desk.idle()


def test_a_conflict_shows_what_is_there_and_saving_again_is_about_that(
    keeper: Keeper, connection: Connection
) -> None:
    seen = create_alias(connection, keeper.name, "live", AliasSpec("1"), CTX)
    keeper.page.refresh()
    keeper.desk.until(lambda: texts(keeper.page.aliases))
    keeper.page.aliases.selectRow(0)
    keeper.choose("editAlias")
    dialog = keeper.dialog(AliasDialog)
    update_alias(connection, keeper.name, seen, AliasSpec("2", "theirs"), CTX)
    dialog.version.setCurrentIndex(dialog.version.findData("3"))
    dialog.description.setText("mine")
    press(dialog, "aliasYes")
    keeper.desk.until(lambda: "now points to version 2 (“theirs”)" in dialog.state.text())
    assert dialog.isVisible()
    assert dialog.description.text() == "mine"  # nothing that was typed is lost
    assert dialog.yes.text() == "Save Anyway"
    press(dialog, "aliasYes")
    keeper.desk.until(lambda: keeper.aliases()[0].version == "3")
    keeper.desk.idle()
    assert keeper.aliases()[0].description == "mine"


def test_an_alias_that_has_gone_says_so(keeper: Keeper, connection: Connection) -> None:
    create_alias(connection, keeper.name, "live", AliasSpec("1"), CTX)
    keeper.page.refresh()
    keeper.desk.until(lambda: texts(keeper.page.aliases))
    connection.call("lambda", "delete_alias", FunctionName=keeper.name, Name="live")
    keeper.page.aliases.selectRow(0)
    keeper.choose("editAlias")
    keeper.desk.until(lambda: keeper.desk.banner("The alias live no longer exists."))
    keeper.desk.idle()


# Deleting versions ------------------------------------------------------------------------------------------


def test_the_dry_run_follows_the_number_and_what_it_shows_is_deleted(
    keeper: Keeper, connection: Connection
) -> None:
    create_alias(connection, keeper.name, "live", AliasSpec("1"), CTX)
    keeper.act("function.prune_versions")
    dialog = keeper.dialog(PruneDialog)
    assert not dialog.yes.isEnabled()
    assert dialog.state.text() == "Nothing to delete: all versions are kept."
    dialog.keep.setValue(1)
    keeper.desk.until(dialog.yes.isEnabled)
    assert [row[:2] for row in texts(dialog.table)] == [
        ["2", "Deleted"],
        ["$LATEST", "Kept: $LATEST"],
        ["3", "Kept: one of the newest"],
        ["1", "Kept: alias live"],
    ]
    assert dialog.yes.text() == "Delete 1 Version"
    press(dialog, "pruneYes")
    keeper.desk.until(lambda: keeper.desk.banner("1 version of"))
    keeper.desk.until(lambda: keeper.shown() == ["$LATEST", "3", "1"])
    assert keeper.versions() == ["$LATEST", "3", "1"]
    keeper.desk.idle()


def test_an_alias_made_after_the_dry_run_keeps_its_version(keeper: Keeper, connection: Connection) -> None:
    keeper.act("function.prune_versions")
    dialog = keeper.dialog(PruneDialog)
    dialog.keep.setValue(1)
    keeper.desk.until(dialog.yes.isEnabled)
    create_alias(connection, keeper.name, "late", AliasSpec("2"), CTX)
    press(dialog, "pruneYes")
    keeper.desk.until(lambda: keeper.desk.banner("Some versions of"))
    banner = keeper.desk.banner("Deleted: 1. Not deleted: 2. The alias late now points to it.")
    assert banner is not None
    assert keeper.versions() == ["$LATEST", "3", "2"]
    keeper.desk.idle()


def test_one_version_is_deleted_from_its_row(keeper: Keeper) -> None:
    keeper.page.versions.selectRow(2)
    keeper.choose("deleteVersion")
    question = keeper.dialog(Question)
    assert question.yes.text() == "Delete Version 2"
    press(question, "deleteVersionYes")
    keeper.desk.until(lambda: keeper.shown() == ["$LATEST", "3", "1"])
    keeper.desk.idle()


def test_no_version_of_another_function_is_selected(keeper: Keeper) -> None:
    """Its numbers are the same ones: what is selected would be deleted."""
    keeper.page.versions.selectRow(2)
    assert keeper.page.versions.chosen()
    keeper.page.function_changed()
    keeper.page.refresh()
    keeper.desk.until(lambda: keeper.shown() == ["$LATEST", "3", "2", "1"])
    assert not keeper.page.versions.chosen()
    keeper.desk.idle()


def test_production_asks_for_the_name(keeper: Keeper, services: Services) -> None:
    safety = Safety(services.settings)
    safety.set_tier("alice", Tier.PRODUCTION)
    protection = keeper.desk.window.findChild(Protection)
    assert protection is not None
    protection.show_tier()
    keeper.act("function.publish_version")
    press(keeper.dialog(PublishDialog), "publishYes")
    question = keeper.dialog(Question)
    assert not question.yes.isEnabled()
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClick(question, Qt.Key.Key_Escape)
    keeper.desk.idle()
    keeper.page.versions.selectRow(3)
    keeper.choose("deleteVersion")
    press(keeper.dialog(Question), "deleteVersionYes")
    keeper.desk.until(lambda: keeper.desk.window.findChildren(QLineEdit, "confirmName"))
    question = keeper.dialog(Question)
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, keeper.name)
    press(question, "confirmByNameYes")
    keeper.desk.until(lambda: keeper.versions() == ["$LATEST", "3", "2"])
    keeper.desk.idle()


def test_the_buttons_say_what_they_do(keeper: Keeper) -> None:
    for name, title in (
        ("newAlias", "New Alias…"),
        ("publishVersion", "Publish Version…"),
        ("deleteOldVersions", "Delete Old Versions…"),
    ):
        button = keeper.desk.window.findChild(QToolButton, name)
        assert button is not None
        assert (button.text(), button.toolButtonStyle()) == (title, Qt.ToolButtonStyle.ToolButtonTextOnly)

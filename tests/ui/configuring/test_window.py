"""The Configuration tab in the whole window: production, read-only profiles, stops, unsent changes."""

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit

from tests.aws.conftest import AwsFiles, aws_files
from tests.triggers.kinds.pulled import make_queue
from tests.ui.sign_in.conftest import press
from tests.ui.test_protection import ENDED, protection, safety
from tests.ui.test_routes import HANDLER, desk, function, opener
from tests.ui.window_desk import Desk, Opener
from tests.waiting import eventually
from workbench.aws.connection import Connection
from workbench.functions import configure as applying
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.functions.settings import SettingsDrafts
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.configuration import feature
from workbench.ui.features.configuration.page import ConfigurationPage
from workbench.ui.kit.dialog import Dialog
from workbench.ui.shell.protection import Protection

__all__ = ["AwsFiles", "Opener", "aws_files", "desk", "function", "opener", "protection", "safety"]
assert HANDLER


def form(desk: Desk, function: FunctionDetail) -> ConfigurationPage:
    """Opens the function's Configuration tab."""
    desk.connect()
    desk.open(function.function_name)
    desk.context.services.actions["view.configuration"].trigger()
    (page,) = desk.window.findChildren(ConfigurationPage)
    desk.until(lambda: page.form is not None)
    desk.idle()
    return page


def dialog(desk: Desk, name: str) -> Dialog:
    desk.until(lambda: [each for each in desk.window.findChildren(Dialog, name) if each.isVisible()])
    return next(each for each in desk.window.findChildren(Dialog, name) if each.isVisible())


def type_memory(page: ConfigurationPage, text: str) -> None:
    line = page.findChild(QLineEdit, "setting.memory_mb")
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, text)


def apply(desk: Desk) -> None:
    desk.context.services.actions["configuration.apply"].trigger()
    press(dialog(desk, "settingsChanges"), "settingsChangesApply")


def test_what_is_applied_shows_in_the_whole_window(
    desk: Desk, function: FunctionDetail, connection: Connection
) -> None:
    page = form(desk, function)
    type_memory(page, "256")
    apply(desk)
    desk.until(lambda: desk.banner("The configuration of"))
    desk.idle()
    assert desk.window.page.function is not None
    assert desk.window.page.function.detail.memory_mb == 256
    assert get_function(connection, function.function_name).memory_mb == 256
    assert page.draft.changes() == ()


def test_production_asks_for_the_name(
    desk: Desk, function: FunctionDetail, protection: Protection, safety: Safety, connection: Connection
) -> None:
    safety.set_tier("alice", Tier.PRODUCTION)
    page = form(desk, function)
    type_memory(page, "256")
    apply(desk)
    press(dialog(desk, "confirmByName"), "confirmByNameNo")
    desk.idle()
    assert get_function(connection, function.function_name).memory_mb == 128
    desk.context.services.actions["function.emergency_stop"].trigger()
    question = dialog(desk, "confirmByName")
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, function.function_name)
    press(question, "confirmByNameYes")
    desk.until(lambda: desk.banner("is stopped"))
    desk.idle()
    assert get_function(connection, function.function_name).reserved_concurrency == 0
    page.draft.discard()  # or the end of the window would ask


def test_a_stop_is_said_with_the_way_back(
    desk: Desk, function: FunctionDetail, connection: Connection
) -> None:
    form(desk, function)
    desk.context.services.actions["function.emergency_stop"].trigger()
    press(dialog(desk, "emergencyStop"), "emergencyStopYes")
    desk.until(lambda: desk.banner("is stopped"))
    desk.idle()
    banner = desk.banner("is stopped")
    assert banner is not None
    press(banner, "bannerAction")
    desk.until(lambda: desk.banner("was resumed"))
    desk.idle()
    assert desk.banner("is stopped") is None
    assert get_function(connection, function.function_name).reserved_concurrency is None


@pytest.mark.parametrize(("disables", "states"), [(True, ("Disabled", "Enabled")), (False, ("Enabled",) * 2)])
def test_a_stop_offers_to_disable_the_mappings_and_resuming_enables_them(
    desk: Desk, function: FunctionDetail, connection: Connection, disables: bool, states: tuple[str, str]
) -> None:
    queue, name = make_queue(connection), function.function_name
    made = connection.call("lambda", "create_event_source_mapping", EventSourceArn=queue, FunctionName=name)
    uuid = made["UUID"]

    def state() -> str:
        return str(connection.call("lambda", "get_event_source_mapping", UUID=uuid)["State"])

    eventually(lambda: state() == "Enabled")
    form(desk, function)
    desk.context.services.actions["function.emergency_stop"].trigger()
    asked = dialog(desk, "emergencyStop")
    box = asked.findChild(QCheckBox, "stopDisables")
    assert box is not None
    box.setChecked(disables)
    press(asked, "emergencyStopYes")
    desk.until(lambda: desk.banner("is stopped"))
    desk.idle()
    eventually(lambda: state() == states[0])
    assert (desk.banner("One event source mapping was disabled") is not None) is disables
    desk.context.services.actions["function.resume"].trigger()
    desk.until(lambda: desk.banner("was resumed"))
    desk.idle()
    eventually(lambda: state() == states[1])


def test_a_read_only_profile_only_shows(
    desk: Desk, function: FunctionDetail, protection: Protection, safety: Safety
) -> None:
    safety.set_tier("alice", Tier.READ_ONLY)
    page = form(desk, function)
    assert page.bar.words.text() == "The profile alice is read-only."
    assert page.form is not None
    assert not page.form.rows["memory_mb"].editor.isEnabled()


def test_what_failed_for_want_of_a_sign_in_is_offered_again(
    desk: Desk, function: FunctionDetail, protection: Protection, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = form(desk, function)
    type_memory(page, "256")

    def end(*_args: object) -> None:
        raise ENDED

    monkeypatch.setattr(applying, "apply", end)
    apply(desk)
    desk.until(lambda: protection.sign_in._failed == "configuration.apply")
    desk.idle()
    page.draft.discard()


def test_a_resume_that_failed_for_want_of_a_sign_in_is_offered_again_as_a_resume(
    desk: Desk, function: FunctionDetail, protection: Protection, monkeypatch: pytest.MonkeyPatch
) -> None:
    form(desk, function)
    desk.context.services.actions["function.emergency_stop"].trigger()
    press(dialog(desk, "emergencyStop"), "emergencyStopYes")
    desk.until(desk.context.services.actions["function.resume"].isEnabled)

    def end(*_args: object) -> None:
        raise ENDED

    monkeypatch.setattr(feature, "resume", end)
    desk.context.services.actions["function.resume"].trigger()
    desk.until(lambda: protection.sign_in._failed == "function.resume")
    desk.idle()


def test_a_function_that_was_deleted_meanwhile_leaves_the_list(
    desk: Desk, function: FunctionDetail, connection: Connection
) -> None:
    page = form(desk, function)
    type_memory(page, "256")
    connection.call("lambda", "delete_function", FunctionName=function.function_name)
    apply(desk)
    desk.until(lambda: desk.banner("Could not read the function"))
    desk.until(lambda: not desk.window.functions.model.index_of(function.function_name).isValid())
    desk.idle()
    assert page.draft.wanted.memory_mb == 256  # what was typed is still to be seen
    page.draft.discard()


def test_the_end_waits_until_the_disk_has_what_was_not_applied(desk: Desk, function: FunctionDetail) -> None:
    page = form(desk, function)
    type_memory(page, "256")
    ended: list[bool] = []
    desk.window.before_close(lambda: ended.append(page.kept.disk.is_behind))  # what closing the window calls
    desk.until(lambda: ended == [False])
    drafts = SettingsDrafts(desk.context.services.paths.data_dir / "configuration-drafts")
    assert [(each.name, each.new) for each in drafts.of(function.function_arn)] == [("memory_mb", 256)]


@pytest.mark.parametrize("quit_anyway", [False, True])
def test_the_end_asks_before_changes_are_lost(
    desk: Desk, function: FunctionDetail, quit_anyway: bool
) -> None:
    page = form(desk, function)
    folder = desk.context.services.paths.data_dir / "configuration-drafts"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    type_memory(page, "256")
    ended: list[bool] = []
    desk.window.before_close(lambda: ended.append(True))
    question = dialog(desk, "unsentChanges")
    assert any(function.function_name in label.text() for label in question.findChildren(QLabel))
    press(question, "unsentChangesYes" if quit_anyway else "unsentChangesNo")
    desk.idle()
    assert ended == [True] * quit_anyway
    assert page.draft.wanted.memory_mb == 256
    page.draft.discard()
    desk.window.before_close(lambda: ended.append(False))
    desk.until(lambda: ended[-1:] == [False])  # nothing to lose, nothing to ask

"""The profiles window as a whole: what is shown of real files, and what a click does."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QWidget

from tests.ui.features.profiles.conftest import SECRET, Aws, Room
from tests.ui.window_desk import choose
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.ini_editor import FileEdits, SetOption
from workbench.profiles.model import Profile
from workbench.profiles.safety import Tier
from workbench.ui.features.profiles.changes import DiffDialog
from workbench.ui.features.profiles.editing import EditForm
from workbench.ui.features.profiles.window import ProfilesWindow, open_profiles_window
from workbench.ui.shell.services import Services


def test_it_lists_the_sandbox_and_every_profile_of_the_files(room: Room) -> None:
    model = room.window.list.model
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == ["Sandbox", "default", "dev", "ghost"]


def test_opening_it_again_shows_the_same_window(room: Room, services: Services) -> None:
    parent = room.window.parentWidget()
    assert parent is not None
    room.window.close()
    assert open_profiles_window(parent, services, room.tools) is room.window
    assert room.window.isVisible()
    assert len(parent.findChildren(ProfilesWindow)) == 1


def test_the_chain_of_roles_is_drawn_to_whoever_has_a_key(room: Room) -> None:
    room.choose("dev")
    chain = room.window.details.overview.chain
    assert chain.accessibleDescription() == "dev → default"
    assert "arn:aws:iam::123456789012:role/developer" in room.texts(chain)


def test_a_chain_that_leads_to_no_profile_says_so_where_it_ends(room: Room) -> None:
    """R1."""
    room.choose("ghost")
    texts = room.texts(room.window.details.overview.chain)
    assert {"nobody", "No profile has this name."} <= set(texts)


def test_why_names_the_place_that_wins(room: Room) -> None:
    room.choose("default", "why")
    table = room.window.details.why.table
    room.until(lambda: table.model().rowCount() > 5)
    rows = [
        [table.model().index(row, column).data() for column in range(3)]
        for row in range(table.model().rowCount())
    ]
    assert ["Access key in the credentials file", "Used", "credentials:2"] in rows


def test_a_problem_is_repaired_after_its_diff_was_seen(room: Room) -> None:
    room.choose("dev", "problems")
    assert room.window.details.problems.table.model().index(0, 2).data() == "config, line 8"
    room.click("problemFix")
    diff = room.write()
    assert "-region = eu-central-1 # Frankfurt" in diff
    assert "+region = eu-central-1\n" in diff
    assert "region = eu-central-1\n\n[profile ghost]" in room.config.read_text("utf-8")
    room.until(lambda: room.window.profile and not room.window.profile.problems)


def test_a_section_that_the_sdk_ignores_is_repaired_from_any_profile(room: Room) -> None:
    room.choose("default", "problems")
    room.click("problemFix")
    assert "+[profile forgotten]" in room.write()
    room.until(lambda: room.window.list.model.index_of("forgotten").isValid())


def test_a_no_to_the_diff_writes_nothing(room: Room) -> None:
    before = room.config.read_bytes()
    room.choose("dev", "problems")
    room.click("problemFix")
    dialog = room.dialog(DiffDialog)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    room.until(lambda: not room.window.findChildren(DiffDialog))
    assert room.config.read_bytes() == before
    assert room.tools.writer.journal.entries() == ()


def test_what_was_written_is_told_and_stands_in_the_history(room: Room) -> None:
    room.choose("dev", "problems")
    room.click("problemFix")
    with room.qtbot.waitSignal(room.window.files_changed):
        room.write()
    room.choose("dev", "history")
    history = room.window.details.history
    room.until(lambda: history.table.model().rowCount() == 1)
    assert history.table.model().index(0, 1).data() == "Fix line 8 of config"
    room.until(lambda: "-   region = eu-central-1 # Frankfurt" in history.effects.toPlainText())


def test_a_change_that_another_program_undid_is_made_again(room: Room) -> None:
    edit = FileEdits(room.config, (SetOption("profile dev", "output", "json"),))
    before = room.config.read_bytes()
    room.tools.writer.write([edit], "Set the output", JobContext())
    room.config.write_bytes(before)
    room.window.refresh()
    room.until(lambda: any("undid a change" in text for text in room.said()))
    room.choose("dev", "history")
    room.click("historyReapply")
    assert "+output = json" in room.write()
    assert b"output = json" in room.config.read_bytes()
    room.until(lambda: not room.said())


def test_a_change_that_shall_stay_undone_is_not_spoken_of_again(room: Room) -> None:
    edit = FileEdits(room.config, (SetOption("profile dev", "output", "json"),))
    before = room.config.read_bytes()
    room.tools.writer.write([edit], "Set the output", JobContext())
    room.config.write_bytes(before)
    room.window.refresh()
    room.until(room.said)
    room.choose("dev", "history")
    room.click("historyLeave")
    room.until(lambda: not room.said())
    assert room.config.read_bytes() == before


def test_check_shows_what_aws_says(room: Room, aws: Aws) -> None:
    room.choose("dev")
    room.click("profile.check")
    room.until(lambda: room.window.details.overview.check.isVisible())
    assert aws.asked == ["dev"]
    table = room.window.details.overview.check
    values = [table.model().index(row, 1).data() for row in range(table.model().rowCount())]
    assert values[0] == "123456789012 (corp)"
    assert "Cannot list functions" in values
    assert "Careful." in room.texts(room.window.details.overview)
    assert room.child(QPushButton, "profile.check").isEnabled()


def test_a_check_that_fails_is_a_banner_in_this_window(room: Room, aws: Aws) -> None:
    aws.errors["dev"] = WorkbenchError("The key is unknown.", aws_code="InvalidClientTokenId")
    room.choose("dev")
    room.click("profile.check")
    room.until(lambda: room.said() == ["The key is unknown. [InvalidClientTokenId]"])
    assert not room.window.details.overview.check.isVisible()


def fail_check(room: Room, aws: Aws, action: str) -> QPushButton:
    """Checks dev, which fails, then looks at another profile; returns the remedy's button."""
    aws.errors["dev"] = WorkbenchError("It cannot be used.", action=action)
    room.choose("dev")
    room.click("profile.check")
    room.until(room.said)
    room.choose("default")
    return room.child(QPushButton, "bannerAction")


def test_the_remedies_of_a_failed_check_are_for_the_profile_that_was_checked(room: Room, aws: Aws) -> None:
    wanted: list[tuple[str, str]] = []
    room.window.remedy_wanted.connect(lambda action, profile: wanted.append((action, profile.name)))
    for action in ("profile.sign_in", "profile.trust_endpoint", "profile.trust_process"):
        fail_check(room, aws, action).click()
        assert wanted[-1] == (action, "dev")
    fail_check(room, aws, "profile.edit").click()
    form = room.dialog(EditForm)
    assert form.draft().name == "dev"
    form.reject()


def test_a_check_that_failed_is_made_again_from_its_message(room: Room, aws: Aws) -> None:
    button = fail_check(room, aws, "connection.retry")
    del aws.errors["dev"]
    button.click()
    room.until(lambda: aws.asked == ["dev", "dev"] and not room.window.checking)
    assert room.said() == []


def test_a_remedy_that_is_not_for_this_window_has_no_button(room: Room, aws: Aws) -> None:
    assert not fail_check(room, aws, "deploy.resolve_conflict").isVisible()


def test_a_tier_is_chosen_kept_and_told(room: Room) -> None:
    room.choose("dev")
    told: list[str] = []
    room.window.tier_changed.connect(told.append)
    box = room.child(QComboBox, "profileTier")
    choose(box, box.itemText(box.findData(Tier.PRODUCTION)))
    assert told == ["dev"]
    assert room.tools.safety.tier("dev") is Tier.PRODUCTION
    room.choose("ghost")
    assert box.currentData() is Tier.NORMAL


def test_acting_as_a_profile_is_asked_for_with_the_profile(room: Room) -> None:
    room.choose("dev")
    wanted: list[Profile] = []
    room.window.use_wanted.connect(wanted.append)
    room.click("profile.use")
    assert [profile.name for profile in wanted] == ["dev"]


def test_the_list_has_a_menu_with_what_can_be_done(room: Room) -> None:
    room.choose("dev")
    actions = {each.objectName(): each for each in room.window.list.view.actions()}
    assert actions["profile.edit.menu"].isEnabled()
    assert not actions["profile.keyring.menu"].isEnabled()
    actions["profile.edit.menu"].trigger()
    room.dialog(EditForm).reject()


def test_the_sandbox_cannot_be_changed(room: Room) -> None:
    room.choose("Sandbox")
    for what in ("edit", "duplicate", "rename", "delete", "keyring"):
        assert not room.child(QPushButton, f"profile.{what}").isEnabled(), what
    assert room.child(QPushButton, "profile.use").isEnabled()


def test_a_broken_file_is_said_with_its_line_and_nothing_can_be_edited(room: Room) -> None:
    """H4."""
    with room.config.open("a", encoding="utf-8") as file:
        file.write("[profile dev]\nregion = us-east-1\n")
    room.window.refresh()
    room.until(room.said)
    assert "line 16" in room.said()[0]
    room.choose("default")
    assert not room.child(QPushButton, "profile.edit").isEnabled()
    room.config.write_text("[profile dev]\nregion = us-east-1\n", "utf-8")
    room.window.refresh()
    room.until(lambda: not room.said())


def test_no_secret_is_in_any_text_of_the_window(room: Room) -> None:
    for name in ("default", "dev"):
        for tab in ("overview", "why", "problems", "history"):
            room.choose(name, tab)
            QApplication.processEvents()
            texts = room.texts(room.window)
            for widget in room.window.findChildren(QWidget):
                texts += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
            assert not any(SECRET in text for text in texts)


def test_every_control_has_a_name_to_hear_and_an_object_name(room: Room) -> None:
    buttons = [each for each in room.window.findChildren(QPushButton) if each.isVisibleTo(room.window)]
    assert len(buttons) >= 7
    assert all(each.objectName() and (each.accessibleName() or each.text()) for each in buttons)


@pytest.mark.parametrize("config_text", [""])
@pytest.mark.parametrize("credentials_text", [""])
def test_without_any_profile_the_sandbox_is_there(room: Room) -> None:
    assert room.window.profile is not None
    assert room.window.profile.name == "Sandbox"
    assert room.said() == []

"""Profiles in bulk: tick accounts and roles of a portal, look at the change, write it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit

from tests.fake_sso import START_URL, Account, FakeSso, Refusal
from tests.profiles.sso.conftest import AwsFiles
from tests.ui.sign_in.conftest import Room, press, shown
from workbench.ui.features.profiles.changes import DiffDialog
from workbench.ui.features.profiles.portal_roles import PortalDialog, RolePicker, RolesFlow

PORTAL = f"[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = eu-west-1\n"
THERE = "[profile dev]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Admin\n"
CHECK = Qt.ItemDataRole.CheckStateRole


@pytest.fixture
def config(aws_files: AwsFiles, fake_sso: FakeSso) -> Path:
    fake_sso.accounts["222222222222"] = Account("Live", ["Admin", "Reader"], "live@example.com")
    return aws_files.config(PORTAL + THERE)


@pytest.fixture
def flow(room: Room, config: Path) -> Iterator[RolesFlow]:
    yield RolesFlow(room.services, room.flow, room.banners, room.window)
    room.services.jobs.drop("profile.add_from_portal")
    room.until(lambda: not room.services.jobs.active())


def picker(room: Room, flow: RolesFlow) -> RolePicker:
    """The picker with all roles, after a sign-in with the browser."""
    flow.begin("eu-central-1")
    press(room.dialog(PortalDialog), "portalGoOn")
    picker = room.dialog(RolePicker)
    room.until(lambda: picker.model.rowCount() == 4 and not shown(picker, "rolePickerState"))
    return picker


def texts(picker: RolePicker) -> list[str]:
    shown = picker.model
    return [
        " ".join(str(shown.index(row, column).data()) for column in range(3))
        for row in range(shown.rowCount())
    ]


def diff(room: Room) -> tuple[DiffDialog, str]:
    room.until(lambda: room.window.findChildren(DiffDialog))
    dialog = room.window.findChildren(DiffDialog)[0]
    field = dialog.findChild(QPlainTextEdit)
    assert field is not None
    return dialog, field.toPlainText()


def test_ticked_roles_become_profiles(room: Room, flow: RolesFlow, config: Path) -> None:
    open_picker = picker(room, flow)
    open_picker.search.setText("live")
    room.until(lambda: texts(open_picker) == ["Live 222222222222 Admin", "Live 222222222222 Reader"])
    press(open_picker, "roleTickShown")
    assert open_picker.add.text() == "Add 2 Profiles…"
    press(open_picker, "roleAdd")
    dialog, text = diff(room)
    assert "+[profile Live-Admin]" in text
    assert "+region = eu-central-1" in text
    assert config.read_text() == PORTAL + THERE
    added: list[bool] = []
    flow.added.connect(lambda: added.append(True))
    dialog.accept()
    room.until(lambda: added)
    assert "[profile Live-Reader]\nsso_session = corp\nsso_account_id = 222222222222\n" in config.read_text()
    assert not room.open_dialogs(RolePicker)
    room.banner("New profiles were added from corp.")


def test_what_has_a_profile_cannot_be_ticked(room: Room, flow: RolesFlow) -> None:
    open_picker = picker(room, flow)
    first = open_picker.model.index(0, 0)
    assert first.data(CHECK) == Qt.CheckState.Checked
    assert not first.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "already" in first.data(Qt.ItemDataRole.ToolTipRole)
    press(open_picker, "roleTickShown")
    assert open_picker.add.text() == "Add 3 Profiles…"
    press(open_picker, "roleUntick")
    assert not open_picker.add.isEnabled()


def test_the_keyboard_ticks_all_that_is_selected(room: Room, flow: RolesFlow) -> None:
    open_picker = picker(room, flow)
    selection = open_picker.table.selectionModel()
    for row in (1, 2):
        selection.select(
            open_picker.model.index(row, 0),
            QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
        )
    QTest.keyClick(open_picker.table, Qt.Key.Key_Space)
    assert [each.role_name for each in open_picker.chosen] == ["Reader", "Admin"]
    QTest.keyClick(open_picker.table, Qt.Key.Key_Space)
    assert open_picker.chosen == ()


def test_a_click_ticks_one(room: Room, flow: RolesFlow) -> None:
    open_picker = picker(room, flow)
    assert open_picker.model.setData(open_picker.model.index(1, 0), Qt.CheckState.Checked.value, CHECK)
    assert open_picker.add.text() == "Add 1 Profile…"


def test_names_that_cannot_be_made_are_refused_in_the_dialog(room: Room, flow: RolesFlow) -> None:
    open_picker = picker(room, flow)
    press(open_picker, "roleTickShown")
    open_picker.name.setText("{nobody}")
    press(open_picker, "roleAdd")
    room.until(lambda: "is not a known placeholder" in shown(open_picker, "rolePickerState"))
    open_picker.name.setText("{account_id}-{role}")
    press(open_picker, "roleAdd")
    assert "+[profile 222222222222-Admin]" in diff(room)[1]


def test_a_no_to_the_change_leaves_the_ticks(room: Room, flow: RolesFlow, config: Path) -> None:
    open_picker = picker(room, flow)
    press(open_picker, "roleTickShown")
    press(open_picker, "roleAdd")
    diff(room)[0].reject()
    assert config.read_text() == PORTAL + THERE
    assert len(open_picker.chosen) == 3


def test_a_portal_that_no_file_names_can_be_signed_in_to(
    room: Room, flow: RolesFlow, aws_files: AwsFiles
) -> None:
    config = aws_files.config("")
    flow.begin()
    dialog = room.dialog(PortalDialog)
    for name, address, region, wrong in (
        ("a b", START_URL, "eu-west-1", "unique name"),
        ("corp", "http://example.com", "eu-west-1", "must begin with https://"),
        ("corp", START_URL, "Ireland", "region of IAM Identity Center"),
        ("corp", START_URL, "eu-west-1", ""),
    ):
        dialog.name.setText(name)
        dialog.address.setText(address)
        dialog.region.setText(region)
        press(dialog, "portalGoOn")
        if wrong:
            assert wrong in shown(dialog, "portalDialogState")
    open_picker = room.dialog(RolePicker)
    room.until(lambda: open_picker.model.rowCount() == 4)
    press(open_picker, "roleTickShown")
    press(open_picker, "roleAdd")
    dialog_of_change, text = diff(room)
    assert "+[sso-session corp]" in text
    dialog_of_change.accept()
    room.until(lambda: "[profile Dev-Admin]" in config.read_text())
    room.until(lambda: not room.open_dialogs(RolePicker))


def test_a_sign_in_that_aws_has_ended_is_made_anew(room: Room, flow: RolesFlow, fake_sso: FakeSso) -> None:
    fake_sso.refusals["/assignment/accounts"] = [Refusal(401, "UnauthorizedException")]
    flow.begin()
    press(room.dialog(PortalDialog), "portalGoOn")
    room.until(lambda: fake_sso.count("/authorize") == 2)
    open_picker = room.dialog(RolePicker)
    room.until(lambda: open_picker.model.rowCount() == 4)


def test_who_has_no_roles_is_told(room: Room, flow: RolesFlow, fake_sso: FakeSso) -> None:
    fake_sso.accounts.clear()
    flow.begin()
    press(room.dialog(PortalDialog), "portalGoOn")
    open_picker = room.dialog(RolePicker)
    room.until(
        lambda: (
            "You have no roles in this portal. Ask your administrator for access"
            in shown(open_picker, "rolePickerState")
        )
    )


def test_closed_while_it_reads_it_stops(room: Room, flow: RolesFlow, fake_sso: FakeSso) -> None:
    fake_sso.refusals["/assignment/accounts"] = [
        Refusal(429, "TooManyRequestsException", {"Retry-After": "30"}) for _ in range(9)
    ]
    flow.begin()
    press(room.dialog(PortalDialog), "portalGoOn")
    press(room.dialog(RolePicker), "roleCancel")
    room.until(lambda: not room.services.jobs.active())

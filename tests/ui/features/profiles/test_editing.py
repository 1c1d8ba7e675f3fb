"""Adding, editing, copying, renaming and deleting profiles: from the click to the bytes in the file."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QWidget

from tests.ui.features.profiles.conftest import KEY, SECRET, Room
from workbench.profiles.model import ProfileKind
from workbench.profiles.safety import Tier
from workbench.ui.features.profiles.changes import DiffDialog
from workbench.ui.features.profiles.editing import EditForm, NameDialog, copy_name

SSO = """
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Admin

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
"""


def fill(room: Room, form: QWidget, **values: str) -> None:
    """Types into fields, by the option's name."""
    for option, value in values.items():
        field = form.findChild(QWidget, f"field.{option}")
        if isinstance(field, QComboBox):
            field.setCurrentIndex(field.findData(value))
            continue
        assert isinstance(field, QLineEdit), option
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, value)
        if not value:
            QTest.keyClick(field, Qt.Key.Key_Delete)


def said(form: QWidget, option: str) -> str:
    label = form.findChild(QLabel, f"message.{option}")
    assert isinstance(label, QLabel)
    return label.text() if label.isVisibleTo(form) else ""


def add(room: Room, kind: str) -> EditForm:
    """Chooses a kind in the menu of Add."""
    menu = room.window.add.menu()
    action = next(each for each in menu.actions() if each.objectName() == f"add.{kind}")
    action.trigger()
    return room.dialog(EditForm)


def edit(room: Room, name: str) -> EditForm:
    room.choose(name)
    room.click("profile.edit")
    return room.dialog(EditForm)


def test_a_role_is_added_and_chosen(room: Room) -> None:
    form = add(room, "assume-role")
    fill(room, form, name="ops", role_arn="arn:aws:iam::123456789012:role/ops", source_profile="default")
    form.go_on.click()
    diff = room.write()
    assert "+[profile ops]\n+role_arn = arn:aws:iam::123456789012:role/ops\n" in diff
    assert room.config.read_text("utf-8").endswith(
        "[profile ops]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = default\n"
    )
    room.until(lambda: room.window.profile and room.window.profile.name == "ops")
    room.until(lambda: not room.window.findChildren(EditForm))


def test_a_key_goes_to_the_credentials_file_and_is_masked_in_the_diff(room: Room) -> None:
    form = add(room, "static")
    fill(room, form, name="new", aws_access_key_id=KEY, aws_secret_access_key=SECRET[::-1])
    form.go_on.click()
    diff = room.write()
    assert "+aws_secret_access_key = ****" in diff
    assert SECRET[::-1] not in diff
    assert f"[new]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET[::-1]}\n" in (
        room.credentials.read_text("utf-8")
    )


def test_a_profile_of_another_endpoint_begins_with_its_address(room: Room) -> None:
    form = add(room, "endpoint")
    fill(room, form, name="local", aws_access_key_id="test", aws_secret_access_key="test")
    form.go_on.click()
    room.write()
    assert "[profile local]\nregion = us-east-1\nendpoint_url = http://localhost:4566\n" in (
        room.config.read_text("utf-8")
    )


@pytest.mark.parametrize("config_text", [SSO])
def test_a_sign_in_that_is_there_brings_its_portal_along(room: Room) -> None:
    form = add(room, "sso")
    fill(room, form, name="second", sso_session="corp")
    portal = form.findChild(QLineEdit, "field.sso_start_url")
    assert isinstance(portal, QLineEdit)
    assert portal.text() == "https://corp.awsapps.com/start"
    fill(room, form, sso_account_id="123456789012", sso_role_name="Reader")
    form.go_on.click()
    assert "+sso_start_url" not in room.write()  # it stands in the section that both share


def test_a_new_sign_in_gets_its_section(room: Room) -> None:
    form = add(room, "sso")
    fill(
        room,
        form,
        name="corp-admin",
        sso_session="corp",
        sso_start_url="https://corp.awsapps.com/start",
        sso_region="eu-west-1",
    )
    form.go_on.click()
    diff = room.write()
    assert "+[sso-session corp]\n+sso_start_url = https://corp.awsapps.com/start\n" in diff
    assert "+[profile corp-admin]\n+sso_session = corp\n" in diff


def test_what_is_wrong_is_said_below_its_field_and_until_it_is_right(room: Room) -> None:
    form = add(room, "assume-role")
    fill(room, form, name="ops", role_arn="nonsense", source_profile="default")
    form.go_on.click()
    assert "arn:aws:iam::123456789012:role/deploy" in said(form, "role_arn")
    assert not room.window.findChildren(DiffDialog)
    fill(room, form, role_arn="arn:aws:iam::123456789012:role/ops")
    assert said(form, "role_arn") == ""


def test_a_region_that_does_not_exist_is_refused(room: Room) -> None:
    form = edit(room, "dev")
    fill(room, form, region="us-nowhere-9")
    form.go_on.click()
    assert said(form, "region") == "AWS has no region us-nowhere-9."


def test_an_edit_changes_only_what_was_changed(room: Room) -> None:
    before = room.config.read_text("utf-8")
    form = edit(room, "ghost")
    fill(room, form, source_profile="default")
    form.go_on.click()
    room.write()
    assert room.config.read_text("utf-8") == before.replace(
        "source_profile = nobody", "source_profile = default"
    )


def test_a_no_to_the_diff_leaves_the_form_as_it_was_filled_in(room: Room) -> None:
    form = edit(room, "ghost")
    fill(room, form, source_profile="default")
    form.go_on.click()
    QTest.keyClick(room.dialog(DiffDialog), Qt.Key.Key_Escape)
    room.until(lambda: not room.window.findChildren(DiffDialog))
    assert form.isVisible()
    assert dict(form.draft().options)["source_profile"] == "default"


def test_a_secret_that_is_there_is_not_shown_and_stays(room: Room) -> None:
    form = edit(room, "default")
    secret = form.findChild(QLineEdit, "field.aws_secret_access_key")
    assert isinstance(secret, QLineEdit)
    assert secret.text() == ""
    assert secret.echoMode() is QLineEdit.EchoMode.Password
    fill(room, form, region="us-east-1")
    form.go_on.click()
    room.write()
    assert SECRET in room.credentials.read_text("utf-8")


def test_why_an_edit_is_refused_is_said_in_the_form(room: Room) -> None:
    form = edit(room, "default")
    fill(room, form, aws_access_key_id="AKIAXXXXXXXXXXXXXXXX")
    form.go_on.click()
    room.until(lambda: "the secret access key was not entered" in form.state.text())
    assert room.said() == []


def test_a_rename_takes_references_and_care_along(room: Room) -> None:
    room.tools.safety.set_tier("default", Tier.PRODUCTION)
    room.choose("default")
    room.click("profile.rename")
    dialog = room.dialog(NameDialog)
    QTest.keyClicks(dialog.name, "work")
    dialog.go_on.click()
    diff = room.write()
    assert "+source_profile = work" in diff
    room.until(lambda: room.window.profile and room.window.profile.name == "work")
    assert room.tools.safety.tier("work") is Tier.PRODUCTION
    assert "[work]" in room.credentials.read_text("utf-8")


def test_a_name_that_is_taken_is_refused_before_anything_is_shown(room: Room) -> None:
    room.choose("default")
    room.click("profile.rename")
    dialog = room.dialog(NameDialog)
    QTest.keyClicks(dialog.name, "dev")
    dialog.go_on.click()
    assert dialog.state.text() == "A profile with this name already exists."
    assert not room.window.findChildren(DiffDialog)


def test_a_copy_is_as_carefully_kept_as_its_original(room: Room) -> None:
    room.tools.safety.set_tier("default", Tier.READ_ONLY)
    room.choose("default")
    room.click("profile.duplicate")
    dialog = room.dialog(NameDialog)
    assert dialog.name.text() == "default-copy"
    dialog.go_on.click()
    assert SECRET not in room.write()
    assert room.credentials.read_text("utf-8").count(SECRET) == 2
    assert room.tools.safety.tier("default-copy") is Tier.READ_ONLY


def test_deleting_a_key_says_what_is_lost(room: Room) -> None:
    room.config.write_text("[default]\nregion = eu-central-1\n", "utf-8")
    room.window.refresh()
    room.choose("default")
    room.click("profile.delete")
    dialog = room.dialog(DiffDialog)
    assert any("shows a secret access key only once" in text for text in room.texts(dialog))
    room.write()
    room.until(lambda: not room.window.list.model.index_of("default").isValid())
    assert room.credentials.read_bytes() == b""


def test_a_profile_that_others_need_is_not_deleted(room: Room) -> None:
    room.choose("default")
    room.click("profile.delete")
    room.until(room.said)
    assert "dev" in room.said()[0]
    assert SECRET in room.credentials.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "known", "copy"),
    [
        ("a", set(), "a-copy"),
        ("a", {"a-copy"}, "a-copy-2"),
        ("a", {"a-copy", "a-copy-2"}, "a-copy-3"),
        ("with blank", set(), "with-blank-copy"),
        ("ümlaut", set(), "-mlaut-copy"),
    ],
)
def test_the_name_of_a_copy_is_free_and_needs_no_quotes(name: str, known: set[str], copy: str) -> None:
    assert copy_name(name, known) == copy


def test_every_kind_has_a_form_whose_fields_can_be_heard(room: Room) -> None:
    names = [each.objectName() for each in room.window.add.menu().actions()]
    kinds = [name.removeprefix("add.") for name in names if name.startswith("add.")]
    assert {ProfileKind.SSO.value, ProfileKind.ASSUME_ROLE.value, ProfileKind.PROCESS.value} <= set(kinds)
    for kind in kinds:
        form = add(room, kind)
        fields = [each for each in form.findChildren(QLineEdit) if each.objectName().startswith("field.")]
        assert fields
        assert all(field.accessibleName() for field in fields)
        form.reject()
        room.until(lambda: not room.window.findChildren(EditForm))

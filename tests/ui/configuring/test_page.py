"""The Configuration tab on the Sandbox: changed, shown as a whole, sent, read back, taken back."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton

from tests.ui.configuring.person import Person
from workbench.functions.configuration import Settings
from workbench.ui.features.configuration.page import ConfigurationPage
from workbench.ui.features.configuration.pairs import EnvironmentEditor
from workbench.ui.kit.field_table import FieldTable
from workbench.ui.kit.table_model import MASK
from workbench.ui.shell.services import Services


def environment(person: Person) -> EnvironmentEditor:
    person.form.show_section("environment")
    editor = person.form.rows["environment"].editor
    assert isinstance(editor, EnvironmentEditor)
    return editor


def words(person: Person) -> str:
    return person.page.bar.words.text()


def can(person: Person, name: str) -> bool:
    return person.services.actions[f"configuration.{name}"].isEnabled()


def test_the_section_that_is_shown_is_marked_after_the_keyboard_came(person: Person) -> None:
    sections = person.form.list
    sections.clearSelection()  # so it is when the keyboard comes first
    assert person.form._detail is not None
    person.form.show_kind(person.form._detail)
    assert [item.text() for item in sections.selectedItems()] == ["General configuration"]


def test_changes_are_collected_marked_shown_and_sent_together(person: Person) -> None:
    assert words(person) == "No unsaved changes."
    assert not can(person, "apply")
    person.type("general", "memory_mb", "256")
    person.type("general", "description", "New words")
    variables = environment(person)
    index = variables.add_pair()
    variables.model.setData(index, "MODE")
    variables.model.setData(index.siblingAtColumn(1), "secret")
    reserve = person.field("concurrency", QCheckBox, "reserve.reserved_concurrency")
    reserve.click()
    person.rest()
    assert words(person) == "4 unapplied changes."
    assert person.form.rows["memory_mb"].label.text() == "Memory ●"
    marked = [person.form.list.item(row).text() for row in range(person.form.list.count())]
    assert [text for text in marked if "●" in text] == [
        "General configuration ●",
        "Environment variables ●",
        "Concurrency and recursion ●",
    ]
    person.services.actions["configuration.apply"].trigger()
    dialog = person.dialog("settingsChanges")
    model = dialog.table.model()
    shown = [[model.index(row, column).data() for column in range(3)] for row in range(model.rowCount())]
    assert shown == [
        ["Description", "none", "New words"],
        ["Memory", "128 MB", "256 MB"],
        ["Environment variables: MODE", "none", MASK],
        ["Reserved concurrency", "unreserved", "10"],
    ]
    dialog.show_values.click()
    assert model.index(2, 2).data() == "secret"
    assert person.now().memory_mb == 128  # not before the yes
    dialog.apply.click()
    person.rest()
    now = person.now()
    assert (now.memory_mb, now.description, now.reserved_concurrency) == (256, "New words", 10)
    assert now.environment == (("MODE", "secret"),)
    assert words(person) == "No unsaved changes."
    assert person.notices
    assert person.shown[-1].detail.memory_mb == 256
    assert person.errors == []


def test_the_last_change_is_reverted(person: Person) -> None:
    before = person.now()
    person.type("general", "memory_mb", "256")
    person.apply()
    assert can(person, "revert")
    person.services.actions["configuration.revert"].trigger()
    assert person.wanted.memory_mb == before.memory_mb
    person.apply()
    assert person.now() == before


def test_what_was_typed_is_discarded(person: Person) -> None:
    person.type("general", "memory_mb", "lots")
    assert "whole number" in person.message("memory_mb")
    person.type("general", "timeout_s", "44")
    person.rest()
    assert not can(person, "apply")
    assert words(person) == "1 setting is not valid."
    assert "⚠" in person.form.list.item(0).text()
    person.services.actions["configuration.discard"].trigger()
    person.dialog("discardSettings").no.click()
    assert person.field("general", QLineEdit, "setting.timeout_s").text() == "44"
    person.services.actions["configuration.discard"].trigger()
    question = person.dialog("discardSettings")
    words_of_it = question.findChild(QLabel, "discardSettingsWords").text()
    assert words_of_it == "2 changes will be permanently discarded: Memory, Timeout."
    question.yes.click()
    assert person.field("general", QLineEdit, "setting.memory_mb").text() == "128"
    assert words(person) == "No unsaved changes."
    assert person.message("memory_mb") == "1,769 MB equals one vCPU."


def test_one_change_is_discarded_without_a_question(person: Person) -> None:
    person.type("general", "timeout_s", "44")
    person.rest()
    person.services.actions["configuration.discard"].trigger()
    assert person.page.draft.changes() == ()


def test_both_sides_of_a_conflict_are_shown_and_the_person_chooses(person: Person) -> None:
    name = person.page.function.detail.function_name if person.page.function else ""
    connection = person.page.function.connection if person.page.function else None
    assert connection is not None
    person.type("general", "memory_mb", "256")
    person.type("general", "timeout_s", "33")
    person.type("general", "description", "mine")
    connection.call("lambda", "update_function_configuration", FunctionName=name, MemorySize=1024, Timeout=55)
    person.apply()
    dialog = person.dialog("settingsConflict")
    model = dialog.table.model()
    shown = [[model.index(row, column).data() for column in range(4)] for row in range(model.rowCount())]
    assert shown == [["Memory", "128 MB", "1024 MB", "256 MB"], ["Timeout", "10 s", "55 s", "33 s"]]
    dialog.choices[1].setCurrentIndex(1)
    dialog.go_on.click()
    person.rest()
    now = person.now()
    assert (now.memory_mb, now.timeout_s, now.description) == (1024, 33, "mine")
    assert words(person) == "No unsaved changes."


def test_changes_wait_while_another_function_is_shown(sit: Callable[..., Person], person: Person) -> None:
    mine = person.page.function
    assert mine is not None
    person.type("general", "memory_mb", "256")
    other = replace(mine.detail, function_arn=f"{mine.detail.function_arn}x", memory_mb=999)
    person.page.show_function(replace(mine, detail=other))
    person.rest()
    assert person.wanted.memory_mb == 999
    person.page.show_function(mine)
    person.rest()
    assert person.wanted.memory_mb == 256
    assert words(person) == "1 unapplied change."


def test_a_newer_state_keeps_what_is_typed_and_shows_the_rest(person: Person) -> None:
    mine = person.page.function
    assert mine is not None
    person.type("general", "memory_mb", "256")
    person.page.show_function(replace(mine, detail=replace(mine.detail, timeout_s=77)))
    person.rest()
    assert person.field("general", QLineEdit, "setting.timeout_s").text() == "77"
    assert person.field("general", QLineEdit, "setting.memory_mb").text() == "256"


def test_who_is_typing_is_left_alone_when_the_rest_comes(person: Person) -> None:
    mine = person.page.function
    assert mine is not None
    person.type("general", "memory_mb", "2 GB")
    description = person.field("general", QLineEdit, "setting.description")
    person.type("general", "description", "abc")
    description.setCursorPosition(1)
    editor = environment(person)
    editor.add.click()
    person.page.show_function(replace(mine, detail=replace(mine.detail, timeout_s=77)))
    person.rest()
    assert person.field("general", QLineEdit, "setting.memory_mb").text() == "2 GB"
    assert "whole number" in person.message("memory_mb")
    assert description.cursorPosition() == 1
    assert editor.model.rowCount() == 1  # the row whose name is just being typed
    other = replace(mine.detail, function_arn=f"{mine.detail.function_arn}x")
    person.page.show_function(replace(mine, detail=other))
    assert person.field("general", QLineEdit, "setting.memory_mb").text() == "128"


def test_a_published_version_and_a_read_only_profile_are_only_shown(person: Person) -> None:
    mine = person.page.function
    assert mine is not None
    line = person.field("general", QLineEdit, "setting.memory_mb")
    person.page.show_function(replace(mine, detail=replace(mine.detail, version="3")))
    assert "published version" in words(person)
    assert not line.isEnabled()
    person.page.set_read_only("Read only.")
    person.page.show_function(mine)
    assert words(person) == "Read only."
    assert not line.isEnabled()
    person.page.set_read_only("")
    person.page.show_state()
    assert line.isEnabled()


def test_production_is_asked_before_anything_is_sent(person: Person) -> None:
    asked = person.context.guarded = []
    person.type("general", "memory_mb", "256")
    person.apply()
    assert len(asked) == 1
    assert person.now().memory_mb == 128
    assert person.wanted.memory_mb == 256


def test_values_are_masked_until_asked_for_and_again_for_another(sit: Callable[..., Person]) -> None:
    person = sit(Environment={"Variables": {"TOKEN": "top-secret"}})
    editor = environment(person)
    index = editor.model.index(0, 1)
    roles = Qt.ItemDataRole
    assert [index.data(role) for role in (roles.DisplayRole, roles.ToolTipRole)] == [MASK, None]
    editor.show_values.click()
    assert index.data() == "top-secret"
    mine = person.page.function
    assert mine is not None
    other = replace(mine.detail, function_arn=f"{mine.detail.function_arn}x")
    person.page.show_function(replace(mine, detail=other))
    assert editor.model.index(0, 1).data() == MASK


def copied(person: Person, editor: EnvironmentEditor) -> tuple[str, str]:
    """What Ctrl+C and Ctrl+Shift+C put on the clipboard."""
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    person.page.activateWindow()
    person.until(person.page.isActiveWindow)
    editor.setFocus()
    QTest.keyClick(editor.view, Qt.Key.Key_C, control)
    cell = QGuiApplication.clipboard().text()
    QTest.keyClick(editor.view, Qt.Key.Key_C, control | shift)
    return cell, QGuiApplication.clipboard().text()


def test_what_may_not_be_changed_can_still_be_shown_and_copied(sit: Callable[..., Person]) -> None:
    person = sit(Environment={"Variables": {"TOKEN": "top-secret"}})
    person.page.set_read_only("Read only.")
    editor = environment(person)
    person.page.show_state()
    editor.view.setCurrentIndex(editor.model.index(0, 1))
    assert editor.view.editTriggers() == editor.view.EditTrigger.NoEditTriggers
    QTest.keyClick(editor.view, Qt.Key.Key_Delete)
    assert editor.value() == (("TOKEN", "top-secret"),)
    assert copied(person, editor) == (MASK, f"TOKEN\t{MASK}")
    editor.show_values.click()
    assert editor.model.index(0, 1).data() == "top-secret"
    assert copied(person, editor) == ("top-secret", "TOKEN\ttop-secret")
    for button in (editor.add, editor.remove, editor.import_button):
        assert not button.isEnabled()
    assert editor.save.isEnabled()


def test_variables_come_from_a_file_and_go_to_one(person: Person, tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "in.env").write_text("ONE=1\nno variable\nTWO='two words'\n", "utf-8")
    editor = environment(person)
    editor.read_file(folder / "in.env")
    person.rest()
    assert person.wanted.environment == (("ONE", "1"), ("TWO", "two words"))
    assert "skipped: 2." in person.message("environment")
    assert editor.size_label.text() == "29 of 4,096 bytes"
    editor.write_file(folder / "out.env")
    person.rest()
    assert (folder / "out.env").read_text("utf-8") == 'ONE=1\nTWO="two words"\n'
    (folder / "bad.env").write_bytes(b"\xff\xfe")
    editor.read_file(folder / "bad.env")
    person.rest()
    assert "UTF-8" in person.errors[-1]


def test_choices_keep_what_they_do_not_know(sit: Callable[..., Person]) -> None:
    person = sit()
    mine = person.page.function
    assert mine is not None
    person.page.show_function(replace(mine, detail=replace(mine.detail, tracing="Sometimes")))
    box = person.field("logging", QComboBox, "setting.tracing")
    assert box.currentText() == "Sometimes"
    assert person.page.draft.changes() == ()


def test_an_image_has_other_sections(person: Person) -> None:
    mine = person.page.function
    assert mine is not None
    person.page.show_function(replace(mine, detail=replace(mine.detail, package_type="Image")))
    shown = [
        item.text()
        for row in range(person.form.list.count())
        if not (item := person.form.list.item(row)).isHidden()
    ]
    assert "Image configuration" in shown
    assert not {"Layers", "Runtime and code signing", "Durable execution"} & set(shown)
    assert person.form.rows["handler"].isHidden()


def test_what_may_not_be_read_says_why_and_cannot_be_changed(person: Person) -> None:
    reading = person.page.draft.reading
    assert reading is not None
    person.form.show_section("concurrency")
    person.page.draft.open(replace(reading, unread=(("recursion", "You may not see it."),)))
    person.rest()
    assert person.message("recursion") == "You may not see it."
    assert not person.form.rows["recursion"].editor.isEnabled()
    assert person.form.rows["reserved_concurrency"].editor.isEnabled()


def test_facts_stand_below_the_general_settings(person: Person) -> None:
    facts = person.field("general", FieldTable, "fields.general")
    model = facts.model()
    values = {model.index(row, 0).data(): model.index(row, 1).data() for row in range(model.rowCount())}
    assert "Architecture" not in values  # it is a setting; of an image it is a fact
    assert values["Package type"] == "Zip"
    assert values["Function ARN"].startswith("arn:aws:lambda:")


def test_every_field_has_a_name_to_read_out_and_is_reached_by_tab(person: Person) -> None:
    for row in range(person.form.list.count()):
        person.form.list.setCurrentRow(row)
    fields = {name: row.editor.focusProxy() for name, row in person.form.rows.items()}
    assert [name for name, field in fields.items() if not (field and field.accessibleName())] == []
    assert set(person.form.rows) == set(Settings.__dataclass_fields__)
    person.form.list.setCurrentRow(0)
    person.form.list.setFocus()
    QTest.keyClick(person.form.list, Qt.Key.Key_Tab)
    person.rest()
    focused = person.page.window().focusWidget()
    assert focused is not None
    assert focused.objectName() in ("section.general", "setting.description")


def test_a_tab_nobody_looks_at_is_not_built(services: Services, person: Person) -> None:
    page = ConfigurationPage(services)
    assert person.page.function is not None
    page.show_function(person.page.function)
    assert page.form is None
    assert page.findChildren(FieldTable) == []
    page.clear()
    page.deleteLater()


@pytest.mark.parametrize("button", ["configurationApply", "configurationDiscard"])
def test_the_buttons_do_what_the_actions_do(person: Person, button: str) -> None:
    person.type("general", "memory_mb", "256")
    found = person.page.findChild(QPushButton, button)
    assert found is not None
    found.click()
    if button == "configurationApply":
        person.dialog("settingsChanges").reject()
        assert person.wanted.memory_mb == 256
    else:
        assert person.wanted.memory_mb == 128


def test_what_only_creation_sets_is_shown_with_the_reason_and_cannot_be_changed(
    sit: Callable[..., Person],
) -> None:
    person = sit(TenancyConfig={"TenantIsolationMode": "PER_TENANT"})
    person.form.show_section("general")
    person.rest()
    row = person.form.rows["tenant_isolation"]
    assert (row.label.text(), row.editor.value()) == ("Tenant isolation", "PER_TENANT")
    assert not row.editor.isEnabled()
    assert row.message.text() == "Can only be set when a function is created."
    person.type("general", "memory_mb", "256")
    person.apply()
    assert (person.now().memory_mb, person.now().tenant_isolation) == (256, "PER_TENANT")
    assert person.errors == []

"""What is looked up in the account while the form is open: roles, layers, networks; and the stop."""

import secrets
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QListWidget, QPlainTextEdit, QPushButton

from tests.functions.test_account_resources import publish
from tests.ui.configuring.person import Person
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.emergency import Stopped
from workbench.functions.roles import create_role, delete_with_policies, put_policy
from workbench.ui.features.configuration.fields import RoleEditor
from workbench.ui.features.configuration.layers import LayersEditor


def roles(person: Person) -> RoleEditor:
    person.form.show_section("permissions")
    person.rest()
    editor = person.form.rows["role_arn"].editor
    assert isinstance(editor, RoleEditor)
    return editor


def layers(person: Person) -> LayersEditor:
    person.form.show_section("layers")
    editor = person.form.rows["layers"].editor
    assert isinstance(editor, LayersEditor)
    return editor


def test_another_role_is_chosen_and_what_it_allows_is_shown(person: Person, connection: Connection) -> None:
    name = f"role-{secrets.token_hex(4)}"
    arn = create_role(connection, name, "fn")
    put_policy(
        connection, name, '{"Statement": [{"Effect": "Allow", "Action": "sqs:Send*", "Resource": "*"}]}'
    )
    editor = roles(person)
    assert editor.box.findText(arn) >= 0
    assert person.page.draft.changes() == ()
    editor.box.setEditText(arn)
    person.rest()
    assert "# workbench (inline)" in editor.policies.toPlainText()
    assert "sqs:Send*" in editor.policies.toPlainText()
    person.apply()
    assert person.now().role_arn == arn


def test_a_role_that_is_not_there_says_so_and_is_kept(person: Person) -> None:
    function = person.page.function
    assert function is not None
    delete_with_policies(function.connection, function.detail.role_arn.rpartition("/")[2], JobContext())
    editor = roles(person)
    assert "NoSuchEntity" in editor.state.text()
    assert editor.fault() == ""
    editor.box.setEditText("no arn")
    assert "Enter a role ARN: arn:aws:iam::123456789012:role/NAME" in person.message("role_arn")


def test_policies_can_be_read_where_nothing_can_be_changed(person: Person) -> None:
    person.page.set_read_only("Read only.")
    editor = roles(person)
    person.page.show_state()
    assert not editor.box.isEnabled()
    assert editor.policies.isEnabled()


def test_policies_are_read_in_all_the_height_there_is(person: Person) -> None:
    editor = roles(person)
    heights = []
    for height in (500, 1000):
        person.page.resize(900, height)
        person.rest()
        heights.append(editor.policies.height())
    assert heights[1] - heights[0] > 450


def test_layers_are_chosen_moved_brought_to_the_newest_and_removed(
    person: Person, connection: Connection
) -> None:
    old, new, other = (publish(connection, name) for name in ("tools", "tools", "more"))
    editor = layers(person)
    editor.arn.setText(old)
    QTest.keyClick(editor.arn, Qt.Key.Key_Return)
    person.field("layers", QPushButton, "browse.layers").click()
    dialog = person.dialog("pickLayer")
    person.rest()
    dialog.search.setText("mor")
    assert dialog.table.model().rowCount() == 1
    dialog.go_on.click()
    assert editor.value() == (old, other)
    person.field("layers", QPushButton, "up.layers").click()
    assert editor.value() == (other, old)
    person.field("layers", QListWidget, "setting.layers").setCurrentRow(1)
    person.field("layers", QPushButton, "newest.layers").click()
    person.rest()
    assert editor.value() == (other, new)
    person.apply()
    assert person.now().layers == (other, new)
    editor.list.setCurrentRow(0)
    person.field("layers", QPushButton, "remove.layers").click()
    person.apply()
    assert person.now().layers == (new,)


def test_a_folder_is_published_as_a_layer(person: Person, connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "my tools").mkdir()
    (tmp_path / "my tools" / "x.py").write_text("x = 1")
    (tmp_path / "my tools" / ".env").write_text("PASSWORD=x")
    layers(person).publish(tmp_path / "my tools")
    dialog = person.dialog("publishLayer")
    assert dialog.name.text() == "my-tools"
    assert "does not contain “python”" in dialog.state.text()
    person.rest()
    assert dialog.secrets.isVisible()
    assert dialog.secrets.text() == ".env is excluded from the package because it looks like a secret."
    dialog.name.setText("two words")
    assert not dialog.publish.isEnabled()
    dialog.name.setText("tools")
    dialog.publish.click()
    person.rest()
    (arn,) = layers(person).value()
    assert arn.endswith(":layer:tools:1")
    version = connection.call("lambda", "get_layer_version_by_arn", Arn=arn)
    assert (version["CompatibleRuntimes"], version["CompatibleArchitectures"]) == (["python3.13"], ["x86_64"])
    # The same content again makes no second version.
    layers(person).publish(tmp_path / "my tools")
    again = person.dialog("publishLayer")
    again.name.setText("tools")
    again.publish.click()
    person.rest()
    assert layers(person).value() == (arn,)
    person.apply()
    assert person.now().layers == (arn,)


def test_a_folder_without_files_is_refused_and_the_dialog_stays(person: Person, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    layers(person).publish(tmp_path / "empty")
    dialog = person.dialog("publishLayer")
    dialog.publish.click()
    person.rest()
    assert dialog.isVisible()
    assert dialog.state.property("role") == "danger"
    assert dialog.publish.isEnabled()
    dialog.reject()


def test_a_subnet_is_chosen_from_those_of_the_region(person: Person, connection: Connection) -> None:
    subnets = connection.call("ec2", "describe_subnets")["Subnets"]
    person.field("vpc", QPushButton, "browse.subnet_ids").click()
    dialog = person.dialog("pick.subnet_ids")
    person.rest()
    assert dialog.table.model().rowCount() == len(subnets)
    dialog.search.setText(subnets[0]["SubnetId"])
    dialog.go_on.click()
    text = person.field("vpc", QPlainTextEdit, "setting.subnet_ids")
    assert text.toPlainText() == subnets[0]["SubnetId"]
    assert person.wanted.subnet_ids == (subnets[0]["SubnetId"],)
    assert person.message("security_group_ids") == "A VPC requires both subnets and security groups."


def test_a_function_is_stopped_after_a_yes_and_resumed(person: Person) -> None:
    person.type("general", "timeout_s", "44")  # what is typed stays while it is stopped
    stop, resume = (
        person.services.actions["function.emergency_stop"],
        person.services.actions["function.resume"],
    )
    person.services.actions.set_there("function", there=True)
    stop.trigger()
    person.dialog("emergencyStop").no.click()
    person.rest()
    assert person.now().reserved_concurrency is None
    person.field("concurrency", QPushButton, "stopFunction").click()
    person.dialog("emergencyStop").yes.click()
    person.rest()
    assert person.now().reserved_concurrency == 0
    assert "0: all invocations are throttled" in person.message("reserved_concurrency")
    person.until(resume.isEnabled)  # what it had is read from the disk
    assert person.wanted.timeout_s == 44
    person.field("concurrency", QPushButton, "resumeFunction").click()
    person.rest()
    assert person.now().reserved_concurrency is None
    assert not resume.isEnabled()
    assert person.errors == []


def test_concurrency_is_provisioned_for_an_alias_that_is_chosen(
    person: Person, connection: Connection
) -> None:
    function = person.page.function
    assert function is not None
    name = function.detail.function_name
    connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
    person.field("concurrency", QPushButton, "browse.provisioned").click()
    dialog = person.dialog("pickQualifier")
    person.rest()
    model = dialog.table.model()
    assert {model.index(row, 0).data() for row in range(model.rowCount())} >= {"live", "1"}
    dialog.search.setText("live")
    dialog.go_on.click()
    assert person.wanted.provisioned == (("live", 1),)
    person.apply()
    assert person.now().provisioned == (("live", 1),)


def test_a_stop_is_remembered_by_the_next_window(sit: Callable[..., Person], person: Person) -> None:
    person.services.actions["function.emergency_stop"].trigger()
    person.dialog("emergencyStop").yes.click()
    person.rest()
    function = person.page.function
    assert function is not None
    person.page.clear()
    person.context.function_closed.emit()
    assert not person.services.actions["function.resume"].isEnabled()
    person.context.show(function)
    person.rest()
    assert person.services.actions["function.resume"].isEnabled()


def test_a_stop_that_disabled_mappings_says_so_where_it_is_resumed(person: Person) -> None:
    said = person.field("concurrency", QLabel, "stopWords")
    for mappings, words in ((("1" * 36,), "One event source"), (("1" * 36, "2" * 36), "2 event source")):
        person.page.show_stopped(Stopped("", 5, mappings))
        assert "The reserved concurrency was 5" in said.text()
        assert words in said.text()

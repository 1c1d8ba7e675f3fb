"""Keys, dead-letter targets and the like are chosen from what the account has, or typed."""

from PySide6.QtWidgets import QLineEdit, QPushButton

from tests.ui.configuring.person import Person
from workbench.aws.connection import Connection


def test_a_dead_letter_target_is_chosen_and_applied(person: Person, connection: Connection) -> None:
    connection.call("sqs", "create_queue", QueueName="failed-orders")
    arn = connection.call("sns", "create_topic", Name="failed-alarm")["TopicArn"]
    person.field("deadLetterQueue", QPushButton, "browse.dead_letter_arn").click()
    dialog = person.dialog("pick.dead_letter_arn")
    person.rest()
    assert dialog.table.model().rowCount() == 2
    dialog.search.setText("alarm")
    dialog.go_on.click()
    assert person.wanted.dead_letter_arn == arn
    person.apply()
    assert person.now().dead_letter_arn == arn


def test_a_key_is_chosen(person: Person, connection: Connection) -> None:
    made = connection.call("kms", "create_key")["KeyMetadata"]
    connection.call("kms", "create_alias", AliasName="alias/orders", TargetKeyId=made["KeyId"])
    person.field("environment", QPushButton, "browse.kms_key_arn").click()
    dialog = person.dialog("pick.kms_key_arn")
    person.rest()
    dialog.search.setText("orders")
    dialog.go_on.click()
    assert person.wanted.kms_key_arn == made["Arn"]
    person.page.draft.discard()


def test_what_may_not_be_listed_can_be_typed(person: Person) -> None:
    person.field("fileSystems", QPushButton, "browse.file_systems").click()
    dialog = person.dialog("pick.file_systems")  # the Sandbox has no EFS
    person.rest()
    assert "You can still type it into the field." in dialog.state.text()
    dialog.reject()
    line = person.field("fileSystems", QLineEdit, "setting.file_systems")
    assert line.isEnabled()

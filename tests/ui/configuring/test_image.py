"""The image of a container image function: set in the form like everything else."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.configuring.person import Person
from tests.ui.configuring.test_every_setting import ARN, NAME, others
from tests.ui.configuring.typing_in import put
from workbench.functions.model import detail_of
from workbench.ui.shell.services import OpenFunction, Services

OLD = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/orders:1"
NEW = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/orders@sha256:" + "a" * 64


def answer(image_uri: str, revision_id: str = "r1") -> dict[str, Any]:
    about = {"FunctionName": NAME, "FunctionArn": ARN, "PackageType": "Image", "RevisionId": revision_id}
    return {"Configuration": about | {"Architectures": ["arm64"]}, "Code": {"ImageUri": image_uri}}


@pytest.fixture
def person(aws: StubbedAws, services: Services, qtbot: QtBot) -> Person:
    others(aws)
    return Person(qtbot, services, OpenFunction(aws.connection, detail_of(answer(OLD))))


def leave(person: Person) -> None:
    person.page.deactivate()
    person.page.clear()
    person.rest()


def test_another_image_is_sent_for_the_same_architecture_and_read_back(
    person: Person, aws: StubbedAws
) -> None:
    aws.answer("lambda", "get_function", answer(OLD))
    others(aws)
    aws.answer("lambda", "get_function", answer(OLD))  # once more just before the sending
    sent = {"FunctionName": NAME, "RevisionId": "r1", "ImageUri": NEW, "Architectures": ["arm64"]}
    aws.answer("lambda", "update_function_code", {}, sent)
    for _ in range(2):
        aws.answer("lambda", "get_function", answer(NEW, "r2"))
    others(aws)
    put(person, "image_uri", NEW)
    person.apply()
    assert person.errors == []
    assert person.wanted.image_uri == NEW
    assert person.page.draft.changes() == ()
    leave(person)


def test_an_image_that_somebody_else_has_set_is_not_overwritten(person: Person, aws: StubbedAws) -> None:
    theirs = OLD.replace(":1", ":theirs")
    aws.answer("lambda", "get_function", answer(theirs, "r2"))
    others(aws)
    put(person, "image_uri", NEW)
    person.apply()
    dialog = person.dialog("settingsConflict")
    shown = [dialog.table.model().index(0, column).data() for column in range(4)]
    assert shown == ["Image URI", OLD, theirs, NEW]
    dialog.reject()
    assert person.wanted.image_uri == NEW  # nothing typed is lost
    leave(person)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "orders:2",
        "docker.io/library/python:3.13",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/orders:2",  # AWS takes none of another region
    ],
)
def test_what_is_no_image_of_the_region_is_refused_before_it_is_sent(person: Person, typed: str) -> None:
    put(person, "image_uri", typed)
    assert person.page.draft.faults == {"image_uri": "This is not an Amazon ECR image in eu-central-1."}
    put(person, "image_uri", f" {OLD} ")
    assert person.page.draft.faults == {}
    leave(person)


def test_a_zip_has_no_image_and_an_image_no_handler(person: Person, sit: Callable[..., Person]) -> None:
    rows = person.form.rows
    assert person.field("general", QLineEdit, "setting.image_uri").isVisible()
    assert not rows["handler"].isVisible()
    leave(person)
    other = sit()
    other.field("general", QLineEdit, "setting.handler")
    assert other.form.rows["handler"].isVisible()
    assert not other.form.rows["image_uri"].isVisible()

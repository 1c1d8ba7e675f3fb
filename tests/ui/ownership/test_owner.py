"""Who else manages a function, in words, and in the dialog before its settings are changed."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from tests.ui.configuring.conftest import sit
from tests.ui.configuring.person import Person
from workbench.functions.model import Owner, Tool, detail_of
from workbench.ui.shell.owner import owner_title, owner_warning

__all__ = ["sit"]  # a fixture

STACK = {"aws:cloudformation:stack-name": "shop", "aws:cloudformation:logical-id": "Hello"}


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        (STACK, "Managed by CloudFormation (shop). "),
        ({"managed-by": "terraform"}, "Managed by Terraform, according to its tags. "),
        ({"pulumi:project": "shop"}, "Managed by Pulumi, according to its tags (shop). "),
        ({"lambda:createdBy": "SAM"}, "Managed by AWS SAM, according to its tags. "),
    ],
)
def test_a_warning_names_the_owner_and_what_to_do(
    qapp: QApplication, tags: dict[str, str], words: str
) -> None:
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
    detail = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": arn}, "Tags": tags})
    assert owner_warning(detail) == (
        f"{words}Its next deployment may overwrite changes made here. Change its source as well."
    )


def test_a_long_name_does_not_fill_the_header(qapp: QApplication) -> None:
    title = owner_title(Owner(Tool.CDK, "s" * 128))
    assert title == f"AWS CDK · {'s' * 40}…"


@pytest.mark.parametrize("tags", [STACK, {"team": "web"}])
def test_changed_settings_are_sent_after_a_warning(sit: Callable[..., Person], tags: dict[str, str]) -> None:
    person = sit(Tags=tags)
    person.type("general", "description", "New words")
    person.rest()
    person.services.actions["configuration.apply"].trigger()
    dialog = person.dialog("settingsChanges")
    warning = dialog.findChild(QLabel, "settingsChangesOwner")
    assert (warning is not None) == (tags is STACK)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)

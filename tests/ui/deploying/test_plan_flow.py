"""The dialog before a deploy: what it shows is what is done, and what was wanted is wanted again."""

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QPushButton

from tests.sandbox_functions import deployed_text
from tests.ui.test_deploy_flow_run import BROKEN, CTX, NEW, OLD, Pad, Wire, pad, wire
from workbench.aws.connection import Connection
from workbench.deploy.options import AliasMove, Shift
from workbench.functions.configure import Wanted, configure
from workbench.functions.detail import get_function
from workbench.functions.versions import list_aliases, list_versions
from workbench.ui.features.deploy.dialog import DeployDialog, FileDifference

__all__ = ["pad", "wire"]  # fixtures


def dialog_of(pad: Pad) -> DeployDialog:
    """The dialog, once it is there."""
    pad.until(lambda: any(each.isVisible() for each in pad.window.findChildren(DeployDialog)))
    return next(each for each in pad.window.findChildren(DeployDialog) if each.isVisible())


def planned(pad: Pad) -> DeployDialog:
    """The dialog, once it has a plan."""
    dialog = dialog_of(pad)
    pad.until(lambda: dialog.proposal is not None)
    return dialog


def choose(pad: Pad) -> DeployDialog:
    pad.flow.choose(pad.function, pad.workspace)
    return planned(pad)


def press(button: QPushButton) -> None:
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def deploy(pad: Pad, dialog: DeployDialog) -> None:
    pad.until(lambda: dialog.proposal is not None)
    pad.until(dialog.yes.isEnabled)
    before = len(pad.deployed)
    press(dialog.yes)
    pad.until(lambda: len(pad.deployed) > before)


def rows(model: QAbstractItemModel) -> list[tuple[str, ...]]:
    columns = range(model.columnCount())
    return [tuple(model.index(row, column).data() for column in columns) for row in range(model.rowCount())]


def texts(dialog: DeployDialog, table: str) -> list[tuple[str, ...]]:
    return rows(getattr(dialog, table).model())


def change_elsewhere(connection: Connection, name: str, **changes: object) -> None:
    configure(connection, get_function(connection, name), Wanted(**changes), CTX)  # type: ignore[arg-type]


def versions(connection: Connection, name: str) -> list[str]:
    return [each.version for each in list_versions(connection, name, CTX) if each.version.isdecimal()]


# ---- what it shows ---------------------------------------------------------------------------------------


def test_it_shows_steps_and_files_and_does_just_that(pad: Pad, wire: Wire, connection: Connection) -> None:
    pad.save(NEW)
    pad.workspace.create("more.py", "x = 1\n")
    dialog = choose(pad)
    steps = texts(dialog, "steps")
    assert [row[1] for row in steps] == ["lambda: UpdateFunctionCode", "lambda: GetFunction", ""]
    assert steps[0][2] == "Deploy the previous package"
    assert texts(dialog, "files") == [
        ("app.py", "changed", f"{len(OLD)} bytes", f"{len(NEW)} bytes"),
        ("more.py", "new", "", "6 bytes"),
    ]
    assert wire.writes == []
    deploy(pad, dialog)
    assert wire.writes == ["UpdateFunctionCode"]
    assert deployed_text(connection, pad.name) == NEW
    assert pad.notices[-1][1] == "The function has the new code."


def test_names_that_differ_in_case_only_are_said_before_and_after(pad: Pad) -> None:
    pad.save(NEW)
    pad.workspace.create("App.py", "x = 1\n")
    words = "App.py and app.py are two files on AWS, but one on Windows and macOS."
    dialog = choose(pad)
    assert dialog.about.text().endswith(f"\n{words}")
    deploy(pad, dialog)
    assert pad.notices[-1][1] == f"The function has the new code. {words}"


def test_the_lines_of_a_file_are_shown(pad: Pad) -> None:
    pad.save(NEW)
    dialog = choose(pad)
    dialog.files.activated.emit(dialog.files.model().index(0, 0))
    pad.until(lambda: dialog.findChildren(FileDifference))
    (difference,) = dialog.findChildren(FileDifference)
    text = difference.findChild(QPlainTextEdit)
    assert text is not None
    lines = text.toPlainText().splitlines()
    assert "-    return 'old'" in lines
    assert "+    return 'new'" in lines
    difference.accept()
    dialog.reject()


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"\0\1\2\xff", "This file is not text"), (b"text\n", "+text")],
    ids=["binary", "text"],
)
def test_of_what_is_no_text_that_is_said(pad: Pad, data: bytes, words: str) -> None:
    (pad.workspace.root / "a.dat").write_bytes(data)
    dialog = choose(pad)
    assert [row[0] for row in texts(dialog, "files")] == ["a.dat"]
    dialog.files.activated.emit(dialog.files.model().index(0, 0))
    pad.until(lambda: dialog.findChildren(FileDifference))
    (difference,) = dialog.findChildren(FileDifference)
    assert words in difference.text.toPlainText()
    difference.accept()
    dialog.reject()


def test_many_files_are_counted(pad: Pad) -> None:
    for number in range(2_100):
        (pad.workspace.root / f"f{number:04}.txt").write_text(str(number))
    dialog = choose(pad)
    shown = texts(dialog, "files")
    assert len(shown) == 2_001
    assert shown[-1][0] == "… and 100 more"
    dialog.files.activated.emit(dialog.files.model().index(2_000, 0))  # is no file
    pad.idle()
    assert not dialog.findChildren(FileDifference)
    dialog.reject()


def test_where_all_is_as_wanted_there_is_nothing_to_agree_to(pad: Pad) -> None:
    dialog = choose(pad)
    assert not dialog.yes.isEnabled()
    assert "Nothing to do" in dialog.state.text()
    assert texts(dialog, "steps") == texts(dialog, "files") == []
    dialog.form.publish.set_checked(checked=True)  # a version of the code that is there
    pad.until(lambda: dialog.proposal is not None)
    pad.until(dialog.yes.isEnabled)
    dialog.reject()


def test_what_will_not_run_is_said_on_the_button_too(pad: Pad) -> None:
    pad.save(BROKEN)
    dialog = choose(pad)
    pad.until(dialog.warning.isVisible)
    assert "app.py:1: Syntax error" in dialog.warning.text()
    assert dialog.yes.text() == "Deploy Anyway"
    dialog.reject()


def test_a_plan_can_be_copied(pad: Pad) -> None:
    pad.save(NEW)
    dialog = choose(pad)
    press(dialog.copy)
    text = QGuiApplication.clipboard().text()
    assert text.startswith(pad.function.detail.function_arn)
    assert "lambda:UpdateFunctionCode, undo: Deploy the previous package" in text
    dialog.reject()


def test_closed_it_has_done_nothing(pad: Pad, wire: Wire, connection: Connection) -> None:
    pad.save(NEW)
    dialog = choose(pad)
    dialog.form.publish.set_checked(checked=True)
    dialog.reject()
    pad.idle()
    assert wire.writes == []
    assert deployed_text(connection, pad.name) == OLD
    assert not choose(pad).form.publish.is_checked  # nor is it wanted the next time
    dialog_of(pad).reject()


def test_what_is_wanted_can_be_changed_while_there_is_nothing_to_deploy(pad: Pad, wire: Wire) -> None:
    dialog = choose(pad)
    dialog.form.undo.set_checked(checked=True)
    pad.until(lambda: dialog.yes.isEnabled())
    assert dialog.yes.text() == "Remember Options"
    press(dialog.yes)
    pad.idle()
    assert wire.writes == []
    again = choose(pad)
    assert again.form.undo.is_checked
    assert not again.yes.isEnabled()
    again.reject()


# ---- what is wanted --------------------------------------------------------------------------------------


def test_another_wish_makes_another_plan(pad: Pad) -> None:
    pad.save(NEW)
    dialog = choose(pad)
    dialog.form.moving.set_checked(checked=True)
    assert not dialog.yes.isEnabled()
    assert dialog.form.fault()  # it has no name yet
    dialog.form.alias.setCurrentText("live")
    pad.until(lambda: dialog.proposal is not None)
    calls = [row[1] for row in texts(dialog, "steps")]
    assert calls[2:4] == ["lambda: PublishVersion", "lambda: CreateAlias"]
    assert dialog.form.publish.is_checked  # an alias needs a version
    assert dialog.form.undo.is_checked
    dialog.reject()


def test_what_was_wanted_is_wanted_by_the_next_one_click_deploy(pad: Pad, connection: Connection) -> None:
    pad.save(NEW)
    dialog = choose(pad)
    dialog.form.moving.set_checked(checked=True)
    dialog.form.alias.setCurrentText("live")
    dialog.form.description.setText("first")
    deploy(pad, dialog)
    assert versions(connection, pad.name) == ["1"]
    assert pad.notices[-1][1] == "The function has the new code. Version 1 is published. live points to it."

    pad.function = pad.deployed[-1]
    pad.save(OLD)
    pad.press_deploy()
    pad.until(lambda: len(pad.deployed) == 2)
    assert versions(connection, pad.name) == ["2", "1"]
    (alias,) = list_aliases(connection, pad.name, CTX)
    assert (alias.name, alias.version) == ("live", "2")
    dialog = choose(pad)
    assert (dialog.form.alias.currentText(), dialog.form.description.text()) == ("live", "first")
    dialog.reject()


def test_a_failed_smoke_test_takes_the_code_back(pad: Pad, connection: Connection) -> None:
    pad.save(NEW)
    dialog = choose(pad)
    pad.until(lambda: dialog.form.test_event.count() > 0)
    dialog.form.smoke.set_checked(checked=True)
    dialog.form.expected.setText('{"statusCode": 200}')
    pad.until(dialog.yes.isEnabled)
    press(dialog.yes)
    pad.until(lambda: pad.failed)
    (error,) = pad.failed
    assert "failed its test" in error.what
    assert error.why.endswith("The previous code was restored.")
    assert deployed_text(connection, pad.name) == OLD


@pytest.mark.parametrize(
    ("section", "field", "value", "words"),
    [
        ("moving", "alias", "", "An alias name takes"),
        ("moving", "alias", "7", "An alias name takes"),
        ("moving", "alias", "a b", "An alias name takes"),
        ("smoke", "expected", "{", "not valid JSON"),
        ("upload_section", "bucket", "No", "Invalid bucket name"),
        ("publish", "description", "x" * 257, "256"),
    ],
)
def test_what_cannot_be_is_said_and_not_planned(
    pad: Pad, section: str, field: str, value: str, words: str
) -> None:
    pad.save(NEW)
    dialog = choose(pad)
    pad.until(lambda: dialog.form.test_event.count() > 0)
    getattr(dialog.form, section).set_checked(checked=True)
    widget = getattr(dialog.form, field)
    (widget.setCurrentText if isinstance(widget, QComboBox) else widget.setText)(value)
    pad.idle()
    assert words in dialog.state.text()
    assert not dialog.yes.isEnabled()
    dialog.reject()


def test_a_share_is_watched_for_a_minute_at_least(pad: Pad) -> None:
    pad.save(NEW)
    dialog = choose(pad)
    form = dialog.form
    form.moving.set_checked(checked=True)
    form.alias.setCurrentText("live")
    assert form.minutes.value() == 0
    form.shift.setCurrentIndex(form.shift.findData(Shift.CANARY))
    assert form.options().alias == AliasMove("live", Shift.CANARY, 10, 60)
    dialog.reject()


def test_where_there_are_no_alarms_none_can_be_named(pad: Pad) -> None:
    pad.save(NEW)
    dialog = choose(pad)
    pad.idle()
    dialog.form.moving.set_checked(checked=True)
    dialog.form.alias.setCurrentText("live")
    dialog.form.alarms.setText("errors")
    assert dialog.form.fault() == "No alarm errors exists in this account and Region."
    dialog.reject()


def test_an_alarm_that_is_not_there_is_said_before_anything_is_done(pad: Pad, connection: Connection) -> None:
    connection.call(
        "cloudwatch",
        "put_metric_alarm",
        AlarmName="errors of live",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="Errors",
        Namespace="AWS/Lambda",
        Period=60,
        Statistic="Sum",
        Threshold=0,
    )
    pad.save(NEW)
    dialog = choose(pad)
    pad.idle()
    dialog.form.moving.set_checked(checked=True)
    dialog.form.alias.setCurrentText("live")
    dialog.form.alarms.setText("errors of live, other")
    assert dialog.form.fault() == "No alarm other exists in this account and Region."
    completer = dialog.form.alarms.completer()
    completer.setCompletionPrefix("live")
    assert completer.currentCompletion() == "errors of live, errors of live"
    dialog.form.alarms.setText("errors of live,")
    pad.until(lambda: dialog.proposal is not None)
    assert dialog.form.options().alias == AliasMove("live", alarms=("errors of live",))
    dialog.reject()

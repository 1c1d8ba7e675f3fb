"""Row 3: what strangers write is shown as they wrote it, and loads nothing."""

import io
import json
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.no_graphics import NO_GRAPHICS
from tests.sandbox_functions import create_function
from tests.security.markup import STALL_S, Bait, Pointer
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.functions.detail import wait_until_updated
from workbench.invoke.events import EventStore
from workbench.ui.features.code.search_panel import SearchPanel
from workbench.ui.features.profiles.window import ProfilesWindow
from workbench.ui.kit.text import RichLabel, colored, joined, link, unbroken

pytestmark = pytest.mark.qt_log_ignore(*NO_GRAPHICS)
NAME = "stranger"
PAGES = ("code", "configuration", "triggers", "test", "logs", "metrics", "versions", "deploys")
PANELS = ("result", "problems", "activity", "invocations", "insights", "dependencies", "outline")
DIALOGS = (
    *("view.palette", "file.go_to", "edit.find_in_files", "app.settings", "help.shortcuts", "help.about"),
    *("function.new", "function.deploy_with", "function.fan_out", "function.publish_version"),
    *("function.new_alias", "function.prune_versions", "function.copy", "function.change_several"),
    *("function.past_changes", "function.export", "function.delete", "function.restore"),
    *("function.power_tuning", "function.emergency_stop", "function.invoke_repeatedly"),
    *("code.package_contents", "code.choose_version", "charts.add", "charts.table"),
    *("alarms.show", "alarms.create", "triggers.add", "triggers.doctor", "file.revert_all"),
    *("view.fleet", "view.fleet_metrics", "profile.manage", "profile.edit", "profile.add_from_portal"),
)
"""Actions that open a window, or a list over this one."""
WAIT_MS, OPEN_MS = 700, 500
HANDLER = """
import json, sys
def handler(event, context):
    text = event["text"]
    print(json.dumps({"level": "ERROR", "message": text + "-message", "agent": text + "-agent"}))
    print(text + "-line")
    print(json.dumps({"level": "INFO", "message": "fine", text + "-field": text + "-value"}))
    if event.get("fail"):
        raise ValueError(text + "-raised")
    return {text + "-key": text + "-answer"}
"""


@pytest.fixture
def bait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bait]:
    monkeypatch.chdir(tmp_path)
    bait = Bait(tmp_path)
    yield bait
    bait.close()


def test_the_bait_bites(bait: Bait, qtbot: QtBot, qapp: QApplication, request: pytest.FixtureRequest) -> None:
    """What Qt takes for markup does load the file: else this module would prove nothing."""
    request.addfinalizer(partial(qapp.setStyleSheet, qapp.styleSheet()))
    qapp.setStyleSheet("")  # an earlier test's window has set one, which makes every label plain
    label = QLabel(bait.text("x"))
    qtbot.addWidget(label)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.sizeHint()
    assert "file" in bait.touched()


def test_markup_made_of_a_strangers_texts_loads_nothing(bait: Bait, qtbot: QtBot) -> None:
    hostile = bait.text("x")
    markup = joined(hostile, (hostile, colored(hostile, "#ff0000"), unbroken(hostile)))
    label = RichLabel(joined(" ", (markup, link(hostile, f"https://{hostile}"))))
    qtbot.addWidget(label)
    label.show()
    assert label.sizeHint().isValid()
    assert bait.touched() == []


def _package(bait: Bait) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", HANDLER)
        archive.writestr(f"{bait.name('file')}.py", "import nothing_of_the_kind\ndef (:\n")
        archive.writestr(f"{bait.name('folder')}/{bait.name('inside')}.txt", bait.text("content"))
        archive.writestr(
            f"{bait.name('package')}-{bait.name('release')}.dist-info/METADATA",
            f"Metadata-Version: 2.1\nName: {bait.name('package')}\nVersion: {bait.name('release')}\n",
        )
        archive.writestr(f"{bait.name('package')}-{bait.name('release')}.dist-info/RECORD", "thing.py,,\n")
        archive.writestr("thing.py", "")
    return package.getvalue()


def _make_function(connection: Connection, bait: Bait) -> None:
    """A function whose every text is markup."""
    call = connection.call
    layer = call(
        "lambda",
        "publish_layer_version",
        LayerName="layer",
        Description=bait.text("layer"),
        Content={"ZipFile": _package(bait)},
    )
    create_function(connection, HANDLER, name=NAME, Description=bait.text("description"))
    call("lambda", "update_function_code", FunctionName=NAME, ZipFile=_package(bait))
    wait_until_updated(connection, NAME, JobContext())
    call(
        "lambda",
        "update_function_configuration",
        FunctionName=NAME,
        Environment={"Variables": {"VALUE": bait.text("variable")}},
        Layers=[layer["LayerVersionArn"]],
    )
    arn = wait_until_updated(connection, NAME, JobContext()).function_arn
    version = call("lambda", "publish_version", FunctionName=NAME, Description=bait.text("version"))
    call(
        "lambda",
        "create_alias",
        FunctionName=NAME,
        Name="live",
        FunctionVersion=version["Version"],
        Description=bait.text("alias"),
    )
    rule = call(
        "events",
        "put_rule",
        Name="rule",
        ScheduleExpression="rate(1 day)",
        Description=bait.text("rule"),
    )
    target = {"Id": "1", "Arn": arn, "Input": json.dumps(bait.text("input"))}
    call("events", "put_targets", Rule="rule", Targets=[target])
    call(
        "lambda",
        "add_permission",
        FunctionName=NAME,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule["RuleArn"],
    )
    call(
        "cloudwatch",
        "put_metric_alarm",
        AlarmName=bait.text("alarm"),
        AlarmDescription=bait.text("about-alarm"),
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": NAME}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )


def _write_foreign_profile(bait: Bait, home: Path) -> None:
    """Another profile in ~/.aws/config, pasted from somewhere."""
    with (home / ".aws" / "config").open("a", encoding="utf-8") as file:
        file.write(
            f"[profile {bait.name('profile')}]\nregion = {bait.name('region')}\n"
            f"sso_account_id = 123456789012\nsso_region = us-east-1\n"
            f"sso_start_url = {bait.text('portal')}\nsso_role_name = {bait.text('role')}\n"
            f"[profile {bait.name('second')}]\nsource_profile = {bait.name('source')}\n"
            f"role_arn = {bait.text('arn')}\n"
        )


PLANTED = (
    *("description", "layer", "variable", "version", "alias", "rule", "alarm"),
    *("file.py", "folder", "inside.txt", "content", "package", "release", "profile", "second", "role"),
    *("event-message", "event-agent", "event-line", "event-raised", "event-key", "event-answer"),
    *("event-field", "event-value", "saved-event", "source", "arn", "input"),
    *("what", "why", "remedy", "code", "request", "job", "failed-job", "failure", "notice"),
)
"""All of these must have been on the screen, letter by letter."""


def test_nothing_that_a_stranger_wrote_is_taken_for_markup(
    bait: Bait, qtbot: QtBot, qapp: QApplication, connection: Connection
) -> None:
    _make_function(connection, bait)
    write_profile(connection.access)
    _write_foreign_profile(bait, Path.home())
    pointer = Pointer(bait)
    desk = Desk(qtbot, qapp, PROFILE)
    try:
        desk.open_function(NAME)
        _invoke(desk, bait, pointer)
        _say(desk, bait)
        for view in (*PAGES, *PANELS):
            desk.act(f"view.{view}")
            qtbot.wait(WAIT_MS)
            pointer.look(desk.window)
        _look_at_settings(desk, pointer)
        desk.act("view.logs")
        _press(desk.window, "logsAsTable")
        qtbot.wait(WAIT_MS)
        pointer.look(desk.window)
        _search(desk)
        pointer.look(desk.window)
        for action in DIALOGS:
            _open_and_look(desk, action, pointer)
    finally:
        desk.leave()
    assert not pointer.faults
    assert bait.touched() == []
    assert [tag for tag in PLANTED if not pointer.saw(tag)] == []
    assert pointer.slowest < (STALL_S, "")


def _invoke(desk: Desk, bait: Bait, pointer: Pointer) -> None:
    """Twice: it answers, and it fails. Both write lines into the log."""
    here = desk.program.services.paths.data_dir / "events"
    function = desk.window.page.function
    assert function is not None
    store = EventStore(here, function.connection.account_id, function.connection.region, NAME)
    store.save(bait.name("saved-event"), "{}")
    ways = desk.window.findChild(QComboBox, "resultWay")
    assert ways is not None
    for more in ({}, {"fail": True}):
        desk.write_event(json.dumps({"text": bait.text("event"), **more}))
        desk.act("function.invoke")
        desk.until(lambda: desk.window.result.status.text() == "Running…")
        desk.until(lambda: desk.window.result.status.text() != "Running…")
        for number in range(ways.count()):
            ways.setCurrentIndex(number)
            pointer.look(desk.window)


def _say(desk: Desk, bait: Bait) -> None:
    """What AWS and jobs say."""
    what, why, remedy, code, request = map(bait.text, ("what", "why", "remedy", "code", "request"))
    desk.window.banners.show_error(WorkbenchError(what, why, remedy, aws_code=code, request_id=request))
    desk.window.banners.show_notice(bait.text("notice"))

    def fail(_ctx: JobContext) -> None:
        raise WorkbenchError(bait.text("failure"))

    jobs = desk.program.services.jobs
    jobs.submit(Job(bait.text("job"), lambda _ctx: None))
    jobs.submit(Job(bait.text("failed-job"), fail, on_error=lambda _error: None))


def _look_at_settings(desk: Desk, pointer: Pointer) -> None:
    """Each section of the Configuration tab, the values of the environment shown."""
    desk.act("view.configuration")
    sections = desk.window.findChild(QAbstractItemView, "configurationSections")
    assert sections is not None
    for row in range(sections.model().rowCount()):
        sections.setCurrentIndex(sections.model().index(row, 0))
        QTest.qWait(100)
        for box in desk.window.findChildren(QAbstractButton, "show.environment"):
            box.setChecked(True)
        pointer.look(desk.window)


def _look_at_profiles(window: ProfilesWindow, pointer: Pointer) -> None:
    """Each profile, and the form in which it is edited."""
    for row in range(window.list.model.rowCount()):
        window.choose(str(window.list.model.index(row, 0).data()))
        QTest.qWait(200)
        pointer.look(window)
        _press(window, "profile.edit")
        QTest.qWait(200)
        for form in window.findChildren(QDialog, "profileForm"):
            pointer.look(form)
            form.reject()


def _search(desk: Desk) -> None:
    """Searches all files for markup."""
    found = desk.program.window.findChild(SearchPanel)
    assert found is not None
    desk.act("edit.find_in_files")
    found.text.setText("<img")
    QTest.keyClick(found.text, Qt.Key.Key_Return)
    desk.until(lambda: found.model.rowCount() > 0)


def _press(window: QWidget, name: str) -> None:
    button = window.findChild(QAbstractButton, name)
    assert button is not None
    button.click()


def _open_and_look(desk: Desk, action: str, pointer: Pointer) -> None:
    """Does what opens a window, looks at all, and closes what was opened."""
    found = desk.program.services.actions[action]
    desk.until(found.isEnabled)
    done: list[bool] = []

    def look() -> None:
        others = [
            window
            for window in QApplication.topLevelWidgets()
            if window.isVisible() and window is not desk.window and not isinstance(window, QLabel)
        ]
        for window in others or [desk.window]:
            pointer.look(window)
            if isinstance(window, ProfilesWindow) and action == "profile.manage":
                _look_at_profiles(window, pointer)
        for window in filter(isValid, others):
            window.close()
        done.append(True)

    QTimer.singleShot(OPEN_MS, desk.window, look)
    found.trigger()
    desk.until(lambda: done)

"""The Triggers tab: what runs the function, how it works, both permissions; unknown is not none."""

from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.ui.pages.conftest import ShowPage, open_page, texts
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import Policy
from workbench.triggers.find import TriggerProblem, TriggerReport
from workbench.triggers.model import Grant, Link, ObservedFunction, SourceKind, Trigger
from workbench.ui.features.triggers.labels import source_name, trigger_name
from workbench.ui.features.triggers.page import KIND, Read, TriggersPage
from workbench.ui.kit.text import WrappedText
from workbench.ui.shell.services import OpenFunction, Services

BUCKET = "arn:aws:s3:::pictures"
GRANT = Grant("from-bucket", "s3.amazonaws.com", "s3", "lambda:InvokeFunction", BUCKET, "", "live", False, "")
PICTURES = Trigger(
    SourceKind("s3"),
    BUCKET,
    "pictures",
    "live",
    "count",
    values={"Events": ("s3:ObjectCreated:*",), "BucketRegion": "eu-central-1"},
    grants=(GRANT,),
)
GONE = Trigger(
    SourceKind("s3"), "arn:aws:s3:::old", "old", identity="gone", link=Link.STALE_PERMISSION, grants=(GRANT,)
)
DENIED = WorkbenchError("Could not list the rules.", "You may not.", aws_code="AccessDeniedException")
POLICIES = (
    Policy("AWSLambdaBasicExecutionRole", "arn:aws:iam::aws:policy/x", "{}"),
    Policy("own", "", "{}"),
)


@pytest.fixture
def page(services: Services, show_page: ShowPage, function: OpenFunction) -> TriggersPage:
    page = show_page(TriggersPage(services))
    page.show_function(function)
    return page


def read(detail: FunctionDetail, *triggers: Trigger, problems: tuple[TriggerProblem, ...] = ()) -> Read:
    seen = ObservedFunction(detail, grants=(GRANT,), qualifiers=("live",))
    return Read(TriggerReport(triggers, problems, seen), POLICIES)


def show(page: TriggersPage, result: Read) -> None:
    page.show_result(result)
    page.show_content()


def rows(page: TriggersPage) -> list[list[str]]:
    model = page.table.model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_each_trigger_is_a_row_with_its_link(page: TriggersPage, detail: FunctionDetail) -> None:
    show(page, read(detail, PICTURES, GONE))
    assert rows(page) == [
        ["Amazon S3", "pictures", "live", "", "linked"],
        ["Amazon S3", "old", "$LATEST", "", "stale permission"],
    ]
    assert page.summary.text() == "2 triggers · 1 needs repair"


def test_kinds_are_shown_whole_where_there_is_room(page: TriggersPage, detail: FunctionDetail) -> None:
    arn = "arn:aws:scheduler:eu-central-1:123456789012:schedule/default/nightly"
    show(page, read(detail, replace(PICTURES, kind=SourceKind("scheduler"), source_arn=arn)))
    table = page.table
    page.resize(1500, 800)
    assert table.columnWidth(KIND) == table.sizeHintForColumn(KIND) > 142
    page.resize(900, 800)
    assert table.columnWidth(KIND) == 142
    assert table.columnWidth(1) < 160
    table.setColumnWidth(KIND, 300)  # as the user does
    page.resize(1500, 800)
    assert table.columnWidth(KIND) == 300


def test_both_permissions_are_seen_at_a_glance(page: TriggersPage, detail: FunctionDetail) -> None:
    show(page, read(detail, PICTURES))
    assert texts(page.permissions.grants) == [["s3", BUCKET, "live", "from-bucket"]]
    assert texts(page.permissions.policies) == [
        ["AWSLambdaBasicExecutionRole", "attached"],
        ["own", "inline"],
    ]
    assert page.permissions.policies_status.text() == "Execution role hello-http"


def test_the_selected_trigger_is_drawn_and_explained(page: TriggersPage, detail: FunctionDetail) -> None:
    show(page, read(detail, PICTURES, GONE))
    said = page.panel.texts()
    for words in ("Push, asynchronous", "Lambda retries", "Failed events", "Authorization", BUCKET):
        assert words in said
    assert page.drawing.names[0] == "pictures"
    assert "hello-http:live" in page.drawing.names
    assert "pictures leads to" in page.drawing.accessibleName()
    assert "Not simulated" not in said  # this one is no Sandbox


def test_settings_are_written_as_aws_writes_them(page: TriggersPage, detail: FunctionDetail) -> None:
    values = {"Enabled": True, "BatchSize": 10, "Cors": {"AllowMethods": ["GET"]}, "Events": ("a", "b")}
    show(page, read(detail, replace(PICTURES, values=values)))
    settings = page.panel.texts().splitlines()[-4:]
    assert settings == ["Enabled: true", "BatchSize: 10", 'Cors: {"AllowMethods": ["GET"]}', "Events: a, b"]


def test_words_selected_to_copy_stay_selected_when_the_triggers_are_read_again(
    page: TriggersPage, detail: FunctionDetail
) -> None:
    show(page, read(detail, PICTURES))
    (source,) = [each for each in page.panel.findChildren(WrappedText) if each.text() == BUCKET]
    source.selectAll()
    show(page, read(detail, PICTURES))
    assert source.isVisible()
    assert source.textCursor().selectedText() == BUCKET


def test_of_a_trigger_with_fewer_details_none_of_the_last_one_are_seen(
    page: TriggersPage, detail: FunctionDetail
) -> None:
    show(page, read(detail, replace(PICTURES, reason="because")))
    shown = [each.text() for each in page.panel.findChildren(WrappedText) if each.isVisible()]
    assert "because" in shown
    show(page, read(detail, PICTURES))
    fewer = [each.text() for each in page.panel.findChildren(WrappedText) if each.isVisible()]
    assert fewer == [each for each in shown if each != "because"]


def test_the_drawing_follows_the_theme_and_fits_a_narrow_place(
    page: TriggersPage, detail: FunctionDetail
) -> None:
    show(page, read(detail, PICTURES))
    for width in (300, 1200):
        page.drawing.resize(width, page.drawing.height())
        boxes = page.drawing.boxes()
        assert boxes[-1].right() <= width
        assert all(left.right() < right.left() for left, right in pairwise(boxes))
    light = page.drawing.grab().toImage()
    page.services.theme.choose("dark")
    dark: QImage = page.drawing.grab().toImage()
    assert light.pixelColor(220, 20) != dark.pixelColor(220, 20)


def test_lines_of_a_long_name_end_inside_their_box(page: TriggersPage) -> None:
    name, metrics = "invoice-reconciliation-incoming-queue-number-0", page.drawing.fontMetrics()
    for width in range(60, metrics.horizontalAdvance(name)):
        for line in page.drawing._fitted(name, width).splitlines():
            assert metrics.horizontalAdvance(line) <= width


@pytest.mark.parametrize(
    ("trigger", "buttons"),
    [
        (PICTURES, {"Edit…", "Send Test Event…", "Remove…"}),
        (GONE, {"Remove…", "Repair"}),
        (replace(PICTURES, link=Link.MISSING_PERMISSION), {"Repair", "Edit…", "Send Test Event…", "Remove…"}),
        (replace(PICTURES, kind=SourceKind("other")), set()),
    ],
)
def test_only_what_makes_sense_is_offered(
    page: TriggersPage, detail: FunctionDetail, trigger: Trigger, buttons: set[str]
) -> None:
    show(page, read(detail, trigger))
    offered = {button.text() for button in page.panel.buttons if not button.isHidden()}
    assert offered == buttons
    listed = {action.text() for action in page.table.actions() if action.isVisible()}
    assert listed - {"Copy Source ARN", "Add Trigger…"} == buttons


def test_a_profile_that_may_only_read_is_told_why_nothing_can_be_pressed(
    page: TriggersPage, detail: FunctionDetail
) -> None:
    page.set_read_only("The profile work is read-only.")
    show(page, read(detail, PICTURES))
    assert not page.panel.edit.isEnabled()
    assert page.panel.edit.toolTip() == "The profile work is read-only."


def test_while_something_is_done_it_is_said_and_nothing_else_can_be(
    page: TriggersPage, detail: FunctionDetail
) -> None:
    show(page, read(detail, PICTURES))
    explained = page.panel.asynchronous.toolTip()
    assert "Retries" in explained
    page.show_working("Pause pictures")
    assert page.summary.text() == "Pause pictures…"
    assert not any(button.isEnabled() for button in page.panel.buttons)
    assert not any(action.isEnabled() for action in page._of_trigger.values())
    show(page, read(detail, PICTURES))  # what is read meanwhile
    assert page.summary.text() == "Pause pictures…"
    assert not page.panel.edit.isEnabled()
    assert "Pause pictures" in page.panel.asynchronous.toolTip()
    page.show_working("")
    assert page.panel.asynchronous.toolTip() == explained
    assert page.summary.text() == "1 trigger"
    assert page.panel.edit.isEnabled()


def test_what_could_not_be_read_is_said_and_hides_nothing(page: TriggersPage, detail: FunctionDetail) -> None:
    problem = TriggerProblem("EventBridge rule", DENIED, SourceKind("events"))
    show(page, read(detail, PICTURES, problems=(problem,)))
    assert [banner.error for banner in page.problems.banners] == [DENIED]
    assert page.summary.text() == "Some triggers could not be read, so the list might be incomplete."
    assert len(rows(page)) == 1
    unknown = ObservedFunction(detail, grants=None)
    show(page, Read(TriggerReport((PICTURES,), (problem,), unknown), DENIED))
    assert "Could not read the function's policy" in page.permissions.grants_status.text()
    assert "Could not read its policies: Could not list the rules." in page.permissions.policies_status.text()
    show(page, read(detail, PICTURES))
    assert page.problems.banners == []


def test_a_function_without_triggers_says_what_to_do(page: TriggersPage, detail: FunctionDetail) -> None:
    show(page, read(detail))
    assert page.summary.text() == "No triggers. Add one, or invoke the function from the Test tab."
    assert page.drawing.isHidden()
    assert page.table.isHidden()
    assert all(button.isHidden() for button in page.panel.buttons)


def test_what_is_selected_stays_so_when_it_is_read_again(page: TriggersPage, detail: FunctionDetail) -> None:
    show(page, read(detail, PICTURES, GONE))
    page.choose("gone")
    assert page.chosen() == GONE
    newer = replace(GONE, state="x")
    show(page, read(detail, newer, PICTURES))
    assert page.chosen() == newer


def test_a_trigger_that_was_changed_is_told_again_when_it_is_read(
    page: TriggersPage, detail: FunctionDetail
) -> None:
    show(page, read(detail, PICTURES))
    told = list[Trigger | None]()
    page.table.chosen_changed.connect(lambda: told.append(page.chosen()))
    changed = replace(PICTURES, values={**PICTURES.values, "Events": ("s3:ObjectRemoved:*",)})
    show(page, read(detail, changed))
    assert told == [changed]


def test_parts_show_as_they_come(page: TriggersPage, detail: FunctionDetail) -> None:
    page.show_part((PICTURES,))
    assert page.summary.text() == "Still reading…"
    page.show_part((GONE,))
    assert len(rows(page)) == 2
    assert all(button.isHidden() for button in page.panel.buttons)  # not before all is known
    show(page, read(detail, PICTURES, GONE))
    assert page.panel.edit.isVisible()


def test_enter_edits_the_selected_trigger(page: TriggersPage, detail: FunctionDetail, qtbot: QtBot) -> None:
    show(page, read(detail, PICTURES))
    page.table.setFocus()
    with qtbot.waitSignal(page.edit_wanted) as asked:
        QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert asked.args == [PICTURES]


def test_the_sandboxs_samples_show_their_wiring(
    services: Services, show_page: ShowPage, sample_connection: Connection, qtbot: QtBot
) -> None:
    page = show_page(TriggersPage(services))
    detail = get_function(sample_connection, "s3-object-counter")
    open_page(page, OpenFunction(sample_connection, detail))
    qtbot.waitUntil(lambda: page.shown is not None, timeout=20_000)
    assert [row[0] for row in rows(page)] == ["Amazon S3"]
    assert rows(page)[0][4] == "linked"
    assert "Not simulated in the Sandbox" in page.panel.texts()
    assert texts(page.permissions.grants)[0][0] == "s3"
    assert page.problems.banners == []


def test_the_rules_of_one_bucket_are_told_apart() -> None:
    rule = Trigger(SourceKind("s3"), "arn:aws:s3:::pictures", "pictures", identity="1")
    narrow = replace(rule, values={"Prefix": "in/", "Suffix": ".jpg"})
    assert [source_name(each) for each in (rule, narrow)] == ["pictures", "pictures · in/….jpg"]
    topic = Trigger(SourceKind("sns"), "arn:aws:sns:eu-west-1:1:news", "", values={"Prefix": "x"})
    assert (source_name(topic), trigger_name(narrow)) == ("news", "Amazon S3 pictures · in/….jpg")

"""The resources to choose from: by region, searched, greyed with the reason, or typed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.core.errors import WorkbenchError
from workbench.triggers.model import Candidate, Location, SourceKind
from workbench.triggers.plan import check_locations
from workbench.ui.features.triggers.add_dialog import CandidatesView

HERE = Location("aws", "us-east-1", "123456789012")


def queue(name: str, region: str = "us-east-1") -> Candidate:
    place = Location("aws", region, "123456789012")
    return Candidate(SourceKind("sqs"), f"arn:aws:sqs:{region}:123456789012:{name}", name, place)


@pytest.fixture
def view(qtbot: QtBot) -> CandidatesView:
    view = CandidatesView("us-east-1")
    qtbot.addWidget(view)
    view.show()
    view.begin(
        lambda candidate: check_locations(SourceKind("sqs"), candidate.location, HERE, candidate.source_arn)
    )
    return view


def seen(view: CandidatesView) -> dict[str, list[str]]:
    """The names that are in sight, by the heading they stand under."""
    found = {}
    for place in range(view.tree.topLevelItemCount()):
        group = view.tree.topLevelItem(place)
        assert group is not None
        if not group.isHidden():
            children = [group.child(each) for each in range(group.childCount())]
            found[group.text(0)] = [each.text(0) for each in children if each and not each.isHidden()]
    return found


def test_the_functions_region_stands_first_whatever_comes_first(view: CandidatesView) -> None:
    view.add([queue("far", "eu-west-1")])
    view.add([queue("orders"), queue("jobs")])
    view.add([queue("orders")])  # again
    assert seen(view) == {
        "us-east-1: the function's region": ["orders", "jobs"],
        "Other regions": ["far"],
    }
    assert view.count == 3


def test_what_cannot_be_wired_is_greyed_with_its_reason_and_can_still_be_chosen(view: CandidatesView) -> None:
    far = queue("far", "eu-west-1")
    view.add([far, queue("orders")])
    group = view.tree.topLevelItem(1)
    item = group.child(0) if group else None
    assert item is not None
    assert "is in eu-west-1; the function is in us-east-1" in item.toolTip(0)
    view.choose(far.source_arn)
    assert view.chosen() == far


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("ord", {"us-east-1: the function's region": ["orders"]}),
        ("ORD", {"us-east-1: the function's region": ["orders"]}),
        ("eu-west-1", {"Other regions": ["far"]}),
        ("zzz", {}),
        ("[", {}),
    ],
)
def test_searching_finds_names_and_regions(
    view: CandidatesView, typed: str, names: dict[str, list[str]]
) -> None:
    view.add([queue("orders"), queue("jobs"), queue("far", "eu-west-1")])
    QTest.keyClicks(view.search, typed)
    assert seen(view) == names
    view.add([queue("late")])  # what comes while something is searched keeps to that
    assert seen(view) == names


def test_an_arn_that_is_typed_is_meant_rather_than_what_was_selected(view: CandidatesView) -> None:
    orders = queue("orders")
    view.add([orders])
    view.choose(orders.source_arn)
    QTest.keyClicks(view.search, "arn:aws:sqs:us-east-1:999999999999:theirs")
    assert view.chosen() is None
    assert view.typed_arn() == "arn:aws:sqs:us-east-1:999999999999:theirs"
    view.search.clear()
    assert view.typed_arn() == ""


def test_one_that_is_made_stands_first_and_is_meant_until_another_is_chosen(view: CandidatesView) -> None:
    view.begin(lambda _candidate: (), "Create a new one")
    orders = queue("orders")
    wanted = [view.wants_new]
    view.add([orders])
    first = view.tree.topLevelItem(0)
    assert first is not None
    assert first.text(0) == "Create a new one"
    view.choose(orders.source_arn)
    wanted.append(view.wants_new)
    assert wanted == [True, False]
    assert view.chosen() == orders
    view.finish()
    assert view.status.text() == "1 found"


def test_enter_means_what_is_chosen(view: CandidatesView, qtbot: QtBot) -> None:
    view.add([queue("orders")])
    with qtbot.waitSignal(view.activated):
        QTest.keyClick(view.search, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("found", "problems", "says"),
    [
        (0, (), "None found in any region. Create one in AWS, or paste an ARN."),
        (1, (), "1 found"),
        (2, (), "2 found"),
        (
            1,
            (WorkbenchError("Could not list the queues.", "You may not."),),
            "Some resources could not be listed",
        ),
    ],
)
def test_the_end_of_the_listing_is_said(
    view: CandidatesView, found: int, problems: tuple[WorkbenchError, ...], says: str
) -> None:
    assert view.status.text() == "Finding resources…"
    view.add([queue(f"q{number}") for number in range(found)])
    view.finish(problems)
    assert view.status.text().startswith(says)

"""The list: all profiles, found by a few letters, 100,000 of them without a stall."""

import sys
from collections.abc import Callable, Iterator, Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.core.settings import Settings
from workbench.profiles.model import Problem, Profile, ProfileKind, ProfileList
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.profiles.window import ProfileListView
from workbench.ui.shell.profile_list import Listing, ProfileModel, search
from workbench.ui.shell.services import Services

MANY = 100_000


def listing(*names: str) -> Listing:
    profiles = tuple(Profile(name, ProfileKind.STATIC) for name in names)
    return Listing.of(ProfileList(profiles))


def found(names: Sequence[str], query: str) -> list[str]:
    return [names[number] for number in search(listing(*names), query, JobContext())]


def test_a_profile_is_found_by_letters_and_the_best_match_comes_first() -> None:
    names = ("my-dev", "dev", "deep-value", "prod")
    assert found(names, "dev") == ["dev", "my-dev", "deep-value"]


def test_a_profile_is_found_by_its_account() -> None:
    profile = Profile("work", ProfileKind.SSO, account_id="123456789012")
    listed = Listing.of(ProfileList((Profile("other", ProfileKind.SSO), profile)))
    assert search(listed, "6789", JobContext()) == (1,)


def test_among_very_many_the_whole_word_still_comes_before_scattered_letters() -> None:
    names = (*(f"d-e-v-{number}" for number in range(3_000)), "dev")
    assert found(names, "dev")[0] == "dev"


def test_a_search_that_is_typed_over_ends() -> None:
    class Over(JobContext):
        def check(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        search(listing("a"), "a", Over())


def test_of_a_name_in_both_lists_the_first_counts() -> None:
    sandbox = Profile("Sandbox", ProfileKind.SANDBOX)
    listed = Listing.of(ProfileList((Profile("Sandbox", ProfileKind.STATIC),)), (sandbox,))
    assert listed.find("Sandbox") is sandbox
    assert listed.find("other") is None


def test_a_row_is_read_out_with_its_care_and_its_problems(settings: Settings) -> None:
    safety = Safety(settings)
    safety.set_tier("prod", Tier.PRODUCTION)
    profile = Profile(
        "prod", ProfileKind.SSO, "us-east-1", account_id="123456789012", problems=(Problem("It is odd."),)
    )
    model = ProfileModel(safety.tier)
    model.set_listing(Listing.of(ProfileList((profile,))))
    text = model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert text == "prod, IAM Identity Center · 123456789012 · us-east-1, Production, It is odd."


def test_a_value_of_several_lines_takes_one_line_of_the_list() -> None:
    model = ProfileModel(lambda _name: Tier.NORMAL)
    model.set_listing(
        Listing.of(ProfileList((Profile("a", ProfileKind.STATIC, "us-east-1\noutput = json"),)))
    )
    assert "\n" not in str(model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole))


@pytest.fixture
def view(qtbot: QtBot, services: Services) -> ProfileListView:
    view = ProfileListView(services, Safety(services.settings))
    qtbot.addWidget(view)
    view.resize(320, 700)
    view.show()
    return view


def test_the_first_is_chosen_and_keys_in_the_search_field_move_on(
    view: ProfileListView, qtbot: QtBot
) -> None:
    chosen: list[str] = []
    view.chosen.connect(chosen.append)
    view.set_listing(listing("a", "b", "c"))
    assert chosen == ["a"]
    QTest.keyClick(view.search, Qt.Key.Key_Down)
    QTest.keyClick(view.search, Qt.Key.Key_Down)
    assert chosen == ["a", "b", "c"]
    assert view.current == "c"


def test_the_chosen_one_stays_when_the_files_are_read_again(view: ProfileListView) -> None:
    view.set_listing(listing("a", "b", "c"))
    view.select("b")
    view.set_listing(listing("a", "aa", "b"))
    assert view.current == "b"
    assert view.view.currentIndex().data() == "b"


def test_when_the_chosen_one_is_gone_the_first_is_chosen(view: ProfileListView) -> None:
    view.set_listing(listing("a", "b"))
    view.select("b")
    view.set_listing(listing("a"))
    assert view.current == "a"


def test_choosing_one_that_the_search_hides_ends_the_search(view: ProfileListView, qtbot: QtBot) -> None:
    view.set_listing(listing("a", "b"))
    QTest.keyClicks(view.search, "b")
    qtbot.waitUntil(lambda: view.model.rowCount() == 1)
    view.select("a")
    assert view.search.text() == ""
    assert view.view.currentIndex().data() == "a"


def test_it_says_when_nothing_matches_and_when_there_is_nothing(view: ProfileListView, qtbot: QtBot) -> None:
    view.set_listing(listing("a"))
    QTest.keyClicks(view.search, "zzz")
    qtbot.waitUntil(lambda: view.model.rowCount() == 0)
    assert view.empty.accessibleName() == "No profiles match"
    view.search.clear()
    view.set_listing(listing())
    assert view.empty.accessibleName() == "No profiles yet"


@pytest.fixture
def program_switching() -> Iterator[None]:
    """How soon the main thread gets Python's lock from a job, as the program sets it."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)  # as app.py does
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("program_switching")
def test_100_000_profiles_are_shown_searched_and_walked_through_without_a_stall(
    view: ProfileListView, qtbot: QtBot, no_stall: Callable[..., StallWatch]
) -> None:
    """H9, as far as the window is concerned."""
    many = listing(*(f"team-{number % 97}-account-{number:06}" for number in range(MANY)))
    with no_stall():
        view.set_listing(many)
        qtbot.waitUntil(lambda: view.model.rowCount() == MANY)
        QTest.keyClick(view.search, Qt.Key.Key_PageDown)
        qtbot.wait(50)
        view.select(f"team-{(MANY - 1) % 97}-account-{MANY - 1:06}")
        qtbot.wait(50)
        QTest.keyClicks(view.search, "account-0999")
        qtbot.waitUntil(lambda: 0 < view.model.rowCount() < MANY, timeout=30_000)
        view.search.clear()
        qtbot.waitUntil(lambda: view.model.rowCount() == MANY)
    assert view.current == f"team-{(MANY - 1) % 97}-account-{MANY - 1:06}"

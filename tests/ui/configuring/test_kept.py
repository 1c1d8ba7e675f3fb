"""Changes that were not applied, at the next start of the program."""

import time
from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QPushButton

from tests.ui.configuring.person import Person
from workbench.functions.settings import SettingChange, SettingsDrafts
from workbench.ui.shell.services import OpenFunction


def drafts(person: Person) -> SettingsDrafts:
    return SettingsDrafts(person.services.paths.data_dir / "configuration-drafts")


def arn(person: Person) -> str:
    assert person.page.function is not None
    return person.page.function.detail.function_arn


def press(person: Person, name: str) -> None:
    button = person.page.findChild(QPushButton, name)
    assert button is not None
    assert button.isVisible()
    button.click()


@pytest.fixture
def again(sit: Callable[..., Person]) -> Callable[[Person, list[SettingChange]], Person]:
    """Opens the same function as a program that starts again does, with these changes from before."""

    def sit_again(person: Person, left: list[SettingChange]) -> Person:
        drafts(person).keep(arn(person), left)
        person.page.kept.disk._on_disk.clear()  # a start knows nothing of the disk
        function = person.page.function
        assert function is not None
        person.page.clear()
        person.page.show_function(OpenFunction(function.connection, function.detail))
        person.page.activate()
        person.until(person.is_read)
        return person

    return sit_again


Again = Callable[[Person, list[SettingChange]], Person]
LEFT = [SettingChange("memory_mb", "", 128, 512), SettingChange("environment", "KEY", None, "secret")]


def test_what_is_typed_is_on_disk_in_a_moment_and_goes_when_it_is_discarded(person: Person) -> None:
    person.type("general", "description", "new words")
    person.until(lambda: drafts(person).of(arn(person)))
    [change] = drafts(person).of(arn(person))
    assert (change.name, change.new) == ("description", "new words")
    person.page.draft.discard()
    person.until(lambda: not drafts(person).of(arn(person)))


def test_what_is_discarded_while_it_is_written_goes_too(person: Person) -> None:
    person.type("general", "description", "new words")
    person.page.kept.disk.write()
    while not drafts(person).of(arn(person)):  # no event is handled: the window does not know of it yet
        time.sleep(0.01)
    person.page.draft.discard()
    assert person.page.kept.disk.is_behind  # else a window that is closed now would leave it behind
    person.until(lambda: not drafts(person).of(arn(person)))


def test_what_is_applied_is_not_offered_again(person: Person) -> None:
    person.type("general", "description", "new words")
    person.until(lambda: drafts(person).of(arn(person)))
    person.apply()
    person.until(lambda: not drafts(person).of(arn(person)))


def test_what_an_earlier_start_left_is_offered_and_taken_up(person: Person, again: Again) -> None:
    again(person, LEFT)
    offer = person.page.kept.offer
    person.until(offer.isVisible)
    assert offer.words.text() == "Unapplied changes from last time: Memory, Environment variables: KEY."
    assert person.wanted.memory_mb == 128  # nothing is put into the form unasked
    press(person, "configurationKeptTake")
    assert (person.wanted.memory_mb, person.wanted.environment) == (512, (("KEY", "secret"),))
    assert not offer.isVisible()
    person.apply()
    assert (person.now().memory_mb, person.now().environment) == (512, (("KEY", "secret"),))
    person.until(lambda: not drafts(person).of(arn(person)))


def test_what_somebody_else_changed_since_is_said_and_not_overwritten(person: Person, again: Again) -> None:
    function = person.page.function
    assert function is not None
    again(person, [SettingChange("timeout_s", "", 5, 20)])
    offer = person.page.kept.offer
    person.until(offer.isVisible)
    assert "Changed in AWS since then: Timeout." in offer.words.text()
    press(person, "configurationKeptTake")
    assert [(each.old, each.new) for each in person.page.draft.changes()] == [
        (5, 20)
    ]  # asked when it is sent


def test_what_is_not_wanted_any_more_is_forgotten(person: Person, again: Again) -> None:
    again(person, LEFT)
    person.until(person.page.kept.offer.isVisible)
    press(person, "configurationKeptForget")
    assert not person.page.kept.offer.isVisible()
    person.until(lambda: not drafts(person).of(arn(person)))
    assert person.wanted.memory_mb == 128


def test_typing_beside_the_offer_loses_neither(person: Person, again: Again) -> None:
    again(person, LEFT)
    person.until(person.page.kept.offer.isVisible)
    person.type("general", "description", "typed since")
    person.until(lambda: len(drafts(person).of(arn(person))) == 3)
    press(person, "configurationKeptTake")
    assert (person.wanted.memory_mb, person.wanted.description) == (512, "typed since")

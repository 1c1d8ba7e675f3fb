"""What is asked before a test event of one's own is named or goes. Must not know: where they are kept."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from workbench.invoke.events import TestEvent
from workbench.ui.ask_text import ask_text
from workbench.ui.safety.confirm import Question

translate = QCoreApplication.translate


def ask_name(
    parent: QWidget, own: Sequence[TestEvent], chosen: TestEvent | None, then: Callable[[str], object]
) -> None:
    """Asks under which name an event is kept; one that another event has takes a yes, as that one is lost.

    Args:
        parent: The tab.
        own: All events of one's own.
        chosen: The event that is kept; saving it under its own name replaces nobody else.
        then: Gets the name.
    """
    title, label = translate("TestEvents", "Save Test Event"), translate("TestEvents", "Name:")
    name = ask_text(parent, title, label, chosen.name if chosen is not None else "")
    if name is None:
        return
    if name not in {event.name for event in own if event != chosen}:
        then(name)
        return
    words = translate("TestEvents", "A test event named %1 exists. Its text will be replaced.")
    yes = translate("TestEvents", "Replace")
    question = Question("replaceEvent", title, words.replace("%1", name), yes, parent.window())
    question.ask(lambda: then(name))


def ask_to_delete(parent: QWidget, event: TestEvent, then: Callable[[], object]) -> None:
    """Asks before an event is deleted: nothing brings it back."""
    title, yes = translate("TestEvents", "Delete Test Event"), translate("TestEvents", "Delete")
    words = translate("TestEvents", "%1 will be permanently deleted.").replace("%1", event.name)
    Question("deleteEvent", title, words, yes, parent.window()).ask(then)

"""Change Several… from the table of all functions: two accounts, two regions, one plan."""

from PySide6.QtGui import QAction

from tests.ui.features.fleet.watcher import FAR, NEAR, Watcher, watcher
from tests.ui.test_routes import desk, opener
from workbench.functions.detail import get_function
from workbench.ui.features.bulk.dialog import BulkDialog
from workbench.ui.features.bulk.run import Phase

__all__ = ["desk", "opener", "watcher"]  # fixtures


def test_what_is_selected_in_the_table_is_changed_where_it_is_and_shown_anew(watcher: Watcher) -> None:
    places = (("alice", NEAR), ("alice", FAR), ("bob", NEAR))
    made = [watcher.make(*place, name=f"fn-{number}") for number, place in enumerate(places)]
    watcher.choose(["alice", "bob"], [NEAR, FAR])
    window = watcher.open()
    action = next(each for each in window.table.actions() if each.objectName() == "fleet.change_several")
    assert isinstance(action, QAction)
    assert not action.isEnabled()
    window.table.selectAll()
    assert action.isEnabled()
    action.trigger()
    watcher.desk.until(lambda: window.findChild(BulkDialog))
    dialog = window.findChild(BulkDialog)
    assert isinstance(dialog, BulkDialog)
    dialog.form.memory.setValue(640)
    dialog.form.go.click()
    watcher.desk.until(lambda: dialog.run.phase is Phase.PLANNED)
    dialog.start_button.click()
    watcher.desk.until(lambda: dialog.run.phase is Phase.ENDED)
    watcher.wait()
    memories = [
        get_function(watcher.at(*place), each.function_name).memory_mb
        for place, each in zip(places, made, strict=True)
    ]
    assert memories == [640] * 3
    assert {memory for (memory,) in watcher.shown("memory")} == {"640 MB"}
    dialog.close()
    watcher.desk.idle()

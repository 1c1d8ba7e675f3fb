"""The dialog of a breakpoint."""

from tests.ui.window_desk import Desk
from workbench.invoke.breakpoints import Breakpoint
from workbench.ui.features.local_run.breakpoints import BreakpointDialog


def test_it_gives_what_was_filled_in(desk: Desk) -> None:
    dialog = BreakpointDialog("app.py", Breakpoint(3, is_enabled=False), desk.window)
    dialog.open()
    chosen: list[object] = []
    dialog.chosen.connect(chosen.append)
    dialog.condition.setText(" n > 1 ")
    dialog.hit_count.setText("5")
    dialog.set_button.click()
    assert chosen == []
    assert "either a condition or a hit count" in dialog.state.text()
    dialog.hit_count.clear()
    dialog.set_button.click()
    assert chosen == [Breakpoint(3, condition="n > 1")]

"""What if: the sum for one function and for all that are shown."""

import pytest

from tests.ui.features.fleet.test_fleet_metrics import Observer
from tests.ui.features.fleet.watcher import Watcher
from workbench.metrics.fleet import MONTH_S, CostSetting, Usage
from workbench.ui.features.fleet.metrics_window import TriedSetting, WhatIfDialog, change_text, month_costs

GB = CostSetting("us-east-1", 1024)
BUSY = Usage(1_000_000, 99_500_000, MONTH_S)
RUNNING_USD = 100_000 * 0.0000166667


@pytest.mark.parametrize(
    ("change", "running_usd"),
    [
        (TriedSetting(), RUNNING_USD),
        (TriedSetting(memory_mb=2048), 2 * RUNNING_USD),
        (TriedSetting(memory_mb=512), RUNNING_USD / 2),
        (TriedSetting(architecture="arm64"), 100_000 * 0.0000133334),
        (TriedSetting(architecture="x86_64"), RUNNING_USD),
    ],
)
def test_another_setting_changes_what_running_costs(change: TriedSetting, running_usd: float) -> None:
    now, then = month_costs(((GB, BUSY),), change)
    assert now == pytest.approx(0.20 + RUNNING_USD)
    assert then == pytest.approx(0.20 + running_usd)


def test_twice_the_memory_in_half_the_time_costs_the_same_but_for_rounding() -> None:
    now, then = month_costs(((GB, BUSY),), TriedSetting(memory_mb=2048, duration_percent=-50))
    assert then == pytest.approx(now, rel=0.01)


@pytest.mark.parametrize(
    ("percent", "text"), [(0.0, "0 %"), (-0.04, "0 %"), (-0.4, "−0.4 %"), (0.26, "+0.3 %"), (-20.0, "−20 %")]
)
def test_a_small_change_of_the_cost_is_not_said_to_be_none(percent: float, text: str) -> None:
    assert change_text(percent) == text


def test_the_dialog_answers_for_the_picked_function_and_for_all(watcher: Watcher) -> None:
    observer = Observer(watcher)
    name = observer.make(Invocations=1000, Errors=0, Duration=900)
    observer.make(Invocations=3000, Errors=1, Duration=900)
    observer.make()
    window = observer.open()
    observer.pick(name)
    window.actions_["fleet_metrics.what_if"].trigger()
    dialog = window.findChild(WhatIfDialog)
    assert dialog is not None
    desk = watcher.desk
    assert [dialog.of.itemText(number) for number in range(dialog.of.count())] == [
        name,
        "All shown functions with a known cost: 2",
    ]
    desk.until(lambda: dialog.answer.text().endswith("(0 %)"))
    dialog.architecture.setCurrentIndex(dialog.architecture.findData("arm64"))
    desk.until(lambda: "(−" in dialog.answer.text())
    dialog.of.setCurrentIndex(1)
    dialog.duration.setValue(-20)
    assert dialog.duration.text() == "-20 %"
    desk.idle()
    assert " per month instead of $" in dialog.answer.text()
    dialog.reject()

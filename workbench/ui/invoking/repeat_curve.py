"""Many runs as curves over the time at which they were sent. Loads numpy: only when it is used."""

from collections.abc import Sequence

import numpy as np

from workbench.invoke.history_entry import InvocationOutcome
from workbench.invoke.repeat import Run
from workbench.ui.charts import Curve


def curves(runs: Sequence[Run]) -> tuple[tuple[Curve, ...], tuple[float, float]]:
    """The round trips, and the stretch of time that they take.

    Args:
        runs: At least one.
    """
    ordered = sorted(runs, key=lambda run: run.started_s)
    times = np.array([run.started_s for run in ordered])
    taken = np.array(
        [run.duration_ms if run.outcome is not InvocationOutcome.REFUSED else float("nan") for run in ordered]
    )
    end_s = max(run.started_s + run.duration_ms / 1000 for run in ordered)
    return (Curve("", times, taken),), (float(times[0]) - 0.1, max(float(end_s), float(times[0]) + 1.0))

"""A month of metrics of 500 functions on the Sandbox, read as the program reads it, beside numpy's figures.

All that was put is compared, point for point: 2 metrics, 10 statistics (p50 to p99.9 among them), over the
six periods that charts use; 60,000 series, 37 million points. Takes a quarter of an hour of a processor:
MiniStack keeps each value as an object of its own, goes through all of a metric's for every series, and
writes all of them to disk once a minute.

- mismatches: periods whose value is another one, is missing, or should not be there.
- points: values that were compared. series, values_put, seed_s, read_s: how much, and how long it took.
"""

import time
from collections import Counter

from tests.bench._common import Arguments, Figure, place, running_sandbox
from tests.seed_metrics import DAY_S, Compared, compare, midnight_s, seed

_SHOWN = 20


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("functions", 500, smoke=2)
    parser.count("days", 30)
    options = parser.parse()
    names = [f"exact-{number}" for number in range(options.functions)]
    start_s = midnight_s() - options.days * DAY_S
    with place() as folder, running_sandbox(folder / "sandbox") as connection:
        begun = time.monotonic()
        values = seed(connection, names, start_s, options.days)
        seeded = time.monotonic()
        _show("values_put", values, "values")
        _show("seed_s", seeded - begun, "s")
        total = Counter[str]()
        for each in compare(connection, names, start_s, options.days):
            total.update(series=1, points=each.points, mismatches=each.wrong)
            if each.wrong and total["told"] < _SHOWN:
                total["told"] += 1
                _tell(each)
        _show("read_s", time.monotonic() - seeded, "s")
    for name in ("series", "points"):
        _show(name, total[name], name)
    Figure("metrics_exact", "mismatches", total["mismatches"], "periods", 1, 0).show()


def _show(name: str, value: float, unit: str) -> None:
    Figure("metrics_exact", name, value, unit, 1).show()


def _tell(found: Compared) -> None:
    spec = found.spec
    name = f"{spec.metric_name} {spec.stat} {spec.dimensions}"
    print(f"{found.wrong} periods of {found.period_s} s differ: {name}")


if __name__ == "__main__":
    main()

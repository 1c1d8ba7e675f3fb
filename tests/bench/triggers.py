"""Finding the triggers of 200 functions on a Sandbox, and the region engine.

- discover_vs_floor: all triggers of all 200 functions, as a ratio to the calls without which nobody can know
  them (see _triggered.py), made on as many threads by bare clients, their answers left alone. Neither side
  keeps to AWS's rate: the Sandbox has none.
- discover_calls_vs_floor: how many calls the program makes for it, as a ratio to those.
- discover_s: as long as that takes.
- region_pairs_per_s: pairs of a source's place and a function's that are judged in a second.
"""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from tests.bench._common import CTX, Arguments, Figure, interleave, place, ratio, running_sandbox
from tests.bench._triggered import COUNT, Call, seed, unavoidable
from workbench.aws.connection import ApiCall, Connection
from workbench.aws.retry import RateBudget
from workbench.core.jobs import JobContext, working_for
from workbench.triggers.doctor import THREADS, examine_fleet
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import Link, Location
from workbench.triggers.plan import check_locations

PAIRS = 100_000
FLOOR = "its unavoidable calls"


class Unlimited(RateBudget):
    """The Sandbox takes as many requests as come."""

    def spend(self, connection: Connection, service: str, operation: str, ctx: JobContext) -> None:
        """Waits for nothing."""
        ctx.check()


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 5)
    options = parser.parse()
    with place() as folder, running_sandbox(folder / "sandbox") as connection:
        seed(connection)
        calls = list(unavoidable(connection))
        made, needed = _counted(connection), len(calls)
        sides = {
            "ours": lambda: {"ours": _discover(connection)},
            FLOOR: lambda: {FLOOR: _ask(connection, calls)},
        }
        interleave(1, sides)  # connections are open from then on
        samples = interleave(options.runs, sides)
    pairs = [_judge() for _ in range(options.runs)]
    runs = options.runs
    value, floor_ms = ratio(samples, "ours", FLOOR), median(samples[FLOOR]) * 1000
    Figure("triggers", "discover_vs_floor", value, "x", runs, 1.15, FLOOR, floor_ms).show()
    Figure("triggers", "discover_calls_vs_floor", made / needed, "x", 1, None, FLOOR, needed).show()
    Figure("triggers", "discover_s", median(samples["ours"]), "s", runs).show()
    Figure("triggers", "region_pairs_per_s", median(pairs), "pairs/s", runs).show()


def _discover(connection: Connection) -> float:
    before = time.perf_counter()
    with working_for(CTX):  # as the runner of jobs does
        rows = examine_fleet(connection, Unlimited(), CTX)
    passed_s = time.perf_counter() - before
    triggers = [trigger for row in rows for trigger in row.report.triggers]
    assert len(rows) == COUNT
    assert not [row.report.problems for row in rows if row.report.problems]
    assert {trigger.link for trigger in triggers} == {Link.LINKED}
    return passed_s


def _ask(connection: Connection, calls: list[Call]) -> float:
    before = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda call: call.make(connection), calls))
    return time.perf_counter() - before


def _counted(connection: Connection) -> int:
    """How many calls finding them takes."""
    calls: list[ApiCall] = []
    observed = Connection.open(connection.access, observer=calls.append)
    calls.clear()
    _discover(observed)
    return len(calls)


def _judge() -> float:
    regions = ("us-east-1", "eu-central-1", "eu-west-1", "ap-east-1", "cn-north-1", "us-gov-west-1")
    places = [
        Location(_partition(region), region, account)
        for region in regions
        for account in ("111111111111", "222222222222")
    ]
    kinds = list(SOURCES)
    arns = {kind: f"arn:aws:{kind}:us-east-1:111111111111:orders" for kind in kinds}
    every = list(itertools.islice(itertools.cycle(itertools.product(kinds, places, places)), PAIRS))
    before = time.perf_counter()
    for kind, source, function in every:
        check_locations(kind, source, function, arns[kind], "arn:aws:iam::111111111111:role/lambda")
    return PAIRS / (time.perf_counter() - before)


def _partition(region: str) -> str:
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")


if __name__ == "__main__":
    main()

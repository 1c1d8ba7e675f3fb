"""How truly the Sandbox answers: what AWS was asked, asked again, and the answers compared.

AWS's answers were recorded by localstack's tests (../shared/truth; without it nothing is measured). Each
request is made in an account of its own that has what it names; code and text must be AWS's, but for what
differs from run to run (see _parity/compare.py). moto is asked the same in the same run.

- lambda_refusals: the part of Lambda's recorded refusals that the Sandbox refuses with AWS's code and text.
- called_refusals: the same of all operations that Workbench calls.

With --list SERVICE ("lambda", "sqs", "all") only that service is asked, without moto, and the misses are
printed one a line: the test's key, AWS's answer, the Sandbox's.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench._common import Figure, place
from tests.bench._parity import servers
from tests.bench._parity.built import built_refusals
from tests.bench._parity.called import is_called
from tests.bench._parity.corpus import Case, recorded_refusals, short, truth_folder
from tests.bench._parity.replay import Outcome, replay

_WIDTH = 260


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--list", metavar="SERVICE", help="print the misses of a service, or of all")
    parser.add_argument("--key", default="", help="only cases whose key has these words")
    parser.add_argument("--called", action="store_true", help="only operations that Workbench calls")
    parser.add_argument("--no-moto", action="store_true", help="ask the Sandbox only")
    options = parser.parse_args()
    if truth_folder() is None:
        sys.exit(
            "There is no ../shared/truth with AWS's recorded answers: name its folder in WORKBENCH_TRUTH."
        )
    cases = [case for case in refused_cases() if options.key in case.key]
    if options.called:
        cases = [case for case in cases if is_called(case)]
    with place() as folder:
        if options.list:
            listing(folder, [case for case in cases if options.list in (case.service, "all")])
        else:
            refusals(folder, cases, beside_moto=not options.no_moto)


def refused_cases() -> list[Case]:
    """All recorded refusals for which there is a request."""
    recorded = list(recorded_refusals())
    keys = frozenset(short(case.key) for case in recorded)
    return [*recorded, *built_refusals(keys)]


def listing(folder: Path, cases: Sequence[Case]) -> None:
    """Prints what the Sandbox answers otherwise than AWS."""
    with servers.sandbox(folder / "sandbox") as server:
        outcomes = [replay(case, server) for case in cases]
    for outcome in outcomes:
        if not outcome.is_same:
            print(line(outcome))
    print(f"{sum(each.is_same for each in outcomes)} of {len(outcomes)} as AWS", file=sys.stderr)


def line(outcome: Outcome) -> str:
    """A miss in one line."""
    case = outcome.case
    called = "" if is_called(case) else " (not called)"
    failed = f" | NOT MADE BEFORE: {'; '.join(outcome.failed)}" if outcome.failed else ""
    return (
        f"{short(case.key)} | {case.service}.{case.operation}{called}"
        f" | AWS: {_one(case.refusal.code, case.refusal.message)}"
        f" | Sandbox: {_one(outcome.code, outcome.message)}{failed}"
    )


def _one(code: str, message: str) -> str:
    text = " ".join(f"{code}: {message}".split())
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def refusals(folder: Path, cases: Sequence[Case], *, beside_moto: bool) -> None:
    """Prints the table and the figures."""
    with servers.sandbox(folder / "sandbox") as server:
        ours = [replay(case, server) for case in cases]
    theirs: list[Outcome] = []
    if beside_moto:
        with servers.moto() as server:
            theirs = [replay(case, server) for case in cases]
    table(ours, theirs)
    of_lambda = [each for each in ours if each.case.service == "lambda"]
    called = [each for each in ours if is_called(each.case)]
    _share("lambda_refusals", of_lambda, 95.0, [each for each in theirs if each.case.service == "lambda"])
    _share("called_refusals", called, 90.0, [each for each in theirs if is_called(each.case)])


def table(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> None:
    """How many recorded refusals each service answers as AWS does, for people."""
    services = sorted({each.case.service for each in ours})
    print(f"{'service':16} {'recorded':>8} {'Sandbox':>8} {'moto':>8}", file=sys.stderr)
    for service in services:
        own = [each for each in ours if each.case.service == service]
        other = [each for each in theirs if each.case.service == service]
        moto = str(_same(other)) if other else "-"
        print(f"{service:16} {len(own):8} {_same(own):8} {moto:>8}", file=sys.stderr)


def _same(outcomes: Iterable[Outcome]) -> int:
    return sum(each.is_same for each in outcomes)


def _share(name: str, ours: Sequence[Outcome], goal: float, theirs: Sequence[Outcome]) -> None:
    peer = 100 * _same(theirs) / len(theirs) if theirs else None
    Figure(
        "parity",
        name,
        100 * _same(ours) / max(len(ours), 1),
        "%",
        len(ours),
        goal,
        "moto" if theirs else None,
        peer,
        at_least=True,
    ).show()


if __name__ == "__main__":
    main()

"""How truly the Sandbox answers: what AWS was asked, asked again, and the answers compared.

AWS's answers were recorded by localstack's tests (../shared/truth; without it nothing is measured). Each
request is made in an account of its own that has what it names; code and text must be AWS's, but for what
differs from run to run (see _parity/compare.py). moto is asked the same in the same run.

- lambda_refusals: the part of Lambda's recorded refusals that the Sandbox refuses with AWS's code and text.
- called_refusals: the same of all operations that Workbench calls.
- lambda_states: of Lambda's recorded sequences of states, those that it goes through (_parity/states.py).
- lambda_fields: of Lambda's recorded answers, those that have the recorded fields (_parity/fields.py).
- over_refused: requests that AWS accepts and the Sandbox refuses (_parity/accepted.py).
- generic_errors: recorded refusals that Workbench tells in words which fit everything (_parity/generic.py).

With --list SERVICE ("lambda", "sqs", "all") only that service is asked, without moto, and the misses are
printed one a line: the test's key, AWS's answer, the Sandbox's. --list states, fields, over and generic list
the misses of these figures.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench._common import Arguments, Figure, place
from tests.bench._parity import servers
from tests.bench._parity.accepted import accepted_requests, refused, refused_steps
from tests.bench._parity.built import built_refusals
from tests.bench._parity.called import is_called
from tests.bench._parity.corpus import Case, recorded_refusals, short, truth_folder
from tests.bench._parity.fields import compare_all
from tests.bench._parity.generic import count, generic
from tests.bench._parity.replay import Outcome, replay
from tests.bench._parity.states import walk_all
from workbench.core.codec import to_builtins
from workbench.sandbox.fidelity import Fidelity, Measured, ServiceFidelity, fidelity_file

_WIDTH = 260


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.add_argument("--list", metavar="SERVICE", help="print the misses of a service, or of all")
    parser.add_argument("--key", default="", help="only cases whose key has these words")
    parser.count("every", 1, smoke=50, help="take one case of so many")
    parser.add_argument("--called", action="store_true", help="only operations that Workbench calls")
    parser.add_argument("--no-moto", action="store_true", help="ask the Sandbox only")
    parser.add_argument("--save", action="store_true", help="show these figures in Help, Sandbox Fidelity")
    options = parser.parse()
    if truth_folder() is None:
        sys.exit(
            "There is no ../shared/truth with AWS's recorded answers: name its folder in WORKBENCH_TRUTH."
        )
    cases = [case for case in refused_cases() if options.key in case.key][:: options.every]
    if options.called:
        cases = [case for case in cases if is_called(case)]
    with place() as folder:
        if options.list:
            listing(folder, options.list, options.key, cases)
        else:
            measured = figures(folder, cases, beside_moto=not options.no_moto)
            if options.save:
                fidelity_file().write_text(json.dumps(to_builtins(measured), indent=2) + "\n", "utf-8")


def refused_cases() -> list[Case]:
    """All recorded refusals for which there is a request."""
    recorded = list(recorded_refusals())
    keys = frozenset(short(case.key) for case in recorded)
    return [*recorded, *built_refusals(keys)]


def listing(folder: Path, what: str, words: str, cases: Sequence[Case]) -> None:
    """Prints what the Sandbox answers otherwise than AWS."""
    if what == "generic":
        for refused, told, fault in generic(list(cases)):
            print(f"{fault} | AWS: {_short(refused)} | Workbench: {_short(told)}")
        return
    with servers.sandbox(folder / "sandbox") as server:
        if what == "states":
            for walked in walk_all(server, words):
                for miss in walked.misses:
                    print(f"{walked.key} ({walked.count} such) | {miss}")
        elif what == "fields":
            for compared in compare_all(server, words):
                if compared.misses:
                    print(f"{compared.key} | lambda.{compared.operation} | {'; '.join(compared.misses)}")
        elif what == "over":
            _list_over_refused(server, cases)
        else:
            _list_refusals(server, [case for case in cases if what in (case.service, "all")])


def _list_refusals(server: servers.Server, cases: Sequence[Case]) -> None:
    outcomes = [replay(case, server) for case in cases]
    for outcome in outcomes:
        if not outcome.is_same:
            print(line(outcome))
    print(f"{_same(outcomes)} of {len(outcomes)} as AWS", file=sys.stderr)


def _list_over_refused(server: servers.Server, cases: Sequence[Case]) -> None:
    for outcome in refused(server, accepted_requests()):
        case, answer = outcome.case, _one(outcome.code, outcome.message)
        print(f"{case.service}.{case.operation} | {answer} | {json.dumps(case.request)}")
    for step in refused_steps([replay(case, server) for case in cases]):
        print(f"step | {step}")


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
    return _short(f"{code}: {message}")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def figures(folder: Path, cases: Sequence[Case], *, beside_moto: bool) -> Fidelity:
    """Prints the table and the figures, and returns what a person may see of them."""
    with ThreadPoolExecutor(1) as beside:
        peer = beside.submit(_ask_moto, cases if beside_moto else ())
        with servers.sandbox(folder / "sandbox") as server:
            ours = [replay(case, server) for case in cases]
            walked, compared = walk_all(server), compare_all(server)
            accepted = accepted_requests()
            over = len(list(refused(server, accepted))) + len(refused_steps(ours))
        theirs = peer.result()
    services = by_service(ours, theirs)
    table(services)
    of_lambda = [each for each in ours if each.case.service == "lambda"]
    called = [each for each in ours if is_called(each.case)]
    _share("lambda_refusals", of_lambda, 95.0, [each for each in theirs if each.case.service == "lambda"])
    _share("called_refusals", called, 90.0, [each for each in theirs if is_called(each.case)])
    sequences = sum(each.count for each in walked)
    right = sum(each.count for each in walked if not each.misses)
    _percent("lambda_states", right, sequences, 90.0)
    fields = Measured(sum(not each.misses for each in compared), len(compared))
    _percent("lambda_fields", fields.right, fields.all, 85.0)
    Figure("parity", "over_refused", over, "", len(accepted), 0.0).show()
    told = list(generic(list(cases)))
    Figure("parity", "generic_errors", len(told), "", count(list(cases)), 0.0).show()
    versions = {name: version(name) for name in ("ministack", "moto", "botocore")}
    today = datetime.now(UTC).date().isoformat()
    return Fidelity(today, versions, services, Measured(right, sequences), fields)


def _ask_moto(cases: Sequence[Case]) -> list[Outcome]:
    if not cases:
        return []
    with servers.moto() as server:
        return [replay(case, server) for case in cases]


def by_service(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> tuple[ServiceFidelity, ...]:
    """How many recorded refusals of each service are as AWS's."""

    def of(outcomes: Sequence[Outcome], service: str) -> list[Outcome]:
        return [each for each in outcomes if each.case.service == service]

    return tuple(
        ServiceFidelity(name, len(of(ours, name)), _same(of(ours, name)), _same(of(theirs, name)))
        for name in sorted({each.case.service for each in ours})
    )


def table(services: Iterable[ServiceFidelity]) -> None:
    """Prints it for people."""
    print(f"{'service':16} {'recorded':>8} {'Sandbox':>8} {'moto':>8}", file=sys.stderr)
    for each in services:
        print(f"{each.service:16} {each.recorded:8} {each.sandbox:8} {each.moto:8}", file=sys.stderr)


def _same(outcomes: Iterable[Outcome]) -> int:
    return sum(each.is_same for each in outcomes)


def _share(name: str, ours: Sequence[Outcome], goal: float, theirs: Sequence[Outcome]) -> None:
    peer = ("moto", 100 * _same(theirs) / len(theirs)) if theirs else None
    _percent(name, _same(ours), len(ours), goal, peer)


def _percent(name: str, right: int, all_: int, goal: float, peer: tuple[str, float] | None = None) -> None:
    value = 100 * right / max(all_, 1)
    beside, its_value = peer or (None, None)
    Figure("parity", name, value, "%", all_, goal, beside, its_value, at_least=True).show()


if __name__ == "__main__":
    main()

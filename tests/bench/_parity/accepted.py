"""Requests that AWS accepts: none may be refused.

accepted.json holds what Workbench's own tests asked and the Sandbox accepted before it had a strict door
(see recording.py), each once; replayed in an account that has what they name. Besides, the steps that make
what the cases need are such requests.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench._parity.corpus import RECORDED_ACCOUNT, Case, Refusal
from tests.bench._parity.replay import ACCEPTED, NO_ANSWER, Outcome, replay
from tests.bench._parity.servers import Server

_FILE = Path(__file__).with_name("accepted.json")
_ANY = Refusal("", "")
_MOST = 2_000
"""Characters of a request that is kept."""
_OF_ITS_TIME = ("RevisionId", "CodeSha256")
"""Parameters whose values were right only where they were recorded."""
_SIMILAR = 8
"""Requests of an operation with the same parameters that are kept."""
_EVERY = 60
"""Requests of an operation that are kept."""


def accepted_requests() -> list[Case]:
    """The recorded requests."""
    rows = json.loads(_FILE.read_text("utf-8"))["requests"]
    return [
        _case(service, operation, request, number)
        for number, (service, operation, request) in enumerate(rows)
    ]


def refused(server: Server, cases: list[Case]) -> Iterator[Outcome]:
    """What a server refuses of them."""
    for case in cases:
        outcome = replay(case, server)
        if outcome.code not in (ACCEPTED, NO_ANSWER):
            yield outcome


def refused_steps(outcomes: list[Outcome]) -> list[str]:
    """The steps before the cases that were refused, each once."""
    failed = {step for outcome in outcomes for step in outcome.failed if "An error occurred (" in step}
    return sorted({re.sub(r"\d{8,}|[0-9a-f]{8}", "…", step): step for step in failed}.values())


def keep(recorded: Path, server: Server) -> None:
    """Adds recorded requests to accepted.json: those that stand alone, some of each kind.

    What the server refuses is printed: it is to be judged whether AWS refuses it too.
    """
    rows: list[tuple[str, str, Mapping[str, Any]]] = [
        (case.service, case.operation, case.request) for case in accepted_requests()
    ]
    kinds: Counter[str] = Counter()
    seen: set[str] = set()
    for service, operation, request in rows:
        kinds.update((_kind(service, operation, request), f"{service}.{operation}"))
        seen.add(_plain(service, operation, request))
    for line in recorded.read_text("utf-8").splitlines():
        row = json.loads(re.sub(r"\b2000\d{8}\b", RECORDED_ACCOUNT, line))
        service, operation, request = row["service"], row["operation"], row["request"]
        kind, text = _kind(service, operation, request), _plain(service, operation, request)
        is_enough = kinds[kind] >= _SIMILAR or kinds[f"{service}.{operation}"] >= _EVERY
        is_dated = any(name in request for name in _OF_ITS_TIME)
        if len(line) > _MOST or text in seen or is_enough or is_dated:
            continue
        seen.add(text)
        outcome = replay(_case(service, operation, request, len(rows)), server)
        if outcome.code == ACCEPTED and not outcome.failed:
            kinds.update((kind, f"{service}.{operation}"))
            rows.append((service, operation, request))
        elif outcome.code not in (ACCEPTED, NO_ANSWER):
            print(f"{service}.{operation} | {outcome.code}: {outcome.message} | {json.dumps(request)}")
    rows.sort(key=lambda row: (row[0], row[1]))
    source = "Requests of Workbench's tests. Made by accepted.py of what recording.py wrote down."
    lines = ",\n".join(json.dumps(row) for row in rows)
    _FILE.write_text(f'{{"source": {json.dumps(source)},\n"requests": [\n{lines}\n]}}\n', "utf-8")


def _kind(service: str, operation: str, request: Mapping[str, Any]) -> str:
    return json.dumps([service, operation, sorted(request)])


def _plain(service: str, operation: str, request: Mapping[str, Any]) -> str:
    return re.sub(r"[0-9a-f]{8,}", "x", json.dumps([service, operation, request]))


def _case(service: str, operation: str, request: Mapping[str, Any], number: int) -> Case:
    return Case(f"accepted#{service}.{operation}.{number}", service, operation, request, _ANY)


def _main() -> None:
    from tests.bench._common import place
    from tests.bench._parity import servers

    recorded = Path(sys.argv[1]).resolve()
    with place() as folder, servers.sandbox(folder / "sandbox") as server:
        keep(recorded, server)


if __name__ == "__main__":
    _main()

"""Changes of a function from three places: each once, with all that any of them tells."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.growth import LINEAR, growth
from workbench.functions.versions import Version
from workbench.metrics.changes import (
    ChangeKind,
    FunctionChange,
    RecordSource,
    is_same,
    merged,
    version_changes,
    within,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANN, BOB = "arn:aws:iam::123456789012:user/ann", "arn:aws:iam::123456789012:user/bob"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def deploy(seconds: float = 0, sha: str = "new", version: str = "", **more: object) -> FunctionChange:
    kinds = frozenset({ChangeKind.CODE, ChangeKind.VERSION} if version else {ChangeKind.CODE})
    until = at(seconds + 40)
    return FunctionChange(at(seconds), kinds, (RecordSource.HISTORY,), until, version, sha, **more)  # type: ignore[arg-type]


def trail(kind: ChangeKind, seconds: float, **more: object) -> FunctionChange:
    return FunctionChange(at(seconds), frozenset({kind}), (RecordSource.CLOUDTRAIL,), **more)  # type: ignore[arg-type]


def listed(version: str, seconds: float | None, sha: str = "new", description: str = "") -> Version:
    when = None if seconds is None else at(seconds)
    return Version(version, description, "python3.13", sha, 300, when, "r")


@pytest.mark.parametrize(
    ("known", "other", "same"),
    [
        (deploy(), trail(ChangeKind.CODE, 30, code_sha256="new"), True),
        (deploy(), trail(ChangeKind.CODE, 159, code_sha256="new"), True),
        (deploy(), trail(ChangeKind.CODE, 161, code_sha256="new"), False),
        (deploy(), trail(ChangeKind.CODE, -119, code_sha256="new"), True),
        (deploy(), trail(ChangeKind.CODE, -121, code_sha256="new"), False),
        (deploy(), trail(ChangeKind.CODE, 5, code_sha256="other"), False),
        (deploy(who=ANN), trail(ChangeKind.CONFIGURATION, 5, who=ANN), True),
        (deploy(who=ANN), trail(ChangeKind.CONFIGURATION, 5, who=BOB), False),
        (deploy(version="7"), trail(ChangeKind.VERSION, 90_000, version="7", code_sha256="new"), True),
        (deploy(version="7"), trail(ChangeKind.VERSION, 90_000, version="7", code_sha256="other"), False),
        (deploy(version="7"), trail(ChangeKind.VERSION, 5, version="8"), False),
        # The alias goes to the version a day later: another change.
        (deploy(version="7"), trail(ChangeKind.ALIAS, 86_400, version="7", alias_name="prod"), False),
        (deploy(version="7"), trail(ChangeKind.ALIAS, 20, version="7", alias_name="prod"), True),
        (deploy(alias_name="beta"), trail(ChangeKind.ALIAS, 20, alias_name="prod"), False),
    ],
)
def test_records_of_one_change_are_told_from_those_of_two(
    known: FunctionChange, other: FunctionChange, same: bool
) -> None:
    assert is_same(known, other) is same


def test_a_deploy_its_version_and_its_calls_in_cloudtrail_are_one_change() -> None:
    calls = (
        trail(ChangeKind.CONFIGURATION, 3, who=ANN, memory_mb=(0, 512)),
        trail(ChangeKind.CODE, 6, who=ANN, code_sha256="new"),
        trail(ChangeKind.VERSION, 20, who=ANN, version="7", code_sha256="new"),
        trail(ChangeKind.ALIAS, 25, who=ANN, version="7", alias_name="prod"),
    )
    versions = version_changes((listed("$LATEST", 8), listed("7", 21, description="Faster")), "new")
    (change,) = merged((deploy(version="7"),), versions, calls)
    assert (change.when, change.until) == (NOON, at(40))
    assert change.sources == (RecordSource.HISTORY, RecordSource.VERSION, RecordSource.CLOUDTRAIL)
    assert change.kinds == set(ChangeKind)
    assert (change.version, change.alias_name, change.code_sha256) == ("7", "prod", "new")
    assert (change.who, change.description, change.memory_mb) == (ANN, "Faster", (0, 512))


def test_what_others_did_stays_apart_and_their_calls_belong_together() -> None:
    calls = (
        trail(ChangeKind.CODE, 3000, who=BOB, code_sha256="bobs"),
        trail(ChangeKind.VERSION, 3030, who=BOB, version="8", code_sha256="bobs"),
        trail(ChangeKind.ALIAS, 3090, who=BOB, version="8", alias_name="prod"),
        trail(ChangeKind.CODE, 9000, who=BOB, code_sha256="later"),
    )
    versions = version_changes((listed("$LATEST", 9001, "later"), listed("8", 3030, "bobs")), "new")
    ours, bobs, later = merged((deploy(),), versions, calls)
    assert ours.sources == (RecordSource.HISTORY,)
    assert (bobs.when, bobs.until, bobs.version, bobs.who) == (at(3000), at(3090), "8", BOB)
    assert bobs.kinds == {ChangeKind.CODE, ChangeKind.VERSION, ChangeKind.ALIAS}
    assert (later.when, later.code_sha256) == (at(9000), "later")
    assert later.kinds == {ChangeKind.CODE}
    assert within((ours, bobs, later), at(1), at(3000)) == (bobs,)


@pytest.mark.parametrize(
    ("ours", "kinds"),
    [("", set()), ("new", {ChangeKind.CONFIGURATION}), ("old", {ChangeKind.CODE})],
)
def test_the_latest_change_is_the_code_only_where_ours_differs(ours: str, kinds: set[ChangeKind]) -> None:
    (latest,) = version_changes((listed("$LATEST", 600), listed("7", None)), ours)
    assert latest.kinds == kinds
    assert (latest.when, latest.version, latest.sources) == (at(600), "", (RecordSource.VERSION,))


def test_a_version_that_was_published_long_after_its_code_is_marked_when_it_was_published() -> None:
    versions = version_changes((listed("7", 0),))
    published = trail(ChangeKind.VERSION, 90_000, version="7", code_sha256="new")
    (change,) = merged((), versions, (published,))
    assert change.when == at(90_000)


def test_work_for_many_versions_grows_with_their_number() -> None:
    versions = [listed(str(number), 600 * number, f"sha{number}") for number in range(1, 3001)]
    calls = [trail(ChangeKind.VERSION, 600 * number, version=str(number)) for number in range(1, 3001)]

    def merge(count: int) -> tuple[FunctionChange, ...]:
        return merged((), version_changes(versions[:count]), calls[:count])

    assert len(merge(3000)) == 3000
    assert growth(merge, 750) < LINEAR

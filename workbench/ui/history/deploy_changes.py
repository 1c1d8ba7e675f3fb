"""Our history of deploys as changes that the charts mark, beside those of others."""

from datetime import UTC, datetime

from workbench.deploy.history import DeployMarker, markers
from workbench.deploy.journal import Journal
from workbench.metrics.changes import Change, Kind, Source

_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def deploy_changes(journal: Journal, function_arn: str) -> tuple[Change, ...]:
    """All deploys of a function from this computer, oldest first."""
    return tuple(map(change_of, markers(journal, function_arn, *_EVER)))


def change_of(marker: DeployMarker) -> Change:
    """A deploy as a change."""
    kinds = set[Kind]() if marker.is_move else {Kind.CODE}
    if marker.version:
        kinds.add(Kind.VERSION)
    if marker.alias_name:
        kinds.add(Kind.ALIAS)
    return Change(
        marker.when,
        frozenset(kinds),
        (Source.HISTORY,),
        marker.until,
        marker.version,
        marker.code_sha256,
        marker.alias_name,
        marker.who,
        taken_back=marker.taken_back,
        memory_mb=marker.memory_mb,
    )

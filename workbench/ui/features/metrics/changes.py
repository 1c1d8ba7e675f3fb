"""The changes that the charts mark: our own deploys at once, those made elsewhere once they are read.

metrics/changes.py reads and merges them; here is when they are read, what is kept of
the answers, and what the note says when one is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.deploy.history import DeployMarker, markers
from workbench.deploy.journal import Journal
from workbench.functions.detail import GONE
from workbench.functions.versions import Version
from workbench.metrics import changes as known_changes
from workbench.metrics.changes import ChangeKind, FunctionChange, RecordSource
from workbench.ui.features.metrics import reading
from workbench.ui.features.metrics.controls import Controls
from workbench.ui.kit.charts.model import Marker
from workbench.ui.kit.text import text_label
from workbench.ui.shell.services import OpenFunction, Services

if TYPE_CHECKING:
    from workbench.metrics.series import Window

FindDeploys = Callable[[str], tuple[FunctionChange, ...]]
ReadVersions = Callable[[Connection, str, JobContext], tuple[Version, ...]]

_ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
FRESH_S = 300
"""So long what was read of others is good enough: they deploy seldom, and each reading costs calls."""
MAX_MARKERS = 200
"""On charts; more would be a wall of lines. See `FunctionChanges.newest`."""


@dataclass(frozen=True, slots=True)
class _ExternalChanges:
    """What was read of a function's changes.

    Attributes:
        versions: As listed.
        trail: Changes from CloudTrail; empty when it was not asked.
        note: What the user should know of the reading; empty for nothing.
        trail_from: Since when CloudTrail was asked; None when it was not.
        fresh_until_s: So long it is good enough, of the clock that only goes forward.
    """

    versions: tuple[Version, ...] = ()
    trail: tuple[FunctionChange, ...] = ()
    note: str = ""
    trail_from: datetime | None = None
    fresh_until_s: float = 0.0


class FunctionChanges(QObject):
    """What is known of the changes of functions, by their ARN.

    Args:
        services: For jobs and the clock.
        parent: The page.
        find_deploys: Those from this computer; called on a worker thread.
        read_versions: Lists the published versions; None for none.
    """

    found = Signal(object)  # more is known: all moments to mark, a tuple of Marker

    def __init__(
        self,
        services: Services,
        parent: QObject,
        find_deploys: FindDeploys = lambda _arn: (),
        read_versions: ReadVersions | None = None,
    ) -> None:
        super().__init__(parent)
        self.find_deploys, self.read_versions = find_deploys, read_versions
        self.note = text_label("metricsChangesNote", role="muted")
        self.note.setContentsMargins(16, 0, 16, 4)
        self.note.hide()
        self.services = services
        self._said = self._cut = self._samples = ""
        # Values are replaced whole: workers read them meanwhile.
        self._known: dict[str, _ExternalChanges] = {}
        self._job: JobHandle | None = None

    def markers(self, arn: str, start: datetime, end: datetime) -> tuple[Marker, ...]:
        """Moments to mark of what is known so far; for a worker thread."""
        return self._marked(arn, self._known.get(arn, _ExternalChanges()), start, end)

    def newest(self, markers: tuple[Marker, ...]) -> tuple[Marker, ...]:
        """As many of the moments as charts bear, the newest; that there are more is said."""
        self._cut = ""
        if len(markers) > MAX_MARKERS:
            words = _(
                "Only the newest {max_markers} of {count} changes are marked. Choose a shorter time range."
            )
            self._cut = words.format(count=f"{len(markers):,}", max_markers=f"{MAX_MARKERS:,}")
        self._show_note(self._said)
        return markers[-MAX_MARKERS:]

    def between(self, arn: str, start: datetime, end: datetime) -> tuple[FunctionChange, ...]:
        """The changes in a time range that are known so far, oldest first; for a worker thread."""
        return self._merged(arn, self._known.get(arn, _ExternalChanges()), start, end)

    def look(self, function: OpenFunction | None, window: "Window", *, with_cloudtrail: bool) -> None:
        """Reads what was changed elsewhere, unless that was done a moment ago; `found` follows.

        Args:
            function: Whose changes; None for nothing to read.
            window: What the charts show.
            with_cloudtrail: Whether CloudTrail is to be asked.
        """
        read_versions = self.read_versions
        if function is None or read_versions is None:
            return
        start, end = (datetime.fromtimestamp(each, UTC) for each in (window.start_s, window.end_s))
        arn, name = function.detail.function_arn, function.detail.function_name
        self._samples = self.services.samples.text(arn, start, end)
        self._show_note(self._said)
        known = self._known.get(arn, _ExternalChanges())
        now, now_s = self.services.clock.now(), self.services.clock.monotonic()
        has_cloudtrail = known.trail_from is not None and known.trail_from <= start
        is_fresh = now_s < known.fresh_until_s and (has_cloudtrail or not with_cloudtrail)
        is_running = self._job is not None and not self._job.finished
        if is_running or is_fresh:
            return

        def read(ctx: JobContext) -> tuple[_ExternalChanges, tuple[Marker, ...]]:
            found = _read_versions(function.connection, name, read_versions, ctx.muted())
            if with_cloudtrail:
                found = _read_cloudtrail(function.connection, found, name, start, now, ctx)
            found = replace(found, fresh_until_s=now_s + FRESH_S)
            return found, self._marked(arn, found, start, end)

        # After Cancel CloudTrail is left alone for a while.
        cut = replace(known, fresh_until_s=now_s + FRESH_S, trail_from=start)
        self._job = self.services.jobs.submit(
            Job(
                _("Reading the changes of {name}").format(name=name),
                read,
                quiet=not with_cloudtrail,
                on_done=lambda events: self._take(arn, *events),
                on_cancelled=lambda: self._keep(arn, cut),
            )
        )

    def listen(self, controls: Controls) -> None:
        """Follows the controls: Refresh, and whether CloudTrail's changes are shown."""
        controls.refresh_wanted.connect(self._expire)
        controls.cloudtrail_changed.connect(self._forget_cloudtrail)

    def _expire(self) -> None:
        """The next look is to read anew."""
        self._known = {arn: replace(each, fresh_until_s=0.0) for arn, each in self._known.items()}

    def _forget_cloudtrail(self) -> None:
        """CloudTrail's changes are no longer shown, or are about to be read."""
        self.drop()
        self._known = {
            arn: replace(each, trail=(), trail_from=None, note="") for arn, each in self._known.items()
        }
        self._show_note("")

    def drop(self) -> None:
        """Drops what is being read."""
        if self._job is not None:
            self._job.drop()
        self._job = None

    def turn_to(self, arn: str) -> None:
        """Another function is shown, or none."""
        self.drop()
        self._cut = self._samples = ""
        self._show_note(self._known.get(arn, _ExternalChanges()).note)

    def _merged(
        self, arn: str, known: _ExternalChanges, start: datetime, end: datetime
    ) -> tuple[FunctionChange, ...]:
        deploys = self.find_deploys(arn)
        ours = next((each.code_sha256 for each in reversed(deploys) if not each.taken_back), "")
        versions = known_changes.version_changes(known.versions, ours)
        seen = known_changes.within(versions, start - known_changes.TOLERANCE, end)
        return known_changes.within(known_changes.merged(deploys, seen, known.trail), start, end)

    def _marked(
        self, arn: str, known: _ExternalChanges, start: datetime, end: datetime
    ) -> tuple[Marker, ...]:
        markers = tuple(map(reading.marker_of, self._merged(arn, known, start, end)))
        until = self.services.samples.until(arn, start, end)
        if until is None or until > end:
            return markers
        marked = (*markers, Marker(*self.services.samples.marker(until)))
        return tuple(sorted(marked, key=lambda each: each.time_s))

    def _take(self, arn: str, found: _ExternalChanges, markers: tuple[Marker, ...]) -> None:
        self._keep(arn, found)
        self._said = found.note
        self.found.emit(self.newest(markers))

    def _keep(self, arn: str, found: _ExternalChanges) -> None:
        self._known = self._known | {arn: found}

    def _show_note(self, said: str) -> None:
        self._said = said
        text = " ".join(part for part in (said, self._cut, self._samples and f"{self._samples}.") if part)
        self.note.setText(text)
        self.note.setAccessibleName(text)
        self.note.setVisible(bool(text))


def _read_versions(
    connection: Connection, function_name: str, read: ReadVersions, ctx: JobContext
) -> _ExternalChanges:
    try:
        return _ExternalChanges(read(connection, function_name, ctx))
    except WorkbenchError as error:
        if error.aws_code == GONE:
            words = _("The function no longer exists. The metrics that CloudWatch has kept are shown.")
            return _ExternalChanges(note=words)
        words = _("Only changes made with Workbench are marked. {reason}").format(reason=_reason(error))
        return _ExternalChanges(note=words)


def _read_cloudtrail(
    connection: Connection,
    found: _ExternalChanges,
    name: str,
    start: datetime,
    end: datetime,
    ctx: JobContext,
) -> _ExternalChanges:
    try:
        events = known_changes.read_events(connection, name, start, end, ctx)
    except WorkbenchError as error:
        if connection.is_custom_endpoint:
            words = _("CloudTrail is not available at this endpoint.")
        else:
            words = _("CloudTrail could not be read. {error}").format(error=_reason(error))
        return replace(found, note=f"{found.note} {words}".strip(), trail_from=start)
    words = ""
    if events.is_cut:
        words = _("Only the newest CloudTrail events were read. Choose a shorter time range.")
    elif start < end - known_changes.RETENTION:
        words = _("CloudTrail keeps events for 90 days.")
    note = f"{found.note} {words}".strip()
    return replace(found, trail=events.changes, note=note, trail_from=start)


def _reason(error: WorkbenchError) -> str:
    code = f"[{error.aws_code}]" if error.aws_code else ""
    return sentences(error.why, error.remedy, code)


def deploy_changes(journal: Journal, function_arn: str) -> tuple[FunctionChange, ...]:
    """All deploys of a function from this computer, oldest first."""
    return tuple(map(change_of, markers(journal, function_arn, *_ALWAYS)))


def change_of(marker: DeployMarker) -> FunctionChange:
    """A deploy as a change."""
    kinds = set[ChangeKind]() if marker.is_move else {ChangeKind.CODE}
    if marker.version:
        kinds.add(ChangeKind.VERSION)
    if marker.alias_name:
        kinds.add(ChangeKind.ALIAS)
    return FunctionChange(
        marker.when,
        frozenset(kinds),
        (RecordSource.HISTORY,),
        marker.until,
        marker.version,
        marker.code_sha256,
        marker.alias_name,
        marker.who,
        taken_back=marker.taken_back,
        memory_mb=marker.memory_mb,
    )

"""A function's event source mappings and its account's concurrency limit, for the charts.

They are read once for each function, and again with Refresh. When they cannot be read, a hint below the
charts says why, and the charts do without.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.functions.model import FunctionDetail
from workbench.metrics import series as charted
from workbench.triggers import mappings as event_source_mappings
from workbench.ui.features.metrics.catalogue import ExtraChart
from workbench.ui.features.metrics.function_charts import FunctionCharts
from workbench.ui.kit.charts import Unit
from workbench.ui.kit.text import text_label, tool_tip
from workbench.ui.services import OpenFunction, Services

_MAPPINGS = "mappings"


@dataclass(frozen=True, slots=True)
class CountedMapping:
    """An event source mapping.

    Attributes:
        uuid: AWS's name of it.
        source: The source's own name; empty for one that has no ARN.
        qualifier: The version or alias that it invokes; empty for the function itself.
        is_counted: Whether Lambda counts its events.
    """

    uuid: str
    source: str
    qualifier: str
    is_counted: bool


@dataclass(frozen=True, slots=True)
class MappingsAndLimit:
    """What was found.

    Attributes:
        mappings: The function's, those of its versions and aliases too; empty when they may not be read.
        unreserved: What of the account's concurrency no function has reserved; None when unknown.
        refused: Why it is unknown.
        unlisted: Why the mappings are not known; empty when they are.
    """

    mappings: tuple[CountedMapping, ...] = ()
    unreserved: int | None = None
    refused: str = ""
    unlisted: str = ""


ReadMappingsAndLimit = Callable[[Connection, FunctionDetail, JobContext], MappingsAndLimit]


def read_mappings_and_limit(
    connection: Connection, detail: FunctionDetail, ctx: JobContext
) -> MappingsAndLimit:
    """Asks AWS; on a worker thread.

    Raises:
        Cancelled: Between two requests.
    """
    mappings: tuple[CountedMapping, ...] = ()
    unreserved, refused, unlisted = None, "", ""
    try:
        mappings = tuple(map(_mapping, event_source_mappings.mappings_of(connection, detail, ctx)))
    except WorkbenchError as error:
        unlisted = str(error)
    try:
        answer = connection.call(
            "lambda", "get_account_settings", failure=_("Could not read the account's limits.")
        )
        unreserved = (answer.get("AccountLimit") or {}).get("UnreservedConcurrentExecutions")
    except WorkbenchError as error:
        refused = str(error)
    return MappingsAndLimit(mappings, unreserved, refused, unlisted)


def mapping_chart(mapping: CountedMapping) -> ExtraChart:
    """The chart of a mapping whose events are counted."""
    labels = (
        _("polled"),
        _("filtered out"),
        _("invoked"),
        _("failed"),
        _("dropped"),
        _("to destination"),
        _("deleted"),
        _("committed"),
    )
    title = _("Events of {source}").format(source=mapping.source or mapping.uuid)
    series = tuple(zip(labels, charted.mapping_specs(mapping.uuid), strict=True))
    about = f"EventSourceMappingUUID = {mapping.uuid}"
    return ExtraChart(f"mapping{mapping.uuid.replace('-', '')}", title, Unit.LEVEL, series, about)


class Surroundings(QObject):
    """Puts what was found onto the charts.

    Args:
        services: For the job.
        shown: The charts.
        look: Asks; None to do without.
        parent: The page.

    Signals:
        changed(bool): Something else is known; true when something new is to be read.
    """

    changed = Signal(bool)

    def __init__(
        self, services: Services, shown: FunctionCharts, look: ReadMappingsAndLimit | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.hint = text_label("metricsHint", "", "muted")
        self.hint.setContentsMargins(16, 2, 16, 6)
        self.hint.hide()
        self._look = look
        self._services, self._shown = services, shown
        self._known = MappingsAndLimit()
        self._qualifier = ""
        self._is_known = False
        self._handle: JobHandle | None = None

    @property
    def limit_text(self) -> str:
        """The account's limit, or why it is not known; empty when it was not read."""
        if self._known.unreserved is None:
            return self._known.refused
        words = _("Unreserved account concurrency: {unreserved}")
        return words.format(unreserved=f"{self._known.unreserved:,}")

    def forget(self) -> None:
        """Another function is shown."""
        self._drop()
        self._is_known = False
        self._qualifier = ""
        self._take(MappingsAndLimit())

    def show_qualifier(self, qualifier: str) -> None:
        """Shows the mappings of a version or alias only; empty shows all."""
        self._qualifier = qualifier
        self._show()

    def read(self, function: OpenFunction, *, anew: bool) -> None:
        """Reads unless that was done; `anew` reads again."""
        if self._look is None or (self._is_known and not anew):
            return
        self._is_known = True
        self._drop()
        look, connection, detail = self._look, function.connection, function.detail
        self._handle = self._services.jobs.submit(
            Job(
                _("Reading the event source mappings of {function_name}").format(
                    function_name=detail.function_name
                ),
                lambda ctx: look(connection, detail, ctx),
                quiet=True,
                on_done=self._found,
                on_cancelled=self._not_found,
            )
        )

    # Inside -------------------------------------------------------------------------------------------------

    def _found(self, found: MappingsAndLimit) -> None:
        before = {mapping.uuid for mapping in self._mine() if mapping.is_counted}
        self._take(found)
        now = {mapping.uuid for mapping in self._mine() if mapping.is_counted}
        self.changed.emit(bool(now - before))

    def _not_found(self) -> None:
        self._is_known = False

    def _take(self, found: MappingsAndLimit) -> None:
        self._known = found
        self._show()

    def _show(self) -> None:
        charts = [mapping_chart(each) for each in self._mine() if each.is_counted]
        self._shown.show_extra(_MAPPINGS, charts)
        self._shown.unreserved = self._known.unreserved
        self._shown.charts["concurrency"].setToolTip(tool_tip(self.limit_text))
        words = self._hint()
        self.hint.setText(words)
        self.hint.setAccessibleName(words)
        self.hint.setVisible(bool(words))

    def _hint(self) -> str:
        """What is missing and why, and how more can be seen; empty when there is nothing more."""
        missing = (self._known.refused, self._known.unlisted)
        return "\n".join(filter(None, (*missing, self._uncounted())))

    def _uncounted(self) -> str:
        count = sum(not mapping.is_counted for mapping in self._mine())
        if not count:
            return ""
        words = ngettext(
            "{count} event source has no metrics.", "{count} event sources have no metrics.", count
        ).format(count=count)
        how = _("To count polled, filtered and dropped events, choose Triggers, Edit, Metrics: EventCount.")
        return f"{words} {how}"

    def _mine(self) -> list[CountedMapping]:
        wanted = self._qualifier
        return [each for each in self._known.mappings if not wanted or each.qualifier == wanted]

    def _drop(self) -> None:
        if self._handle is not None:
            self._handle.drop()
            self._handle = None


def _mapping(answer: Mapping[str, Any]) -> CountedMapping:
    config = answer.get("MetricsConfig")
    metrics = config.get("Metrics") if isinstance(config, dict) else None
    source = str(answer.get("EventSourceArn") or "")
    function = str(answer.get("FunctionArn") or "").split(":")
    return CountedMapping(
        str(answer.get("UUID") or ""),
        _short(source),
        function[7] if len(function) > 7 else "",
        charted.MAPPING_METRICS_GROUP in (metrics or ()),
    )


def _short(arn: str) -> str:
    """The resource's name: of a stream's "table/orders/stream/2026…" that of the table."""
    name = arn.split(":", 5)[-1] if arn else ""
    parts = name.split("/")
    if len(parts) > 1:
        return parts[1]
    return name.split(":")[-1]

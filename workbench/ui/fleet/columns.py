"""What the table of all functions can show of one: its columns, in AWS's words."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from workbench.core.messages import _
from workbench.functions.fleet import PLAIN, FleetRow, states_of
from workbench.ui.kit.table_model import Column
from workbench.ui.units import size_text

_NEVER = datetime.min.replace(tzinfo=UTC)


def kind_text(row: FleetRow) -> str:
    """What sort of function it is: "Zip", or what it is beyond that."""
    return ", ".join(row.function.kinds) or PLAIN


def state_name(state: str) -> str:
    """A state as AWS names it, or that it is unknown."""
    return state or _("Unknown")


def state_text(row: FleetRow) -> str:
    """Its State, and what became of its last update where that did not simply succeed."""
    return " · ".join(map(state_name, states_of(row)))


def _modified(row: FleetRow) -> str:
    moment = row.function.last_modified
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


def _tags(row: FleetRow) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.function.tags)


def _text(
    id: str, title: str, width: int, text: Callable[[FleetRow], str], *, shown: bool = True
) -> Column[FleetRow]:
    return Column(title, text, width, id=id, is_shown=shown)


def _number(
    id: str, title: str, width: int, value: Callable[[FleetRow], int], text: Callable[[int], str]
) -> Column[FleetRow]:
    return Column(title, lambda row: text(value(row)), width, id=id, key=value, is_number=True)


COLUMNS: tuple[Column[FleetRow], ...] = (
    _text("name", _("Name"), 250, lambda row: row.function.function_name),
    _text("profile", _("Profile"), 110, lambda row: row.profile_name),
    _text("account", _("Account"), 120, lambda row: row.function.account_id),
    _text("region", _("Region"), 110, lambda row: row.function.region),
    _text("runtime", _("Runtime"), 110, lambda row: row.function.runtime),
    _text("state", _("State"), 120, state_text, shown=False),
    # Its cells are the model's: what is known of a row's metrics is no part of the row.
    Column(_("Invocations, 3 h"), lambda _row: "", 132, id="recent", is_sorted=False),
    _text("kind", _("Type"), 80, kind_text),
    _number(
        "memory",
        _("Memory"),
        86,
        lambda row: row.function.memory_mb,
        lambda value: f"{value:,} MB",
    ),
    _number(
        "timeout",
        _("Timeout"),
        86,
        lambda row: row.function.timeout_s,
        lambda value: f"{value:,} s",
    ),
    _number(
        "code_size",
        _("Code Size"),
        96,
        lambda row: row.function.code_size_bytes,
        size_text,
    ),
    Column(
        _("Last Modified"),
        _modified,
        140,
        id="modified",
        key=lambda row: row.function.last_modified or _NEVER,
    ),
    _text(
        "architecture",
        _("Architecture"),
        110,
        lambda row: ", ".join(row.function.architectures),
        shown=False,
    ),
    _text("handler", _("Handler"), 160, lambda row: row.function.handler, shown=False),
    _text("tags", _("Tags"), 180, _tags),
    _text("description", _("Description"), 280, lambda row: row.function.description),
    _text(
        "environment",
        _("Environment Variables"),
        200,
        lambda row: ", ".join(row.function.environment_names),
        shown=False,
    ),
)
BY_ID: Mapping[str, int] = {column.id: number for number, column in enumerate(COLUMNS)}

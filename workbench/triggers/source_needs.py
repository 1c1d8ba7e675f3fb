"""What the execution role needs for the sources that Lambda polls for a function, by its mappings."""

from workbench.aws.connection import Connection
from workbench.aws.needs import Need
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.triggers.kinds.table import SOURCES, kind_of
from workbench.triggers.mappings import trigger_of
from workbench.triggers.model import Location, TriggerSpec


def needs_of_sources(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> tuple[Need, ...]:
    """The permissions that the role needs for each event source mapping of a function, also of its aliases.

    A source that cannot be read is skipped: what it needs is not known. Changes nothing.

    Raises:
        WorkbenchError: The mappings may not be listed.
    """
    found: list[Need] = []
    mappings = connection.items(
        "lambda",
        "list_event_source_mappings",
        ctx=ctx,
        failure=_("Could not list the event source mappings."),
        FunctionName=detail.function_name,
    )
    for mapping in mappings:
        ctx.check()
        kind = kind_of(mapping)
        if kind not in SOURCES:
            continue
        trigger, source = trigger_of(mapping, kind), SOURCES[kind]
        spec = TriggerSpec(
            kind, trigger.source_arn, detail, trigger.qualifier, trigger.values, identity=trigger.identity
        )
        arn = trigger.source_arn  # or the addresses of a cluster
        region = Location.of(arn).region if arn.startswith("arn:") else ""
        try:
            observed = source.observe(connection.in_region(region or connection.region), spec, ctx)
        except WorkbenchError:
            continue
        why = _("The trigger {name} reads its source").format(name=trigger.name or source.title)
        found += [Need(action, resource, why) for action, resource in source.role_actions(spec, observed)]
    return tuple(found)

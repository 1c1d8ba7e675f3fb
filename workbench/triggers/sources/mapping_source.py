"""What all sources that Lambda polls have in common: an event source mapping stands for the trigger.

Must not know: any of these sources.
"""

from collections.abc import Mapping
from typing import Any

from workbench.aws import regions
from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.triggers.mapping_list import mappings_of
from workbench.triggers.mapping_values import changed_members, kind_of, name_of, request_of, trigger_of
from workbench.triggers.model import FunctionSeen, Trigger, Values, Wiring
from workbench.triggers.sources.source import Source
from workbench.triggers.step import Step
from workbench.triggers.steps.mapping import MAPPING, MAPPING_DELETE, MAPPING_UPDATE

OWN_PREFIX = "wb-"
"""Begins the name of what wiring made for itself, and removing takes away."""


class MappingSource[S](Source[S]):
    """A source that is polled. Kinds that are only looked after need `explain` and nothing else."""

    def find(
        self, connection: Connection, function: FunctionSeen, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The function's event source mappings of this kind, over all qualifiers. Raises WorkbenchError."""
        return tuple(
            trigger_of(each)
            for each in mappings_of(connection, function.detail, ctx)
            if kind_of(each) is self.kind
        )

    def update(self, trigger: Trigger, wiring: Wiring, seen: S) -> tuple[Step, ...]:
        """Sets what differs, and nothing else. What AWS takes only at creation stays as it is.

        Args:
            trigger: As it is.
            wiring: Values that are left out stay; empty ones are cleared.
            seen: Of the source.
        """
        parameters = [each for each in self.parameters(wiring) if not each.create_only]
        names = {each.name for each in parameters}
        wanted = {name: value for name, value in wiring.values.items() if name in names}
        before = {each.name: each.default for each in parameters if each.default is not None}
        members = changed_members({**before, **trigger.values}, wanted)
        kept = {name: value for name, value in trigger.values.items() if name in names}
        request = request_of({**kept, **wanted}, *members) if members else {}
        if wiring.qualifier != trigger.qualifier:
            request["FunctionName"] = wiring.target_arn
        return (_update(trigger, request, f"Change the trigger {trigger.name}"),) if request else ()

    def pause(self, trigger: Trigger) -> tuple[Step, ...]:
        """Lambda stops polling; nothing is lost that the source keeps until it is resumed."""
        return (_update(trigger, {"Enabled": False}, f"Pause {trigger.name}"),)

    def resume(self, trigger: Trigger) -> tuple[Step, ...]:
        """Lambda polls again, from where it stopped."""
        return (_update(trigger, {"Enabled": True}, f"Resume {trigger.name}"),)

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Deletes the event source mapping."""
        return (
            Step(
                MAPPING_DELETE,
                f"Delete the event source mapping of {trigger.name}",
                "lambda:DeleteEventSourceMapping",
                _region(trigger),
                {"uuid": trigger.identity},
            ),
        )

    def create_step(self, wiring: Wiring, source_arn: str, made_by: str = "") -> Step:
        """Makes the mapping.

        Args:
            wiring: What is wanted.
            source_arn: What Lambda is to poll.
            made_by: The action whose facts have another "arn", known only when it is done.
        """
        names = {each.name for each in self.parameters(wiring)}
        name = name_of(source_arn)
        return Step(
            MAPPING,
            f"Let Lambda poll {name} for {wiring.function.function_name}",
            "lambda:CreateEventSourceMapping",
            wiring.function.region,
            {
                "request": {
                    "EventSourceArn": source_arn,
                    "FunctionName": wiring.target_arn,
                    **request_of(_set_ones(wiring.values, names)),
                },
                "made_by": made_by,
            },
            f"Delete the event source mapping of {name}",
        )


def arn_in(connection: Connection, service: str, resource: str) -> str:
    """The ARN of a resource of the connection's account and region."""
    region = regions.find(connection.region)
    partition = region.partition if region else "aws"
    return str(Arn(partition, service, connection.region, connection.account_id, resource))


def number_of(values: Values, name: str, default: int) -> int:
    """A number among values; the default when there is none, or something else."""
    value = values.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def waiting_words(trigger: Trigger, what: str) -> str:
    """What becomes of a test event while the trigger is paused; empty when it is not.

    Args:
        trigger: Which.
        what: "message", "record".
    """
    return (
        ""
        if trigger.values.get("Enabled", True)
        else f"The trigger is paused: the {what} is not delivered until you resume it."
    )


def chosen_of(values: Values, name: str) -> tuple[str, ...]:
    """What was chosen of several; nothing when nothing was."""
    value = values.get(name)
    return tuple(str(each) for each in value) if isinstance(value, tuple | list) else ()


def names_of(*names: str) -> tuple[str, ...]:
    """For a drawing: those that there are."""
    return tuple(name for name in names if name)


def destination_actions(values: Values, name: str) -> tuple[tuple[str, str], ...]:
    """What the role needs so that failed batches reach their destination."""
    arn = str(values.get(name) or "")
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    actions: Mapping[str, tuple[tuple[str, str], ...]] = {
        "sqs": (("sqs:SendMessage", arn),),
        "sns": (("sns:Publish", arn),),
        "s3": (("s3:PutObject", f"{arn}/*"), ("s3:ListBucket", arn)),
    }
    return actions.get(service, ())


def _set_ones(values: Values, names: set[str]) -> dict[str, Any]:
    return {
        name: value for name, value in values.items() if name in names and value not in (None, "", (), [])
    }


def _update(trigger: Trigger, members: Mapping[str, Any], title: str) -> Step:
    return Step(
        MAPPING_UPDATE,
        title,
        "lambda:UpdateEventSourceMapping",
        _region(trigger),
        {"uuid": trigger.identity, "members": dict(members)},
        "Restore its previous state",
    )


def _region(trigger: Trigger) -> str:
    """A mapping is where its source is; a self-managed cluster is nowhere: where the connection is."""
    parts = trigger.source_arn.split(":")
    return parts[3] if len(parts) > 5 else ""

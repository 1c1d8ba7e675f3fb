"""What still calls a version or an alias by its name: what would break if that went away."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.asking import find


class UseKind(Enum):
    """How it is used."""

    MAPPING = "event source mapping"
    POLICY = "resource policy"
    URL = "function URL"


@dataclass(frozen=True, slots=True)
class Use:
    """One use.

    Attributes:
        qualifier: The version or the alias.
        kind: How it is used.
        subject: The event source's ARN, or the URL; empty for a policy.
    """

    qualifier: str
    kind: UseKind
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """A version that was looked at, and what uses it."""

    qualifier: str
    uses: tuple[Use, ...]


def look_for_uses(
    connection: Connection, function_name: str, qualifiers: Sequence[str], ctx: JobContext
) -> tuple[Looked, ...]:
    """Looks what uses these versions or aliases; each is emitted as a Looked.

    Raises:
        WorkbenchError: AWS was not reached, or does not allow it: then nothing is known.
        Cancelled: Between calls.
    """
    found = []
    for number, qualifier in enumerate(qualifiers):
        ctx.progress(number, len(qualifiers), f"Finding what uses {function_name}:{qualifier}")
        looked = Looked(qualifier, _uses(connection, function_name, qualifier))
        ctx.emit(looked)
        found.append(looked)
    return tuple(found)


def _uses(connection: Connection, function_name: str, qualifier: str) -> tuple[Use, ...]:
    failure = f"Could not find what uses {function_name}:{qualifier}."
    uses = []
    marker: dict[str, str] = {}
    while True:
        page = find(
            connection,
            "list_event_source_mappings",
            failure,
            FunctionName=f"{function_name}:{qualifier}",
            **marker,
        )
        for mapping in page.get("EventSourceMappings") or ():
            # Emulators answer with all mappings of the function.
            if str(mapping.get("FunctionArn", "")).endswith(f":{qualifier}"):
                uses.append(Use(qualifier, UseKind.MAPPING, str(mapping.get("EventSourceArn") or "")))
        if not (token := page.get("NextMarker")):
            break
        marker = {"Marker": str(token)}
    if find(connection, "get_policy", failure, FunctionName=function_name, Qualifier=qualifier):
        uses.append(Use(qualifier, UseKind.POLICY))
    # Only an alias can have a URL of its own.
    if not qualifier.isdecimal():
        url = find(
            connection, "get_function_url_config", failure, FunctionName=function_name, Qualifier=qualifier
        )
        if url:
            uses.append(Use(qualifier, UseKind.URL, str(url.get("FunctionUrl") or "")))
    return tuple(uses)

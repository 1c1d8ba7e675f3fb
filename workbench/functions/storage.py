"""How much code an account keeps in a region, and how much it may."""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.functions.versions import Version


@dataclass(frozen=True, slots=True)
class Storage:
    """Of an account in a region, all functions and layers together.

    Attributes:
        used_bytes: What is used.
        limit_bytes: What may be used.
        function_count: How many functions there are.
    """

    used_bytes: int
    limit_bytes: int
    function_count: int


def read_storage(connection: Connection) -> Storage:
    """Asks for the account's use and limit.

    Raises:
        WorkbenchError: AWS does not allow it, or was not reached.
    """
    answer = connection.call("lambda", "get_account_settings", failure="Could not read the code storage.")
    usage, limit = answer.get("AccountUsage") or {}, answer.get("AccountLimit") or {}
    return Storage(
        int(usage.get("TotalCodeSize") or 0),
        int(limit.get("TotalCodeSize") or 0),
        int(usage.get("FunctionCount") or 0),
    )


def stored_bytes(versions: Iterable[Version]) -> int:
    """What a function's versions count towards the storage: each its whole package, $LATEST too."""
    return sum(version.code_size_bytes for version in versions)

"""Which of AWS's operations may change something, as far as their names tell."""

_READING = ("Get", "List", "Describe", "BatchGet", "Head", "Filter", "Search", "Lookup", "Query", "Scan")
_READING_TOO = frozenset(
    ["StartLiveTail", "StartQuery", "StopQuery", "AssumeRole", "SimulatePrincipalPolicy", "TestEventPattern"]
)

MAKES_ANOTHER = frozenset(
    [
        "create_api",
        "create_deployment",
        "create_event_source_mapping",
        "create_integration",
        "create_resource",
        "create_rest_api",
        "create_route",
    ]
)
"""Client methods that make another resource, or are refused, when they are sent again after a lost answer.

A connection sends them once, unlike botocore: the caller looks for what was made before it asks again.
"""


def is_write(operation: str) -> bool:
    """Whether an operation ("UpdateFunctionCode") may change something."""
    return not (operation.startswith(_READING) or operation in _READING_TOO)

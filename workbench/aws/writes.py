"""Which of AWS's operations may change something, as far as their names tell."""

_READING = ("Get", "List", "Describe", "BatchGet", "Head", "Filter", "Search", "Lookup", "Query", "Scan")
_READING_TOO = frozenset(
    ["StartLiveTail", "StartQuery", "StopQuery", "AssumeRole", "SimulatePrincipalPolicy", "TestEventPattern"]
)


def is_write(operation: str) -> bool:
    """Whether an operation ("UpdateFunctionCode") may change something."""
    return not (operation.startswith(_READING) or operation in _READING_TOO)

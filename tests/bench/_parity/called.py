"""The operations of AWS that Workbench calls, as its code says (see tests/aws/record_refusals.py)."""

from functools import cache

from tests.aws.record_refusals import called
from tests.bench._parity.corpus import Case


@cache
def called_operations() -> frozenset[tuple[str, str]]:
    """Pairs of a service and an operation of it ("lambda", "UpdateFunctionCode")."""
    return frozenset(called())


def is_called(case: Case) -> bool:
    """Whether Workbench calls a case's operation."""
    return (case.service, case.operation) in called_operations()

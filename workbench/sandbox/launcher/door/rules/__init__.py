"""What AWS checks beyond its service models, one module a service.

A module `rules/<service>.py` has `RULES: tuple[Rule, ...]`; a dash in the service's name is an underscore.
"""

import functools
import importlib
import importlib.util
from collections.abc import Callable

from workbench.sandbox.launcher.door.call import Call, Rule

# A service that is a keyword of Python.
_MODULES = {"lambda": "lambda_rules"}


@functools.cache
def rules_of(service: str) -> tuple[Rule, ...]:
    """Returns the rules of a service in the order in which AWS checks them; loads them at the first request.

    Args:
        service: botocore's name of it.
    """
    module = f"{__name__}.{_MODULES.get(service, service.replace('-', '_'))}"
    if importlib.util.find_spec(module) is None:
        return ()
    rules: tuple[Rule, ...] = importlib.import_module(module).RULES
    return rules


@functools.cache
def checks_of(service: str, operation: str) -> tuple[Callable[[Call], None], ...]:
    """Returns the checks of one operation, in order."""
    return tuple(rule.check for rule in rules_of(service) if operation in rule.operations)

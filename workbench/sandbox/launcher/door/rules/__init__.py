"""What AWS checks beyond its service models.

The rules of a service are in the modules that `_MODULES` names, else in `rules/<service>.py` (a dash in the
service's name is an underscore). Each has `rules`, to which its checks are added.
"""

import functools
import importlib
import importlib.util
from collections.abc import Mapping

from workbench.sandbox.launcher.door.call import Check, Rule

# In the order in which AWS checks.
_MODULES: Mapping[str, tuple[str, ...]] = {
    "dynamodbstreams": ("dynamodb",),
    "lambda": (
        *("lambda_names", "lambda_functions", "lambda_aliases", "lambda_mappings", "lambda_invoke"),
        "lambda_policies",
    ),
    "sts": ("iam",),
}


@functools.cache
def rules_of(service: str) -> tuple[Rule, ...]:
    """Returns the rules of a service in the order in which AWS checks them; loads them at the first request."""
    names = _MODULES.get(service, (service.replace("-", "_"),))
    modules = [f"{__name__}.{name}" for name in names]
    known = [importlib.import_module(name) for name in modules if importlib.util.find_spec(name) is not None]
    return tuple(rule for module in known for rule in module.rules)


@functools.cache
def checks_of(service: str, operation: str) -> tuple[Check, ...]:
    """Returns the checks of one operation, in order."""
    return tuple(rule.check for rule in rules_of(service) if operation in rule.operations)

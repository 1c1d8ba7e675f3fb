"""What AWS checks beyond its service models.

The rules of a service are in the modules that `_MODULES` names, else in `rules/<service>.py` (a dash in the
service's name is an underscore). Each has `rules`, to which its checks are added.
"""

import functools
import importlib
import importlib.util
from collections.abc import Mapping

from workbench.sandbox.launcher.door.call import Check

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
def checks_of(service: str, operation: str) -> tuple[Check, ...]:
    """Returns the checks of one operation, in order; loads those of a service at the first request.

    `service` is botocore's name of it.
    """
    names = (f"{__name__}.{name}" for name in _MODULES.get(service, (service.replace("-", "_"),)))
    known = [importlib.import_module(name) for name in names if importlib.util.find_spec(name) is not None]
    return tuple(check for module in known for operations, check in module.rules if operation in operations)

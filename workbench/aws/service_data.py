"""The service data that botocore brings: operations, shapes, partitions, endpoints.

Owns: the one loader that all sessions share (a second one costs 45 ms). Must not know: credentials.
botocore is imported inside functions: the GUI thread imports this room, a worker thread pays for botocore.
"""

import functools
from typing import Any


@functools.cache
def loader() -> Any:
    """The shared `botocore.loaders.Loader`: it keeps the files that it has read, and they never change."""
    from botocore.loaders import create_loader

    return create_loader()


@functools.cache
def service_model(service: str) -> Any:
    """The `botocore.model.ServiceModel` of a service ("lambda").

    Raises:
        botocore.exceptions.UnknownServiceError: There is no such service.
    """
    from botocore.model import ServiceModel

    return ServiceModel(loader().load_service_model(service, "service-2"), service)

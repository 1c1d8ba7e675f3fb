"""botocore's service data: operations, shapes, partitions, endpoints.

All sessions share one loader: a second one costs 45 ms. botocore is imported inside functions: the GUI thread
imports this room, and a worker thread pays for botocore.
"""

import functools
from typing import Any

_AS_JSON = frozenset({"cloudwatch"})
"""Services that are called with JSON although botocore prefers CBOR: its decoder is written in Python, and
takes half a minute for what a JSON library parses in a second."""


@functools.cache
def loader() -> Any:
    """The shared `botocore.loaders.Loader`, which caches its files; they never change."""
    from botocore.loaders import create_loader

    shared = create_loader()
    load = shared.load_service_model

    def load_service_model(
        service_name: str, type_name: str, api_version: str | None = None
    ) -> dict[str, Any]:
        model: dict[str, Any] = load(service_name, type_name, api_version)
        if service_name in _AS_JSON and type_name == "service-2" and "json" in model["metadata"]["protocols"]:
            return {**model, "metadata": {**model["metadata"], "protocol": "json", "protocols": ["json"]}}
        return model

    vars(shared)["load_service_model"] = load_service_model
    return shared


@functools.cache
def service_model(service: str) -> Any:
    """The `botocore.model.ServiceModel` of a service ("lambda").

    Raises:
        botocore.exceptions.UnknownServiceError: The service does not exist.
    """
    from botocore.model import ServiceModel

    return ServiceModel(loader().load_service_model(service, "service-2"), service)

"""The services and operations that botocore knows, by the names that code calls them, and their IAM actions.

Reads one service's model at a time, which takes up to half a second: not for the main thread.
"""

import functools
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.aws.regions import loader
from workbench_sandbox.rules.iam import actions_of, other_actions, services_of

_SDK_NAMES = {
    "applicationdiscoveryservice": "discovery",
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "cognitoidentityserviceprovider": "cognito-idp",
    "configservice": "config",
    "costandusagereportservice": "cur",
    "costexplorer": "ce",
    "databasemigrationservice": "dms",
    "directoryservice": "ds",
    "directoryservicedata": "ds-data",
    "eventbridge": "events",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearchservice": "es",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuildingservice": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntimeservice": "lex-runtime",
    "lexruntimev2": "lexv2-runtime",
    "marketplaceentitlementservice": "marketplace-entitlement",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}
"""The services whose name in the SDKs for JavaScript is not botocore's, in the form of `_key`."""
_ACTION = re.compile(r"([a-zA-Z0-9-]{1,64}):([a-zA-Z0-9]{1,128})")


def service_named(sdk_name: str) -> str:
    """The name that botocore gives a service, by any SDK's ("client-sfn", "DynamoDB"); empty if unknown."""
    key = _key(sdk_name.removeprefix("client-"))
    return _SDK_NAMES.get(key) or _by_key().get(key, "")


def operation_named(service: str, method: str) -> str:
    """An operation, by the name of any SDK's method ("put_item", "putItem", "PutItem"); empty if unknown.

    Args:
        service: botocore's name of a service that it has.
    """
    return _operations(service).get(_key(method), "")


def known_actions(service: str, operation: str) -> tuple[str, ...]:
    """The IAM actions that an operation of botocore's needs; none if it is not authorized by IAM."""
    found = _model(service)["operations"][operation]
    if found.get("authtype") == "none" or "smithy.api#noAuth" in found.get("auth", ()):
        return ()
    return actions_of(f"{service}:{operation}")


def known_action(text: str) -> str:
    """An IAM action in AWS's spelling ("sqs:SendMessage" for "sqs:sendmessage"); empty if unknown.

    Wildcards are unknown. The text may come from anywhere.
    """
    match = _ACTION.fullmatch(text)
    return _actions(match[1].lower()).get(text.lower(), "") if match else ""


def is_known_prefix(prefix: str) -> bool:
    """Whether IAM has actions with this prefix ("states"), as far as botocore's services tell."""
    return bool(services_of(prefix, _names())) or bool(other_actions(prefix))


@functools.lru_cache(maxsize=64)
def _actions(prefix: str) -> Mapping[str, str]:
    """The actions of a prefix, by their names in lower case."""
    found = set(other_actions(prefix))
    for service in services_of(prefix, _names()):
        for operation in _model(service)["operations"]:
            found.update(actions_of(f"{service}:{operation}"))
    if prefix == "apigateway":  # its actions are HTTP methods
        found |= {f"apigateway:{method}" for method in ("DELETE", "GET", "PATCH", "POST", "PUT")}
    return {action.lower(): action for action in found}


@functools.lru_cache(maxsize=64)
def _operations(service: str) -> Mapping[str, str]:
    return {_key(name): name for name in _model(service)["operations"]}


@functools.cache
def _names() -> tuple[str, ...]:
    return tuple(loader().list_available_services("service-2"))


@functools.cache
def _by_key() -> Mapping[str, str]:
    return {_key(name): name for name in _names()}


def _model(service: str) -> Mapping[str, Mapping[str, dict[str, Any]]]:
    model: Mapping[str, Mapping[str, dict[str, Any]]] = loader().load_service_model(service, "service-2")
    return model


def _key(name: str) -> str:
    """A name without what the SDKs write differently: case, hyphens, underscores."""
    return name.replace("-", "").replace("_", "").lower()


@dataclass(frozen=True, slots=True)
class ResourceAction:
    """A method of a boto3 resource.

    Attributes:
        operation: The operation that it calls; empty if it only makes another resource.
        parameters: The request's parameters, by the identifiers of the resource that are sent as them.
        inputs: The identifiers that are given by position.
        kind: The resource that it returns ("Table"); empty for none.
        identifiers: The identifiers of that resource, by those of this one.
        is_collection: Whether it is an attribute with methods of its own ("objects" of a bucket).
    """

    operation: str
    parameters: Mapping[str, str]
    inputs: tuple[str, ...] = ()
    kind: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    is_collection: bool = False


def resource_action(service: str, kind: str, method: str) -> ResourceAction | None:
    """A method or collection of a boto3 resource, by boto3's own models; None if there is none.

    Args:
        service: botocore's name.
        kind: The resource ("Bucket"); empty for the service, "Bucket.objects" for a collection.
        method: The method ("put_item", "Table", "objects").
    """
    model = _resource_model(service)
    owner, _dot, collection = kind.partition(".")
    about = model.get("resources", {}).get(owner) if owner else model.get("service")
    if not about:
        return None
    if collection:
        return _of_collection(model, about, collection, method)
    key = _key(method)
    if key == "load" or key == "reload":
        return _action(about.get("load"))
    for group in ("actions", "has", "hasMany"):
        for name, each in about.get(group, {}).items():
            if _key(name) == key:
                return _action(each, is_collection=group == "hasMany")
    return None


def _of_collection(
    model: Mapping[str, Any], about: Mapping[str, Any], collection: str, method: str
) -> ResourceAction | None:
    found = next((each for name, each in about["hasMany"].items() if _key(name) == _key(collection)), None)
    if found is None:
        return None
    if method in ("all", "filter", "limit", "pages", "page_size"):
        return replace(_action(found) or ResourceAction("", {}), kind="")
    batch = model["resources"].get(found["resource"]["type"], {}).get("batchActions", {})
    return next((_action(each) for name, each in batch.items() if _key(name) == _key(method)), None)


def _action(about: Mapping[str, Any] | None, *, is_collection: bool = False) -> ResourceAction | None:
    if about is None:
        return None
    request, resource = about.get("request", {}), about.get("resource", {})
    sent = [each for each in request.get("params", ()) if each["source"] == "identifier"]
    made = resource.get("identifiers", ())
    return ResourceAction(
        request.get("operation", ""),
        {each["name"]: each["target"] for each in sent},
        tuple(each["target"] for each in made if each["source"] == "input"),
        resource.get("type", ""),
        {each["name"]: each["target"] for each in made if each["source"] == "identifier"},
        is_collection,
    )


@functools.lru_cache(maxsize=16)
def _resource_model(service: str) -> Mapping[str, Any]:
    """boto3's model of a service's resources; empty for most services."""
    spec = importlib.util.find_spec("boto3")
    if spec is None or not spec.submodule_search_locations:
        return {}
    folder = Path(spec.submodule_search_locations[0], "data", service)
    found = sorted(folder.glob("*/resources-1.json"))
    model: Mapping[str, Any] = json.loads(found[-1].read_text("utf-8")) if found else {}
    return model

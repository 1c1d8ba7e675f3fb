"""Creates and deletes REST APIs, their resources and methods, and deploys their stages.

Resources have no tags, so the operation name of the method says how many of the resources above it are ours.
Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
"""

import re
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.triggers.kinds.api import BUSY, TAG, only
from workbench.triggers.steps import (
    Args,
    Once,
    Resource,
    Running,
    State,
    StepRun,
    create_once,
    ensure_created,
)

REST_API, REST_RESOURCE, REST_METHOD = "rest-api", "rest-resource", "rest-method"
REST_CHANGE, REST_REMOVE, REST_API_DELETE = "rest-change", "rest-remove", "rest-api-delete"
SERVICE = "apigateway"
_OPERATION = re.compile(r"WorkbenchMade(\d+)")
_METHOD = (
    "authorizationType",
    "authorizerId",
    "apiKeyRequired",
    "operationName",
    "requestParameters",
    "requestModels",
    "requestValidatorId",
    "authorizationScopes",
)
_INTEGRATION = (
    "type",
    "uri",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "passthroughBehavior",
    "cacheKeyParameters",
    "contentHandling",
    "timeoutInMillis",
)


def operation_name(made: int) -> str:
    """The operation name of our methods, with the number of resources above it that Workbench created."""
    return f"WorkbenchMade{made}"


def made_resources(name: str) -> int | None:
    """How many resources Workbench created for a method; None if the method is not ours."""
    found = _OPERATION.fullmatch(name)
    return int(found[1]) if found else None


def paths_to(path: str) -> list[str]:
    """The resources of a path: for /a/b these are /a and /a/b. The root always exists."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "/".join(parts[: number + 1]) for number in range(len(parts))]


def resources(connection: Any, of_api: str, ctx: JobContext) -> dict[str, dict[str, Any]]:
    """The API's resources with their methods, by path; empty if it does not exist. Raises WorkbenchError."""
    failure = _("Could not read the resources of the API {of_api}.").format(of_api=of_api)
    pages = connection.paginate(
        SERVICE, "get_resources", ctx=ctx, failure=failure, restApiId=of_api, embed=["methods"]
    )
    try:
        return {str(each["path"]): each for page in pages for each in page.get("items") or ()}
    except WorkbenchError as error:
        if error.aws_code != "NotFoundException":
            raise
        return {}


def _read_api(args: Args, running: Running) -> dict[str, str] | None:
    apis = running.listed(SERVICE, "get_rest_apis", _("Could not find the API."), "items")
    found = next((each for each in apis if (each.get("tags") or {}).get(TAG) == args["token"]), None)
    return {"api_id": str(found["id"])} if found else None


def _create_api(args: Args, running: Running, *__: State) -> State:
    name, tags, endpoint = args["name"], {TAG: args["token"]}, {"types": ["REGIONAL"]}
    request = {"name": name, "endpointConfiguration": endpoint, "tags": tags}
    failure = _("Could not create the API {name}.").format(name=name)
    return {"api_id": str(running.call(SERVICE, "create_rest_api", failure, BUSY, **request)["id"])}


def _delete_made_api(args: Args, running: Running, present: State) -> None:
    failure = _("Could not delete the API {api}.").format(api=args["name"])
    running.find(SERVICE, "delete_rest_api", failure, BUSY, restApiId=present["api_id"])


def _create_resources(args: Args, running: Running) -> Facts:
    """Creates the missing resources of a path. Facts: resource_id, api_id."""
    of_api, path = _api_of(args, running), args["path"]
    there = resources(running.connection, of_api, running.ctx)
    ids = {each: str(there[each]["id"]) for each in there}
    if "/" not in ids:
        raise WorkbenchError(
            _("Could not create the resource {path}.").format(path=path),
            _("The API {of_api} no longer exists.").format(of_api=of_api),
            _("Reload the triggers, and choose another API."),
            "NotFoundException",
        )
    missing = [each for each in paths_to(path) if each not in ids]
    running.note({"missing": missing, "api_id": of_api})
    for each in missing:
        parent, __, part = each.rpartition("/")
        request = {"restApiId": of_api, "parentId": ids[parent or "/"], "pathPart": part}
        ids[each] = _resource(running, each, **request)
    return {"resource_id": ids[path], "api_id": of_api}


def _delete_resources(_args: Args, facts: Facts, running: Running) -> None:
    """Deletes the resources that this run created, if they are unused."""
    missing: Any = facts.get("missing") or []
    if missing:
        prune(running, str(facts["api_id"]), missing)


def _resource(running: Running, path: str, **request: Any) -> str:
    """Creates the resource of a path, and returns its id."""
    failure = _("Could not create the resource {path}.").format(path=path)
    made = create_once(
        lambda: running.call(SERVICE, "create_resource", failure, BUSY, **request),
        lambda: resources(running.connection, request["restApiId"], running.ctx).get(path),
        running,
    )
    return str(made["id"])


def _create_method(args: Args, running: Running) -> Facts:
    """Creates a method and its integration. Raises WorkbenchError, also if the method exists."""
    verb, resource_id = args["verb"], str(running.earlier[REST_RESOURCE]["resource_id"])
    where = {"restApiId": _api_of(args, running), "resourceId": resource_id, "httpMethod": verb}
    failure = _("Could not create the method {verb}.").format(verb=verb)
    there = running.find(SERVICE, "get_method", failure, **where)
    uri = (there.get("methodIntegration") or {}).get("uri")
    if there and there.get("operationName") != args["method"]["operationName"] and uri is not None:
        raise WorkbenchError(
            failure,
            _("Such a method was created in the meantime."),
            _("Choose another path or method."),
            aws_code="ConflictException",
        )
    running.note({"added": True, "where": where})
    if not there:
        running.call(SERVICE, "put_method", failure, BUSY, **where, **args["method"])
    running.call(SERVICE, "put_integration", failure, BUSY, **where, **args["integration"])
    return {"where": where}


def _delete_method(args: Args, facts: Facts, running: Running) -> None:
    """Deletes the method if this run created it."""
    where: Any = facts.get("where")
    if facts.get("added"):
        there = running.find(SERVICE, "get_method", _("Could not read the method."), **where)
        if there.get("operationName") == args["method"]["operationName"]:
            running.find(SERVICE, "delete_method", _("Could not delete the method."), BUSY, **where)


def _change(args: Args, running: Running) -> Facts:
    """Patches a method and its integration. args: where, after, before (each method and integration)."""
    running.note({"begun": True})
    _patch(args, running, args["after"])
    return {}


def _change_back(args: Args, facts: Facts, running: Running) -> None:
    if facts.get("begun"):
        _patch(args, running, args["before"])


def _patch(args: Args, running: Running, patches: Mapping[str, Any]) -> None:
    for method, operations in (
        ("update_method", patches["method"]),
        ("update_integration", patches["integration"]),
    ):
        if operations:
            request = {**args["where"], "patchOperations": operations}
            running.call(SERVICE, method, _("Could not change the API's method."), BUSY, **request)


def _remove(args: Args, running: Running) -> Facts:
    """Deletes a method and the resources that Workbench created for it, except those that others use."""
    there = resources(running.connection, args["api_id"], running.ctx)
    resource = there.get(args["path"], {})
    method = (resource.get("resourceMethods") or {}).get(args["verb"])
    integration = (method or {}).get("methodIntegration") or {}
    if method is None or integration.get("uri") != args["uri"]:
        return {}
    where = {"restApiId": args["api_id"], "resourceId": resource["id"], "httpMethod": args["verb"]}
    made = made_resources(str(method.get("operationName") or "")) or 0
    gone = paths_to(args["path"])[-made:] if made else []
    facts = {
        "method": only(method, _METHOD),
        "integration": only(integration, _INTEGRATION)
        | {"integrationHttpMethod": integration.get("httpMethod", "POST")},
    }
    running.note(facts)
    failure = _("Could not delete the method {method}.").format(method=args["verb"])
    running.find(SERVICE, "delete_method", failure, BUSY, **where)
    prune(running, args["api_id"], gone)
    return facts


def _create_again(args: Args, facts: Facts, running: Running) -> None:
    """Creates the method again, unless the API does not exist."""
    of_api, verb = args["api_id"], args["verb"]
    if "method" not in facts or not resources(running.connection, of_api, running.ctx):
        return
    resource_id = _create_resources({"api_id": of_api, "path": args["path"]}, running)["resource_id"]
    where: dict[str, Any] = {"restApiId": of_api, "resourceId": resource_id, "httpMethod": verb}
    method: Any = facts["method"]
    integration: Any = facts["integration"]
    failure = _("Could not create the method {verb} again.").format(verb=verb)
    if not running.find(SERVICE, "get_method", failure, **where):
        running.call(SERVICE, "put_method", failure, BUSY, **where, **method)
        running.call(SERVICE, "put_integration", failure, BUSY, **where, **integration)


def _delete_api(args: Args, running: Running) -> Facts:
    """Deletes an API that Workbench created, unless others have added methods to it.

    There is no undo: a new API would have another address.
    """
    there = resources(running.connection, args["api_id"], running.ctx)
    if not any(each.get("resourceMethods") for each in there.values()):
        failure = _("Could not delete the API.")
        running.find(SERVICE, "delete_rest_api", failure, BUSY, restApiId=args["api_id"])
    return {}


def _api_of(args: Args, running: Running) -> str:
    """The API that the step names, or that an earlier step created."""
    return str(args["api_id"] or running.earlier[REST_API]["api_id"])


def prune(running: Running, of_api: str, paths: list[str]) -> None:
    """Deletes resources that have neither methods nor children, the deepest first."""
    for path in reversed(paths):
        there = resources(running.connection, of_api, running.ctx)
        resource = there.get(path)
        if resource is None or resource.get("resourceMethods"):
            continue
        if any(each.get("parentId") == resource["id"] for each in there.values()):
            continue
        request = {"restApiId": of_api, "resourceId": resource["id"]}
        failure = _("Could not delete the resource {path}.").format(path=path)
        running.find(SERVICE, "delete_resource", failure, BUSY, **request)


REST_DEPLOY, REST_UNDEPLOY = "rest-deploy", "rest-undeploy"
_OURS = re.compile(r"Made by Workbench: (\w+) after (\w+|nothing)")


def followed(description: str) -> str | None:
    """The deployment that one of ours replaced: "" if it created its stage; None if it is not ours."""
    found = _OURS.fullmatch(description)
    return ("" if found[2] == "nothing" else found[2]) if found else None


def _deploy(args: Args, running: Running) -> Facts:
    """Deploys once. An API without methods cannot be deployed and is left alone."""
    of_api, stage = _api_of(args, running), args["stage"]
    there = resources(running.connection, of_api, running.ctx)
    if not any(each.get("resourceMethods") for each in there.values()):
        return {}
    before = _stage(running, of_api, stage).get("deploymentId") or ""
    running.note({"added": True, "api_id": of_api, "before": before})
    if _find_deployment(args, of_api, running) is None:
        description = f"Made by Workbench: {args['token']} after {before or 'nothing'}"
        failure = _("Could not deploy to the stage {stage}.").format(stage=stage)
        request = {"restApiId": of_api, "stageName": stage, "description": description}
        create_once(
            lambda: running.call(SERVICE, "create_deployment", failure, BUSY, **request),
            lambda: _find_deployment(args, of_api, running),
            running,
        )
    return {}


def _deploy_back(args: Args, facts: Facts, running: Running) -> None:
    """Points the stage back, or deletes the stage that this run created."""
    if not facts.get("added"):
        return
    of_api = str(facts["api_id"])
    deployment = _find_deployment(args, of_api, running)
    if deployment is not None:
        _point_back(running, of_api, args["stage"], str(deployment["id"]), str(facts["before"]))


def _find_deployment(args: Args, of_api: str, running: Running) -> dict[str, Any] | None:
    failure, mine = _("Could not find the deployment."), f"Made by Workbench: {args['token']} after "
    found = running.listed(SERVICE, "get_deployments", failure, "items", restApiId=of_api)
    return next((each for each in found if str(each.get("description") or "").startswith(mine)), None)


def _undeploy(args: Args, running: Running) -> Facts:
    """Points the stage back before our method is deleted, unless others have deployed since."""
    of_api, stage = args["api_id"], args["stage"]
    now = str(_stage(running, of_api, stage).get("deploymentId") or "")
    if not now:
        return {}
    deployment = _read_deployment(running, of_api, stage, now)
    before = followed(str(deployment.get("description") or ""))
    if before is None or (before and not _read_deployment(running, of_api, stage, before)):
        return {}
    facts = {"description": str(deployment["description"])}
    running.note(facts)
    _point_back(running, of_api, stage, now, before)
    return facts


def _deploy_again(args: Args, facts: Facts, running: Running) -> None:
    """Deploys again, unless the API does not exist."""
    of_api, stage = args["api_id"], args["stage"]
    if "description" in facts and resources(running.connection, of_api, running.ctx):
        failure = _("Could not deploy to the stage {stage} again.").format(stage=stage)
        request = {"restApiId": of_api, "stageName": stage, "description": facts["description"]}
        running.call(SERVICE, "create_deployment", failure, BUSY, **request)


def _stage(running: Running, of_api: str, stage: str) -> dict[str, Any]:
    failure = _("Could not read the stage {stage}.").format(stage=stage)
    return running.find(SERVICE, "get_stage", failure, restApiId=of_api, stageName=stage)


def _read_deployment(running: Running, of_api: str, stage: str, deployment_id: str) -> dict[str, Any]:
    failure = _("Could not read the deployment of the stage {stage}.").format(stage=stage)
    return running.find(SERVICE, "get_deployment", failure, restApiId=of_api, deploymentId=deployment_id)


def _point_back(running: Running, of_api: str, stage: str, deployment_id: str, before: str) -> None:
    where: dict[str, Any] = {"restApiId": of_api, "stageName": stage}
    if _stage(running, of_api, stage).get("deploymentId") == deployment_id:
        if before:
            patch = [{"op": "replace", "path": "/deploymentId", "value": before}]
            failure = _("Could not restore the deployment of the stage {stage}.").format(stage=stage)
            running.call(SERVICE, "update_stage", failure, BUSY, **where, patchOperations=patch)
        else:
            running.find(
                SERVICE,
                "delete_stage",
                _("Could not delete the stage {stage}.").format(stage=stage),
                BUSY,
                **where,
            )
    request = {"restApiId": of_api, "deploymentId": deployment_id}
    running.find(SERVICE, "delete_deployment", _("Could not delete the deployment."), BUSY, **request)


RUNS: Mapping[str, StepRun] = {
    REST_API: ensure_created(Resource(_read_api, _create_api, _delete_made_api, makes_another=True)),
    REST_RESOURCE: Once(_create_resources, _delete_resources),
    REST_METHOD: Once(_create_method, _delete_method),
    REST_CHANGE: Once(_change, _change_back),
    REST_REMOVE: Once(_remove, _create_again),
    REST_API_DELETE: Once(_delete_api),
    REST_DEPLOY: Once(_deploy, _deploy_back),
    REST_UNDEPLOY: Once(_undeploy, _deploy_again),
}

"""Creates and deletes REST APIs, their resources and methods, and deploys their stages.

Resources have no tags: the operation name of the method says how many of the resources above it are ours.
Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
"""

import re
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.operations import Facts
from workbench.functions.detail import find
from workbench.triggers.step import Running, Step, StepRun, create_once, retry_on

REST_API, REST_RESOURCE, REST_METHOD = "rest-api", "rest-resource", "rest-method"
REST_CHANGE, REST_REMOVE, REST_API_DELETE = "rest-change", "rest-remove", "rest-api-delete"
TAG = "workbench:trigger"
SERVICE = "apigateway"
_BUSY = (("ConflictException", "concurrent"), ("TooManyRequestsException", ""))
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
    """What a method of ours is called: with the number of resources above it that Workbench created."""
    return f"WorkbenchMade{made}"


def made_resources(name: str) -> int | None:
    """How many resources Workbench created for a method; None when it did not make the method."""
    found = _OPERATION.fullmatch(name)
    return int(found[1]) if found else None


def paths_to(path: str) -> list[str]:
    """The resources of a path: of /a/b these are /a and /a/b; the root is always there."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "/".join(parts[: number + 1]) for number in range(len(parts))]


def resources(connection: Any, of_api: str, ctx: JobContext) -> dict[str, dict[str, Any]]:
    """The API's resources with their methods, by path; none if it does not exist. Raises WorkbenchError."""
    failure = f"Could not read the resources of the API {of_api}."
    pages = connection.paginate(
        SERVICE, "get_resources", ctx=ctx, failure=failure, restApiId=of_api, embed=["methods"]
    )
    try:
        return {str(each["path"]): each for page in pages for each in page.get("items") or ()}
    except WorkbenchError as error:
        if error.aws_code != "NotFoundException":
            raise
        return {}


class RestApi:
    """args: name, token. Facts: api_id."""

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it, unless one with this token is there."""
        there = self._find(step, running)
        if there is None:
            running.note({"added": True})
            endpoint = {"types": ["REGIONAL"]}
            tags = {TAG: step.args["token"]}
            name, failure = step.args["name"], f"Could not create the API {step.args['name']}."
            request = {"name": name, "endpointConfiguration": endpoint, "tags": tags}
            there = create_once(
                lambda: call(running, "create_rest_api", failure, **request),
                lambda: self._find(step, running),
                running,
            )
        return {"api_id": str(there["id"])}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it if this run created it."""
        there = self._find(step, running) if facts.get("added") else None
        if there is not None:
            delete(
                running,
                "delete_rest_api",
                f"Could not delete the API {step.args['name']}.",
                restApiId=there["id"],
            )

    def _find(self, step: Step, running: Running) -> dict[str, Any] | None:
        pages = running.connection.paginate(
            SERVICE, "get_rest_apis", ctx=running.ctx, failure="Could not find the API."
        )
        apis = (each for page in pages for each in page.get("items") or ())
        return next((each for each in apis if (each.get("tags") or {}).get(TAG) == step.args["token"]), None)


class RestResource:
    """The resources of a path. args: api_id (empty: the one just made), path. Facts: resource_id, api_id."""

    def do(self, step: Step, running: Running) -> Facts:
        """Makes those that are missing."""
        of_api, path = _api_of(step, running), step.args["path"]
        there = resources(running.connection, of_api, running.ctx)
        ids = {each: str(there[each]["id"]) for each in there}
        if "/" not in ids:
            raise WorkbenchError(
                f"Could not create the resource {path}.",
                f"The API {of_api} no longer exists.",
                "Reload the triggers, and choose another API.",
                "NotFoundException",
            )
        missing = [each for each in paths_to(path) if each not in ids]
        running.note({"missing": missing, "api_id": of_api})
        for each in missing:
            parent, _, part = each.rpartition("/")
            request = {"restApiId": of_api, "parentId": ids[parent or "/"], "pathPart": part}
            ids[each] = _resource(running, each, **request)
        return {"resource_id": ids[path], "api_id": of_api}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes those that this run created and that are unused."""
        missing: Any = facts.get("missing") or []
        if missing:
            prune(running, str(facts["api_id"]), missing)


def _resource(running: Running, path: str, **request: Any) -> str:
    """Makes the resource of a path; gives its id."""
    made = create_once(
        lambda: call(running, "create_resource", f"Could not create the resource {path}.", **request),
        lambda: resources(running.connection, request["restApiId"], running.ctx).get(path),
        running,
    )
    return str(made["id"])


class RestMethod:
    """A method and its integration. args: api_id, verb, method, integration."""

    def do(self, step: Step, running: Running) -> Facts:
        """Makes them. Raises WorkbenchError, also when there is another such method."""
        args, of_api = step.args, _api_of(step, running)
        where = self._where(str(running.earlier[REST_RESOURCE]["resource_id"]), of_api, args["verb"])
        failure = f"Could not create the method {args['verb']}."
        there = find(running.connection, "get_method", failure, service=SERVICE, **where)
        uri = (there.get("methodIntegration") or {}).get("uri")
        if there and there.get("operationName") != args["method"]["operationName"] and uri is not None:
            raise WorkbenchError(
                failure,
                "Such a method was created in the meantime.",
                "Choose another path or method.",
                aws_code="ConflictException",
            )
        running.note({"added": True, "where": where})
        if not there:
            call(running, "put_method", failure, **where, **args["method"])
        call(running, "put_integration", failure, **where, **args["integration"])
        return {"where": where}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes the method if this run created it."""
        where: Any = facts.get("where")
        if facts.get("added"):
            there = find(
                running.connection, "get_method", "Could not read the method.", service=SERVICE, **where
            )
            if there.get("operationName") == step.args["method"]["operationName"]:
                delete(running, "delete_method", "Could not delete the method.", **where)

    def _where(self, resource_id: str, of_api: str, verb: str) -> dict[str, Any]:
        return {"restApiId": of_api, "resourceId": resource_id, "httpMethod": verb}


class RestChange:
    """Patches of a method and its integration. args: where, after, before (each method and integration)."""

    def do(self, step: Step, running: Running) -> Facts:
        """Makes them."""
        running.note({"begun": True})
        self._patch(step, "after", running)
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Patches back."""
        if facts.get("begun"):
            self._patch(step, "before", running)

    def _patch(self, step: Step, which: str, running: Running) -> None:
        patches: Mapping[str, Any] = step.args[which]
        for method, operations in (
            ("update_method", patches["method"]),
            ("update_integration", patches["integration"]),
        ):
            if operations:
                request = {**step.args["where"], "patchOperations": operations}
                call(running, method, "Could not change the API's method.", **request)


class RestRemove:
    """A method, and the resources that Workbench created for it. args: api_id, path, verb, uri."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes them; what others use stays."""
        args = step.args
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
            "method": _only(method, _METHOD),
            "integration": _only(integration, _INTEGRATION)
            | {"integrationHttpMethod": integration.get("httpMethod", "POST")},
        }
        running.note(facts)
        delete(running, "delete_method", f"Could not delete the method {args['verb']}.", **where)
        prune(running, args["api_id"], gone)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Creates them again, unless the API does not exist."""
        args = step.args
        if "method" not in facts or not resources(running.connection, args["api_id"], running.ctx):
            return
        again = Step("", "", "", "", {"api_id": args["api_id"], "path": args["path"]})
        made = RestResource().do(again, running)
        where = {"restApiId": args["api_id"], "resourceId": made["resource_id"], "httpMethod": args["verb"]}
        method: Any = facts["method"]
        integration: Any = facts["integration"]
        failure = f"Could not create the method {args['verb']} again."
        if not find(running.connection, "get_method", failure, service=SERVICE, **where):
            call(running, "put_method", failure, **where, **method)
            call(running, "put_integration", failure, **where, **integration)


class RestApiDelete:
    """An API that Workbench created, once it has no methods. args: api_id."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes it; one to which others have added methods stays."""
        there = resources(running.connection, step.args["api_id"], running.ctx)
        if any(each.get("resourceMethods") for each in there.values()):
            return {"kept": True}
        delete(running, "delete_rest_api", "Could not delete the API.", restApiId=step.args["api_id"])
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Nothing brings an address back: a new API would have another one."""


def _api_of(step: Step, running: Running) -> str:
    """The API that the step names, or the one that an earlier step made."""
    return str(step.args["api_id"] or running.earlier[REST_API]["api_id"])


def prune(running: Running, of_api: str, paths: list[str]) -> None:
    """Deletes resources that have neither methods nor others below them, the deepest first."""
    for path in reversed(paths):
        there = resources(running.connection, of_api, running.ctx)
        resource = there.get(path)
        if resource is None or resource.get("resourceMethods"):
            continue
        if any(each.get("parentId") == resource["id"] for each in there.values()):
            continue
        request = {"restApiId": of_api, "resourceId": resource["id"]}
        delete(running, "delete_resource", f"Could not delete the resource {path}.", **request)


def call(running: Running, method: str, failure: str, **request: Any) -> dict[str, Any]:
    """Makes a call, and retries it while AWS is busy with this API. Raises WorkbenchError."""
    return retry_on(
        lambda: running.connection.call(SERVICE, method, failure=failure, **request), running, _BUSY
    )


def delete(running: Running, method: str, failure: str, **request: Any) -> None:
    """The same; no error if it does not exist. Raises WorkbenchError."""
    retry_on(lambda: find(running.connection, method, failure, service=SERVICE, **request), running, _BUSY)


def _only(answer: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: answer[key] for key in names if answer.get(key)}


REST_DEPLOY, REST_UNDEPLOY = "rest-deploy", "rest-undeploy"
_OURS = re.compile(r"Made by Workbench: (\w+) after (\w+|nothing)")


def followed(description: str) -> str | None:
    """The deployment that one of ours followed: "" when it made its stage; None when it is not ours."""
    found = _OURS.fullmatch(description)
    return ("" if found[2] == "nothing" else found[2]) if found else None


class RestDeploy:
    """args: api_id (empty: the one just made), stage, token."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deploys, once; an API without methods cannot be deployed and is left."""
        of_api, stage = _api_of(step, running), step.args["stage"]
        there = resources(running.connection, of_api, running.ctx)
        if not any(each.get("resourceMethods") for each in there.values()):
            return {}
        before = _stage(running, of_api, stage).get("deploymentId") or ""
        running.note({"added": True, "api_id": of_api, "before": before})
        deployment = self._find(step, of_api, running)
        if deployment is None:
            description = f"Made by Workbench: {step.args['token']} after {before or 'nothing'}"
            request = {"restApiId": of_api, "stageName": stage, "description": description}
            deployment = create_once(
                lambda: call(
                    running, "create_deployment", f"Could not deploy to the stage {stage}.", **request
                ),
                lambda: self._find(step, of_api, running),
                running,
            )
        return {"deployment_id": str(deployment["id"]), "api_id": of_api}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Points the stage back, or deletes the stage that it made."""
        if not facts.get("added"):
            return
        of_api, before = str(facts["api_id"]), str(facts["before"])
        deployment = self._find(step, of_api, running)
        if deployment is not None:
            _point_back(running, of_api, step.args["stage"], str(deployment["id"]), before)

    def _find(self, step: Step, of_api: str, running: Running) -> dict[str, Any] | None:
        pages = running.connection.paginate(
            SERVICE,
            "get_deployments",
            ctx=running.ctx,
            failure="Could not find the deployment.",
            restApiId=of_api,
        )
        mine = f"Made by Workbench: {step.args['token']} after "
        found = (each for page in pages for each in page.get("items") or ())
        return next((each for each in found if str(each.get("description") or "").startswith(mine)), None)


class RestUndeploy:
    """Before a method of ours goes. args: api_id, stage."""

    def do(self, step: Step, running: Running) -> Facts:
        """Points the stage to what was before; one that others deployed to since is left.

        Raises:
            WorkbenchError: AWS refused.
        """
        of_api, stage = step.args["api_id"], step.args["stage"]
        now = str(_stage(running, of_api, stage).get("deploymentId") or "")
        if not now:
            return {}
        failure = f"Could not read the deployment of the stage {stage}."
        request = {"restApiId": of_api, "deploymentId": now}
        deployment = (
            find(running.connection, "get_deployment", failure, service=SERVICE, **request) if now else {}
        )
        before = followed(str(deployment.get("description") or ""))
        if before is None:
            return {}
        if before:
            older = {"restApiId": of_api, "deploymentId": before}
            if not find(running.connection, "get_deployment", failure, service=SERVICE, **older):
                return {}
        description = str(deployment["description"])
        running.note({"description": description})
        _point_back(running, of_api, stage, now, before)
        return {"description": description}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deploys again, unless the API does not exist."""
        of_api = step.args["api_id"]
        if "description" in facts and resources(running.connection, of_api, running.ctx):
            stage = step.args["stage"]
            request = {"restApiId": of_api, "stageName": stage}
            request["description"] = facts["description"]
            call(running, "create_deployment", f"Could not deploy to the stage {stage} again.", **request)


def _stage(running: Running, of_api: str, stage: str) -> dict[str, Any]:
    failure = f"Could not read the stage {stage}."
    return find(running.connection, "get_stage", failure, service=SERVICE, restApiId=of_api, stageName=stage)


def _point_back(running: Running, of_api: str, stage: str, deployment_id: str, before: str) -> None:
    where = {"restApiId": of_api, "stageName": stage}
    if _stage(running, of_api, stage).get("deploymentId") == deployment_id:
        if before:
            patch = [{"op": "replace", "path": "/deploymentId", "value": before}]
            call(
                running,
                "update_stage",
                f"Could not restore the deployment of the stage {stage}.",
                **where,
                patchOperations=patch,
            )
        else:
            delete(running, "delete_stage", f"Could not delete the stage {stage}.", **where)
    request = {"restApiId": of_api, "deploymentId": deployment_id}
    delete(running, "delete_deployment", "Could not delete the deployment.", **request)


RUNS: Mapping[str, StepRun] = {
    REST_API: RestApi(),
    REST_RESOURCE: RestResource(),
    REST_METHOD: RestMethod(),
    REST_CHANGE: RestChange(),
    REST_REMOVE: RestRemove(),
    REST_API_DELETE: RestApiDelete(),
    REST_DEPLOY: RestDeploy(),
    REST_UNDEPLOY: RestUndeploy(),
}

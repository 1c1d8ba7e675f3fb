"""Puts the state of a REST API on a stage, and takes that back.

A deployment of ours says in its description which one it followed: taking it back points the stage to that
one again, and does not publish what others have changed meanwhile.
"""

import re
from typing import Any

from workbench.functions.asking import find
from workbench.triggers.step import Facts, Running, Step
from workbench.triggers.steps.patience import make_once
from workbench.triggers.steps.rest_api import SERVICE, api_of, call, delete, resources

REST_DEPLOY, REST_UNDEPLOY = "rest-deploy", "rest-undeploy"
_OURS = re.compile(r"Made by Workbench: (\w+) after (\w+|nothing)")


def followed(description: str) -> str | None:
    """The deployment that one of ours followed: "" when it made its stage; None when it is not ours."""
    found = _OURS.fullmatch(description)
    return ("" if found[2] == "nothing" else found[2]) if found else None


class RestDeploy:
    """args: api_id (empty: the one just made), stage, token."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deploys, once; an API without methods cannot be deployed and is left. Raises WorkbenchError."""
        of_api, stage = api_of(step, running), step.args["stage"]
        there = resources(running.connection, of_api, running.ctx)
        if not any(each.get("resourceMethods") for each in there.values()):
            return {}
        before = _stage(running, of_api, stage).get("deploymentId") or ""
        running.note({"added": True, "api_id": of_api, "before": before})
        deployment = self._find(step, of_api, running)
        if deployment is None:
            description = f"Made by Workbench: {step.args['token']} after {before or 'nothing'}"
            request = {"restApiId": of_api, "stageName": stage, "description": description}
            deployment = make_once(
                lambda: call(
                    running, "create_deployment", f"Could not deploy to the stage {stage}.", **request
                ),
                lambda: self._find(step, of_api, running),
                running,
            )
        return {"deployment_id": str(deployment["id"]), "api_id": of_api}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Points the stage back, or deletes the stage that it made. Raises WorkbenchError."""
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
        """Deploys again. Raises WorkbenchError."""
        if "description" in facts:
            stage = step.args["stage"]
            request = {"restApiId": step.args["api_id"], "stageName": stage}
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

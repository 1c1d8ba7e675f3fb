"""The steps of REST APIs. Pure but for a token."""

import secrets
from typing import Any

from workbench.triggers.model import Place, SourceKind, Trigger, Values, WantedGrant, Wiring
from workbench.triggers.sources.api import MADE, PRINCIPAL, api_id, execute_arn
from workbench.triggers.sources.rest_api_checks import (
    API_KEY,
    AUTHORIZATION,
    AUTHORIZER,
    INTEGRATION_VERB,
    NAME,
    PATH,
    STAGE,
    TIMEOUT,
    VERB,
    RestSeen,
    filled,
)
from workbench.triggers.step import Step
from workbench.triggers.steps.late_grant import API_ID, late_grant_step
from workbench.triggers.steps.rest_api import (
    REST_API,
    REST_API_DELETE,
    REST_CHANGE,
    REST_METHOD,
    REST_REMOVE,
    REST_RESOURCE,
    operation_name,
    paths_to,
)
from workbench.triggers.steps.rest_deploy import REST_DEPLOY, REST_UNDEPLOY

_Operations = list[dict[str, str]]
URI, RESOURCE_ID = "uri", "resourceId"
OWN_STAGES, OTHER_STAGES = "OwnStages", "OtherStages"
"""Not of a form: the stages on which a found method is deployed, by us last, and by others last."""


def invocation_uri(region: str, target_arn: str) -> str:
    """What an integration calls: Lambda's Invoke, of the API's region.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
    """
    partition = target_arn.split(":")[1]
    return f"arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{target_arn}/invocations"


def grant_of(wiring: Wiring, of_api: str) -> WantedGrant:
    """The statement for a method of an API."""
    values = filled(wiring.values)
    verb, path = str(values[VERB]), str(values[PATH])
    return WantedGrant(PRINCIPAL, execute_arn(wiring.function.function_arn, of_api, verb, path))


def plan_rest(wiring: Wiring, seen: RestSeen) -> tuple[Step, ...]:
    """Resources, method with integration, deployment; of a new API itself and its statement, too."""
    values, region = filled(wiring.values), _region(wiring)
    verb, path, stage = str(values[VERB]), str(values[PATH]), str(values.get(STAGE) or "")
    # Random, since two plans may be alike: after a crash it tells what this one has made already.
    token, of_api = secrets.token_hex(8), seen.api_id
    made = len([each for each in paths_to(path) if each not in seen.paths])
    method = {**_method(values), "operationName": operation_name(made)}
    integration = {
        "type": "AWS_PROXY",
        INTEGRATION_VERB: "POST",
        URI: invocation_uri(region, wiring.target_arn),
        TIMEOUT: values[TIMEOUT],
    }
    calls = "apigateway:PutMethod, apigateway:PutIntegration"
    title = f"Create the method {verb} {path}, which invokes {wiring.target_arn.split(':', 6)[6]}"
    args = {"api_id": of_api, "verb": verb, "method": method, "integration": integration}
    steps: tuple[Step, ...] = (
        Step(
            REST_RESOURCE,
            f"Create the resources of {path}" if made else f"Find the resource {path}",
            "apigateway:CreateResource" if made else "apigateway:GetResources",
            region,
            {"api_id": of_api, PATH: path},
            "Delete the resources" if made else "",
        ),
        Step(REST_METHOD, title, calls, region, args, "Delete the method"),
    )
    if not wiring.source_arn:
        steps = _around(wiring, token, steps)
    return (*steps, _deploy(of_api, stage, token, region)) if stage else steps


def change_rest(trigger: Trigger, wiring: Wiring, seen: RestSeen) -> tuple[Step, ...]:
    """What differs of a method and its integration, and its deployment."""
    after, before = filled(wiring.values), filled(trigger.values)
    path, verb = str(before[PATH]), str(before[VERB])
    calls_with = str(seen.methods.get((path, verb), {}).get("httpMethod") or "POST")
    integration = _patch(
        {"/timeoutInMillis": str(after[TIMEOUT]), "/httpMethod": "POST"},
        {"/timeoutInMillis": str(before[TIMEOUT]), "/httpMethod": calls_with},
    )
    method = _patch(_patched(after), _patched(before))
    if not any((*integration, *method)):
        return ()
    of_api, region = api_id(trigger.source_arn), _region(wiring)
    args = {
        "where": {"restApiId": of_api, RESOURCE_ID: trigger.values.get(RESOURCE_ID), VERB: verb},
        "after": {"method": method[0], "integration": integration[0]},
        "before": {"method": method[1], "integration": integration[1]},
    }
    calls = "apigateway:UpdateMethod, apigateway:UpdateIntegration"
    title, undo = f"Change the method {verb} {path}", "Restore the previous settings"
    step = Step(REST_CHANGE, title, calls, region, args, undo)
    return (step, *(_deploy(of_api, each, secrets.token_hex(8), region) for each in _stages(trigger)))


def remove_rest(trigger: Trigger) -> tuple[Step, ...]:
    """Off the stages, then the method and our resources; our API goes with its last method."""
    of_api, region = api_id(trigger.source_arn), Place.of(trigger.source_arn).region
    path, verb = str(trigger.values.get(PATH)), str(trigger.values.get(VERB))
    off = tuple(
        Step(
            REST_UNDEPLOY,
            f"Point the stage {stage} to the previous deployment",
            "apigateway:UpdateStage, apigateway:DeleteDeployment",
            region,
            {"api_id": of_api, "stage": stage},
            "Deploy again",
        )
        for stage in _texts(trigger.values.get(OWN_STAGES))
    )
    args = {"api_id": of_api, PATH: path, "verb": verb, URI: trigger.values.get(URI)}
    title = f"Delete the method {verb} {path} and the resources that were created for it"
    calls = "apigateway:DeleteMethod, apigateway:DeleteResource"
    remove = Step(REST_REMOVE, title, calls, region, args, "Create the method again")
    deploy = tuple(
        _deploy(of_api, stage, secrets.token_hex(8), region)
        for stage in _texts(trigger.values.get(OTHER_STAGES))
    )
    steps = (*off, remove, *deploy)
    if not trigger.values.get(MADE):
        return steps
    title = "Delete the API, which was created for this trigger, if it has no more methods"
    delete = Step(REST_API_DELETE, title, "apigateway:DeleteRestApi", region, {"api_id": of_api})
    return (*steps, delete)


def _around(wiring: Wiring, token: str, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    name, region = str(wiring.values.get(NAME) or ""), wiring.function.region
    args, undo = {NAME: name, "token": token}, "Delete the API"
    api = Step(REST_API, f"Create the REST API {name}", "apigateway:CreateRestApi", region, args, undo)
    arn, wanted = wiring.function.function_arn, grant_of(wiring, API_ID)
    return (api, *steps, late_grant_step(SourceKind.REST_API, wanted, arn, wiring.qualifier, REST_API))


def _deploy(of_api: str, stage: str, token: str, region: str) -> Step:
    args = {"api_id": of_api, "stage": stage, "token": token}
    title, undo = f"Deploy the API to the stage {stage}", "Point the stage to the previous deployment"
    return Step(REST_DEPLOY, title, "apigateway:CreateDeployment", region, args, undo)


def _region(wiring: Wiring) -> str:
    return Place.of(wiring.source_arn or wiring.function.function_arn).region


def _stages(trigger: Trigger) -> tuple[str, ...]:
    own, others = trigger.values.get(OWN_STAGES), trigger.values.get(OTHER_STAGES)
    return (*_texts(own), *_texts(others))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, tuple | list) else ()


def _method(values: Values) -> dict[str, Any]:
    authorizer = {AUTHORIZER: values[AUTHORIZER]} if values.get(AUTHORIZER) else {}
    key = {API_KEY: True} if values.get(API_KEY) else {}
    return {AUTHORIZATION: values[AUTHORIZATION], **authorizer, **key}


def _patched(values: Values) -> dict[str, str]:
    return {
        f"/{AUTHORIZATION}": str(values[AUTHORIZATION]),
        f"/{AUTHORIZER}": str(values.get(AUTHORIZER) or ""),
        f"/{API_KEY}": str(bool(values.get(API_KEY))).lower(),
    }


def _patch(
    after: dict[str, str], before: dict[str, str]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The operations that lead there and back."""
    paths = [path for path in after if after[path] != before[path]]

    def operations(values: dict[str, str]) -> _Operations:
        return [{"op": "replace", "path": path, "value": values[path]} for path in paths]

    return operations(after), operations(before)

"""REST APIs of Amazon API Gateway: a new one with one method, or a method added to one that exists."""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding
from workbench.triggers.ledgers import BY_POLICY, SYNC, sync_ledger, upstream_ledger
from workbench.triggers.model import (
    Candidate,
    FunctionSeen,
    SourceKind,
    TestEvent,
    Trigger,
    WantedGrant,
    Wiring,
)
from workbench.triggers.parameter import Parameter
from workbench.triggers.sources import rest_api_plan
from workbench.triggers.sources.api import (
    ENDPOINT,
    MADE,
    NO_AUTH,
    PRINCIPAL,
    api_id,
    candidate,
    host_suffix,
    integrated_function,
    is_made,
    management_arn,
    no_such_api,
    try_route,
)
from workbench.triggers.sources.api_elsewhere import REST, apis_elsewhere
from workbench.triggers.sources.links import linked
from workbench.triggers.sources.rest_api_checks import (
    API_KEY,
    AUTHORIZATION,
    AUTHORIZER,
    INTEGRATION_VERB,
    NAME,
    PATH,
    TIMEOUT,
    VERB,
    RestSeen,
    check_rest,
    rest_parameters,
)
from workbench.triggers.sources.rest_api_plan import OTHER_STAGES, OWN_STAGES, RESOURCE_ID, URI
from workbench.triggers.sources.source import Source
from workbench.triggers.step import Step
from workbench.triggers.steps.rest_api import SERVICE, TAG, resources
from workbench.triggers.steps.rest_deploy import followed


class RestApiSource(Source[RestSeen]):
    """A method of a REST API."""

    kind = SourceKind.REST_API
    title = "Amazon API Gateway, REST API"
    makes_its_source = True

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The region's REST APIs, to which a method may be added. Raises WorkbenchError, Cancelled."""
        for api in _apis(connection, ctx):
            yield candidate(self.kind, connection, f"/restapis/{api['id']}", str(api["name"]))

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        """Name, path, method, authorization, timeout, stage."""
        return rest_parameters(wiring)

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> RestSeen:
        """Reads the API's methods and stages. Raises WorkbenchError."""
        ctx.check()
        if not wiring.source_arn:
            return RestSeen()
        of_api, failure = api_id(wiring.source_arn), "Could not read the API."
        api = find(connection, "get_rest_api", failure, service=SERVICE, restApiId=of_api)
        if not api:
            raise no_such_api(of_api, connection.region, "REST API")
        there = resources(connection, of_api, ctx)
        methods = {
            (path, verb): method.get("methodIntegration") or {}
            for path, resource in there.items()
            for verb, method in (resource.get("resourceMethods") or {}).items()
        }
        stages = tuple(str(each["stageName"]) for each in _stages(connection, of_api))
        return RestSeen(of_api, str(api["name"]), methods, tuple(there), stages)

    def check(self, wiring: Wiring, seen: RestSeen, function: FunctionSeen) -> tuple[Finding, ...]:
        """Checks API-SRCARN-REGION, API-POST, API-UNDEPLOYED, API-TIMEOUT, API-NOAUTH: rest_api_checks.py."""
        return check_rest(wiring, seen, function, self.grants(wiring, seen))

    def grants(self, wiring: Wiring, seen: RestSeen) -> tuple[WantedGrant, ...]:
        """One; of an API that is not made yet it is a step of the plan."""
        return (rest_api_plan.grant_of(wiring, seen.api_id),) if wiring.source_arn else ()

    def plan(self, wiring: Wiring, seen: RestSeen, function: FunctionSeen) -> tuple[Step, ...]:
        """Resources, method, integration, deployment."""
        return rest_api_plan.plan_rest(wiring, seen)

    def find(
        self, connection: Connection, function: FunctionSeen, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The methods of REST APIs that run the function; also of regions to which a statement leads.

        Raises:
            WorkbenchError: The region's own cannot be read.
            Cancelled: Between calls.
        """
        found: list[Trigger] = []
        apis = [(connection, api) for api in _apis(connection, ctx)]
        apis += apis_elsewhere(connection, REST, hints, {str(api["id"]) for _, api in apis}, ctx)
        for there, api in apis:
            of_api = str(api["id"])
            mine = [
                (resource, verb, method)
                for resource in resources(there, of_api, ctx).values()
                for verb, method in (resource.get("resourceMethods") or {}).items()
                if _runs(method) in function.arns
            ]
            deployments = _deployed(there, of_api, ctx) if mine else ()
            for resource, verb, method in mine:
                on = [each for each in deployments if each[1].get(str(resource["path"]), {}).get(verb)]
                found.append(_trigger(there.region, api, resource, verb, method, on, function))
        return tuple(found)

    def update(self, trigger: Trigger, wiring: Wiring, seen: RestSeen) -> tuple[Step, ...]:
        """Authorization, timeout, and POST; then it is deployed again where it was."""
        return rest_api_plan.change_rest(trigger, wiring, seen)

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Off its stages, then the method; an API that wiring made goes with its last method."""
        return rest_api_plan.remove_rest(trigger)

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        """A request to the first stage; none where it is not deployed, or an authorizer wants a token."""
        if trigger.values.get(API_KEY):
            return None
        verb, path = str(trigger.values.get(VERB)), str(trigger.values.get(PATH))
        return try_route(trigger, verb, path, trigger.values.get(AUTHORIZATION, NO_AUTH), mark)

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        """One request, one invocation."""
        return Explanation(
            SYNC,
            "None: each request is a separate invocation.",
            upstream_ledger(self.kind),
            sync_ledger(),
            "They are returned to the caller: a function error is HTTP 502, a timeout is HTTP 504.",
            BY_POLICY.format(principal=PRINCIPAL),
            ("Caller", f"Method {trigger.name}", function.detail.function_name, "Caller"),
            "The Sandbox serves the API under its own address, does not check the function's "
            "policy, and serves methods that are not deployed.",
        )


def _apis(connection: Connection, ctx: JobContext) -> list[Mapping[str, Any]]:
    pages = connection.paginate(SERVICE, "get_rest_apis", ctx=ctx, failure="Could not list the REST APIs.")
    return [each for page in pages for each in page.get("items") or ()]


def _stages(connection: Connection, of_api: str) -> list[Mapping[str, Any]]:
    failure = f"Could not list the stages of the API {of_api}."
    return list(connection.call(SERVICE, "get_stages", failure=failure, restApiId=of_api).get("item") or ())


def _deployed(
    connection: Connection, of_api: str, ctx: JobContext
) -> list[tuple[str, Mapping[str, Any], bool]]:
    """For each stage: its name, what is deployed there by path and verb, and whether we deployed it last."""
    found = []
    for stage in _stages(connection, of_api):
        ctx.check()
        deployment = find(
            connection,
            "get_deployment",
            "Could not read what is deployed.",
            service=SERVICE,
            restApiId=of_api,
            deploymentId=stage["deploymentId"],
            embed=["apisummary"],
        )
        is_ours = followed(str(deployment.get("description") or "")) is not None
        found.append((str(stage["stageName"]), deployment.get("apiSummary") or {}, is_ours))
    return found


def _runs(method: Mapping[str, Any]) -> str:
    return integrated_function(str((method.get("methodIntegration") or {}).get("uri") or ""))


def _trigger(
    region: str,
    api: Mapping[str, Any],
    resource: Mapping[str, Any],
    verb: str,
    method: Mapping[str, Any],
    deployed: list[tuple[str, Mapping[str, Any], bool]],
    function: FunctionSeen,
) -> Trigger:
    arn, of_api, path = function.arns[0], str(api["id"]), str(resource["path"])
    integration = method.get("methodIntegration") or {}
    source_arn = management_arn(arn, region, f"/restapis/{of_api}")
    values: dict[str, object] = {
        NAME: str(api["name"]),
        PATH: path,
        VERB: verb,
        AUTHORIZATION: str(method.get("authorizationType") or NO_AUTH),
        TIMEOUT: integration.get("timeoutInMillis"),
        INTEGRATION_VERB: integration.get("httpMethod"),
        URI: integration.get("uri"),
        RESOURCE_ID: resource["id"],
        OWN_STAGES: tuple(stage for stage, _, is_ours in deployed if is_ours),
        OTHER_STAGES: tuple(stage for stage, _, is_ours in deployed if not is_ours),
        MADE: is_made(api.get("tags"), TAG) or None,
        AUTHORIZER: method.get("authorizerId"),
        API_KEY: True if method.get("apiKeyRequired") else None,
    }
    if deployed:
        host = f"{of_api}.execute-api.{region}.{host_suffix(source_arn)}"
        values[ENDPOINT] = f"https://{host}/{deployed[0][0]}"
    trigger = Trigger(
        SourceKind.REST_API,
        source_arn,
        f"{verb} {path} of {api['name']}",
        _runs(method)[len(arn) :].removeprefix(":"),
        f"{verb} {path}",
        "" if deployed else "not deployed",
        values={key: value for key, value in values.items() if value is not None},
    )
    wiring = Wiring(SourceKind.REST_API, source_arn, function.detail, values={PATH: path, VERB: verb})
    wanted = rest_api_plan.grant_of(wiring, of_api)
    return linked(trigger, [] if integration.get("credentials") else [wanted], function)

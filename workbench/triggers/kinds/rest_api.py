"""REST APIs of Amazon API Gateway: a new API with one method, or a method added to an existing API."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import find
from workbench.triggers.grants import API_ID, late_grant_step
from workbench.triggers.kinds.api import (
    ENDPOINT,
    MADE,
    METHODS,
    NO_AUTH,
    PRINCIPAL,
    REST,
    TAG,
    ApiSource,
    api_id,
    apis_in_other_regions,
    candidate,
    execute_arn,
    host_suffix,
    integrated_function,
    is_made,
    management_arn,
    no_auth,
    no_such_api,
    region_of,
    source_arn_region,
    timeout,
    try_route,
)
from workbench.triggers.kinds.source import (
    BY_POLICY,
    explain_request,
    linked,
)
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Findings,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Values,
    Verdict,
    WantedGrant,
    block,
    chosen_of,
    open_fix,
    steps_fix,
    warn,
)
from workbench.triggers.parameter import Entry, Parameter, check_values
from workbench.triggers.steps import Step
from workbench.triggers.steps.rest_api import (
    REST_API,
    REST_API_DELETE,
    REST_CHANGE,
    REST_DEPLOY,
    REST_METHOD,
    REST_REMOVE,
    REST_RESOURCE,
    REST_UNDEPLOY,
    SERVICE,
    followed,
    operation_name,
    paths_to,
    resources,
)
from workbench.triggers.test_events import NO_TEXTS, TestEvent

NAME, PATH, _VERB, STAGE = "name", "path", "httpMethod", "stageName"
AUTHORIZATION, AUTHORIZER, TIMEOUT = "authorizationType", "authorizerId", "timeoutInMillis"
_API_KEY = "apiKeyRequired"
_INTEGRATION_VERB = "integrationHttpMethod"
"""Always POST, whatever the method: Lambda is invoked with it."""
_MAX_TIMEOUT_MS, _MIN_TIMEOUT_MS = 29_000, 50
"""Without a higher quota of the account, which regional APIs can get.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""
_PART = r"[a-zA-Z0-9._:-]+"
_PATH = re.compile(rf"/|(/({_PART}|\{{{_PART}\}}))*(/({_PART}|\{{{_PART}\+?\}}))")
"""AWS: "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable".
Source: https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html"""
_STAGE = r"[a-zA-Z0-9_-]{1,128}"


@dataclass(frozen=True, slots=True)
class ObservedRestApi:
    """An API when it was read; empty fields for a new one.

    Attributes:
        methods: The integrations by path and verb, as AWS answers them; {} if there is none.
        paths: The paths of all resources.
    """

    api_id: str = ""
    name: str = ""
    methods: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    paths: Sequence[str] = ("/",)
    stages: Sequence[str] = ()


def _rest_parameters(spec: TriggerSpec) -> tuple[Parameter, ...]:
    """The name of a new API, and the settings of the method, its integration and the stage."""
    name = Parameter(
        NAME, _("API name"), Entry.TEXT, required=True, minimum=1, maximum=1024, create_only=True
    )
    return (
        *(() if spec.source_arn else (name,)),
        Parameter(
            PATH,
            _("Path"),
            Entry.TEXT,
            "/",
            create_only=True,
            help=_("/orders/{id}; /{proxy+} matches all paths below. Missing resources are created."),
        ),
        Parameter(
            _VERB,
            _("Method"),
            Entry.CHOICE,
            "ANY",
            choices=METHODS,
            create_only=True,
            help=_("ANY matches all methods."),
        ),
        Parameter(
            AUTHORIZATION,
            _("Authorization"),
            Entry.CHOICE,
            NO_AUTH,
            choices=(NO_AUTH, "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"),
            is_open=True,
            help=_(
                "NONE allows everyone; AWS_IAM requires signed requests; the others require an authorizer."
            ),
        ),
        Parameter(AUTHORIZER, _("Authorizer ID"), Entry.TEXT, advanced=True),
        Parameter(_API_KEY, _("API key required"), Entry.FLAG, advanced=True),
        Parameter(
            TIMEOUT,
            _("Timeout"),
            Entry.NUMBER,
            _MAX_TIMEOUT_MS,
            minimum=_MIN_TIMEOUT_MS,
            unit="ms",
            advanced=True,
        ),
        Parameter(
            STAGE,
            _("Stage"),
            Entry.TEXT,
            "prod",
            pattern=_STAGE,
            create_only=True,
            help=_(
                "The stage to deploy to. Empty: the method becomes available when the API is "
                "deployed to a stage."
            ),
        ),
    )


def filled(values: Values) -> Values:
    """Fills in defaults. A stage that was cleared stays empty."""
    usual = {PATH: "/", _VERB: "ANY", AUTHORIZATION: NO_AUTH, TIMEOUT: _MAX_TIMEOUT_MS, STAGE: "prod"}
    given = {key: value for key, value in values.items() if value not in (None, "") or key == STAGE}
    return usual | given


def _check_rest(
    spec: TriggerSpec, observed: ObservedRestApi, function: ObservedFunction, wanted: Sequence[WantedGrant]
) -> Findings:
    """Checks API-SRCARN-REGION, API-POST, API-UNDEPLOYED, API-TIMEOUT, API-NOAUTH, API-ROUTE and others."""
    values = filled(spec.values)
    found = list(check_values(_rest_parameters(spec), values))
    if spec.identity:
        found += _post(observed, values)
    else:
        found += [*_check_route(spec, observed, values), *_check_stage(spec, observed, values)]
    if values[AUTHORIZATION] in ("CUSTOM", "COGNITO_USER_POOLS") and not values.get(AUTHORIZER):
        what = _("The authorization type {values} needs an authorizer of the API.").format(
            values=values[AUTHORIZATION]
        )
        found.append(block("API-AUTHORIZER", what, _("AWS would reject the method.")))
    if isinstance(limit_ms := values[TIMEOUT], int):
        found += [*_quota(limit_ms), *timeout(spec, limit_ms)]
    found += no_auth(spec, str(values[AUTHORIZATION]), AUTHORIZATION)
    return (*found, *source_arn_region(RestApiSource.kind, spec, wanted, function))


def _quota(limit_ms: int) -> Iterator[Finding]:
    if limit_ms <= _MAX_TIMEOUT_MS:
        return
    what = _("{limit_ms:,} ms exceed the default quota of {max_timeout_ms:,} ms.").format(
        limit_ms=limit_ms, max_timeout_ms=_MAX_TIMEOUT_MS
    )
    why = _("The quota can be increased for Regional and private APIs; otherwise AWS rejects the value.")
    yield warn("API-QUOTA", what, why)


def _check_route(spec: TriggerSpec, observed: ObservedRestApi, values: Values) -> Iterator[Finding]:
    path, verb = str(values[PATH]), str(values[_VERB])
    if _PATH.fullmatch(path) is None:
        why = _("Write a path such as /orders/{id}. It begins with a slash and does not end with one.")
        yield block("API-ROUTE", _("“{path}” is not a valid path.").format(path=path), why)
        return
    integration = observed.methods.get((path, verb))
    if integration is None:
        return
    what = _("{api} already has a method {verb} {path}.").format(api=observed.name, verb=verb, path=path)
    runs = integrated_function(str(integration.get("uri") or ""))
    if runs == spec.target_arn:
        fix = open_fix(f"{verb} {path}")
        yield block("API-ROUTE", what, _("It invokes this function."), fix)
        return
    why = _("It invokes {runs}. Choose another path or method.").format(
        runs=runs or _("a target other than a function")
    )
    yield block("API-ROUTE", what, why)


def _check_stage(spec: TriggerSpec, observed: ObservedRestApi, values: Values) -> Iterator[Finding]:
    stage = str(values.get(STAGE) or "")
    if not stage:
        what = _("The method of {api} is not deployed.").format(
            api=observed.name or spec.values.get(NAME, "the API")
        )
        why = _("It becomes available when the API is deployed to a stage.")
        yield warn("API-UNDEPLOYED", what, why)
        return
    if stage in observed.stages:
        what = _("Deploying to {stage} publishes all changes of {api} since the last deployment.").format(
            stage=stage, api=observed.name
        )
        yield warn("API-DEPLOY", what, _("A deployment always includes the whole API."))


def _post(observed: ObservedRestApi, values: Values) -> Iterator[Finding]:
    integration = observed.methods.get((str(values[PATH]), str(values[_VERB])), {})
    verb = str(integration.get("httpMethod") or "POST")
    if verb == "POST":
        return
    # Every update sets POST again, so the user only has to accept it.
    fix = steps_fix(_("Invoke the function with POST"), is_standard=True)
    what = _("The integration of {method} {path} calls Lambda with {verb}.").format(
        method=values[_VERB], path=values[PATH], verb=verb
    )
    why = _(
        "Lambda must be invoked with POST, whatever the API's method is; other methods "
        "receive a 500 response."
    )
    yield block("API-POST", what, why, fix)


_Operations = list[dict[str, str]]
URI, _RESOURCE_ID = "uri", "resourceId"
_OWN_STAGES, _OTHER_STAGES = "OwnStages", "OtherStages"
"""Keys of values that no form shows: the stages to which a discovered method was last deployed by Workbench,
or by others."""


def invocation_uri(region: str, target_arn: str) -> str:
    """The URI of an integration: Lambda's Invoke in the API's region.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
    """
    partition = target_arn.split(":")[1]
    return f"arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{target_arn}/invocations"


def grant_of(spec: TriggerSpec, of_api: str) -> WantedGrant:
    """The statement for a method of an API."""
    values = filled(spec.values)
    verb, path = str(values[_VERB]), str(values[PATH])
    return WantedGrant(PRINCIPAL, execute_arn(spec.function.function_arn, of_api, verb, path))


def _with_new_api(spec: TriggerSpec, token: str, steps: Steps) -> Steps:
    name, region = str(spec.values.get(NAME) or ""), spec.function.region
    args, undo = {NAME: name, "token": token}, _("Delete the API")
    api = Step(
        REST_API,
        _("Create the REST API {name}").format(name=name),
        "apigateway:CreateRestApi",
        region,
        args,
        undo,
    )
    arn, wanted = spec.function.function_arn, grant_of(spec, API_ID)
    return (api, *steps, late_grant_step(RestApiSource.kind, wanted, arn, spec.qualifier, REST_API))


def _deploy(of_api: str, stage: str, token: str, region: str) -> Step:
    args = {"api_id": of_api, "stage": stage, "token": token}
    title, undo = (
        _("Deploy the API to the stage {stage}").format(stage=stage),
        _("Point the stage to the previous deployment"),
    )
    return Step(REST_DEPLOY, title, "apigateway:CreateDeployment", region, args, undo)


def _method(values: Values) -> dict[str, Any]:
    authorizer = {AUTHORIZER: values[AUTHORIZER]} if values.get(AUTHORIZER) else {}
    key = {_API_KEY: True} if values.get(_API_KEY) else {}
    return {AUTHORIZATION: values[AUTHORIZATION], **authorizer, **key}


def _patched(values: Values) -> dict[str, str]:
    return {
        f"/{AUTHORIZATION}": str(values[AUTHORIZATION]),
        f"/{AUTHORIZER}": str(values.get(AUTHORIZER) or ""),
        f"/{_API_KEY}": str(bool(values.get(_API_KEY))).lower(),
    }


def _patch(
    after: dict[str, str], before: dict[str, str]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The patch operations that make a change, and those that undo it."""
    paths = [path for path in after if after[path] != before[path]]

    def operations(values: dict[str, str]) -> _Operations:
        return [{"op": "replace", "path": path, "value": values[path]} for path in paths]

    return operations(after), operations(before)


class RestApiSource(ApiSource[ObservedRestApi]):
    """A method of a REST API."""

    kind = SourceKind("rest-api")
    title = "API Gateway (REST)"
    description = _("Requests to a REST API's method.")
    rule = Rule(_("REST API"), _("Amazon API Gateway"), Model.PUSH_SYNC, region=Verdict.ALLOW)

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        for api in _apis(connection, ctx):
            yield candidate(self.kind, connection, f"/restapis/{api['id']}", str(api["name"]))

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return _rest_parameters(spec)

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedRestApi:
        ctx.check()
        if not spec.source_arn:
            return ObservedRestApi()
        of_api, failure = api_id(spec.source_arn), _("Could not read the API.")
        api = find(connection, "get_rest_api", failure, service=SERVICE, restApiId=of_api)
        if not api:
            raise no_such_api(of_api, connection.region, "REST API")
        there = resources(connection, of_api, ctx)
        methods = {
            (path, verb): method.get("methodIntegration") or {}
            for path, resource in there.items()
            for verb, method in (resource.get("resourceMethods") or {}).items()
        }
        stages = tuple(str(each["stageName"]) for each in _deployed_stages(connection, of_api))
        return ObservedRestApi(of_api, str(api["name"]), methods, tuple(there), stages)

    def check(self, spec: TriggerSpec, observed: ObservedRestApi, function: ObservedFunction) -> Findings:
        return _check_rest(spec, observed, function, self.grants(spec, observed))

    def grants(self, spec: TriggerSpec, observed: ObservedRestApi) -> tuple[WantedGrant, ...]:
        """One statement. For an API that does not exist yet, a step of the plan adds it."""
        return (grant_of(spec, observed.api_id),) if spec.source_arn else ()

    def plan(self, spec: TriggerSpec, observed: ObservedRestApi) -> Steps:
        values, region = filled(spec.values), region_of(spec)
        verb, path, stage = str(values[_VERB]), str(values[PATH]), str(values.get(STAGE) or "")
        # Random, since two plans may be alike: after a crash it identifies what this plan created.
        token, of_api = secrets.token_hex(8), observed.api_id
        made = len([each for each in paths_to(path) if each not in observed.paths])
        method = {**_method(values), "operationName": operation_name(made)}
        integration = {
            "type": "AWS_PROXY",
            _INTEGRATION_VERB: "POST",
            URI: invocation_uri(region, spec.target_arn),
            TIMEOUT: values[TIMEOUT],
        }
        calls = "apigateway:PutMethod, apigateway:PutIntegration"
        title = _("Create the method {verb} {path}, which invokes {function}").format(
            verb=verb, path=path, function=spec.target_name
        )
        args = {"api_id": of_api, "verb": verb, "method": method, "integration": integration}
        steps: Steps = (
            Step(
                REST_RESOURCE,
                _("Create the resources of {path}").format(path=path)
                if made
                else _("Find the resource {path}").format(path=path),
                "apigateway:CreateResource" if made else "apigateway:GetResources",
                region,
                {"api_id": of_api, PATH: path},
                _("Delete the resources") if made else "",
            ),
            Step(REST_METHOD, title, calls, region, args, _("Delete the method")),
        )
        if not spec.source_arn:
            steps = _with_new_api(spec, token, steps)
        return (*steps, _deploy(of_api, stage, token, region)) if stage else steps

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The methods that run the function, including APIs of other regions that statements name.

        Raises:
            WorkbenchError: The APIs of the function's region could not be read.
        """
        found: list[Trigger] = []
        apis = [(connection, api) for api in _apis(connection, ctx)]
        apis += apis_in_other_regions(connection, REST, hints, {str(api["id"]) for __, api in apis}, ctx)
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

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: ObservedRestApi) -> Steps:
        """Changes authorization and timeout, restores POST, and deploys to the same stages again."""
        after, before = filled(spec.values), filled(trigger.values)
        path, verb = str(before[PATH]), str(before[_VERB])
        calls_with = str(observed.methods.get((path, verb), {}).get("httpMethod") or "POST")
        integration = _patch(
            {"/timeoutInMillis": str(after[TIMEOUT]), "/httpMethod": "POST"},
            {"/timeoutInMillis": str(before[TIMEOUT]), "/httpMethod": calls_with},
        )
        method = _patch(_patched(after), _patched(before))
        if not any((*integration, *method)):
            return ()
        of_api, region = api_id(trigger.source_arn), region_of(spec)
        args = {
            "where": {"restApiId": of_api, _RESOURCE_ID: trigger.values.get(_RESOURCE_ID), _VERB: verb},
            "after": {"method": method[0], "integration": integration[0]},
            "before": {"method": method[1], "integration": integration[1]},
        }
        calls = "apigateway:UpdateMethod, apigateway:UpdateIntegration"
        title, undo = (
            _("Change the method {verb} {path}").format(verb=verb, path=path),
            _("Restore the previous settings"),
        )
        step = Step(REST_CHANGE, title, calls, region, args, undo)
        stages = (*chosen_of(trigger.values, _OWN_STAGES), *chosen_of(trigger.values, _OTHER_STAGES))
        return (step, *(_deploy(of_api, each, secrets.token_hex(8), region) for each in stages))

    def remove(self, trigger: Trigger) -> Steps:
        """Undeploys and deletes the method, and with its last method an API that Workbench created."""
        of_api, region = api_id(trigger.source_arn), Location.of(trigger.source_arn).region
        path, verb = str(trigger.values.get(PATH)), str(trigger.values.get(_VERB))
        off = tuple(
            Step(
                REST_UNDEPLOY,
                _("Point the stage {stage} to the previous deployment").format(stage=stage),
                "apigateway:UpdateStage, apigateway:DeleteDeployment",
                region,
                {"api_id": of_api, "stage": stage},
                _("Deploy again"),
            )
            for stage in chosen_of(trigger.values, _OWN_STAGES)
        )
        args = {"api_id": of_api, PATH: path, "verb": verb, URI: trigger.values.get(URI)}
        title = _("Delete the method {verb} {path} and the resources that were created for it").format(
            verb=verb, path=path
        )
        calls = "apigateway:DeleteMethod, apigateway:DeleteResource"
        remove = Step(REST_REMOVE, title, calls, region, args, _("Create the method again"))
        deploy = tuple(
            _deploy(of_api, stage, secrets.token_hex(8), region)
            for stage in chosen_of(trigger.values, _OTHER_STAGES)
        )
        steps = (*off, remove, *deploy)
        if not trigger.values.get(MADE):
            return steps
        title = _("Delete the API, which was created for this trigger, if it has no more methods")
        delete = Step(REST_API_DELETE, title, "apigateway:DeleteRestApi", region, {"api_id": of_api})
        return (*steps, delete)

    def test_event(
        self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS
    ) -> TestEvent | None:
        """A request to the first stage; None if it is not deployed, or if an authorizer requires a token."""
        if trigger.values.get(_API_KEY):
            return None
        verb, path = str(trigger.values.get(_VERB)), str(trigger.values.get(PATH))
        return try_route(trigger, verb, path, trigger.values.get(AUTHORIZATION, NO_AUTH), mark, texts)

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        return explain_request(
            self.upstream,
            function,
            _("They are returned to the caller: a function error is HTTP 502, a timeout is HTTP 504."),
            BY_POLICY.format(principal=PRINCIPAL),
            _("Method {trigger}").format(trigger=trigger.name),
            _(
                "The Sandbox serves the API under its own address, does not check the function's "
                "policy, and serves methods that are not deployed."
            ),
        )


def _apis(connection: Connection, ctx: JobContext) -> list[Mapping[str, Any]]:
    pages = connection.paginate(SERVICE, "get_rest_apis", ctx=ctx, failure=_("Could not list the REST APIs."))
    return [each for page in pages for each in page.get("items") or ()]


def _deployed_stages(connection: Connection, of_api: str) -> list[Mapping[str, Any]]:
    failure = _("Could not list the stages of the API {of_api}.").format(of_api=of_api)
    return list(connection.call(SERVICE, "get_stages", failure=failure, restApiId=of_api).get("item") or ())


def _deployed(
    connection: Connection, of_api: str, ctx: JobContext
) -> list[tuple[str, Mapping[str, Any], bool]]:
    """For each stage: name, deployed integrations by path and verb, and whether we deployed it last."""
    found = []
    for stage in _deployed_stages(connection, of_api):
        ctx.check()
        deployment = find(
            connection,
            "get_deployment",
            _("Could not read what is deployed."),
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
    function: ObservedFunction,
) -> Trigger:
    arn, of_api, path = function.arns[0], str(api["id"]), str(resource["path"])
    integration = method.get("methodIntegration") or {}
    source_arn = management_arn(arn, region, f"/restapis/{of_api}")
    values: dict[str, object] = {
        NAME: str(api["name"]),
        PATH: path,
        _VERB: verb,
        AUTHORIZATION: str(method.get("authorizationType") or NO_AUTH),
        TIMEOUT: integration.get("timeoutInMillis"),
        _INTEGRATION_VERB: integration.get("httpMethod"),
        URI: integration.get("uri"),
        _RESOURCE_ID: resource["id"],
        _OWN_STAGES: tuple(stage for stage, __, is_ours in deployed if is_ours),
        _OTHER_STAGES: tuple(stage for stage, __, is_ours in deployed if not is_ours),
        MADE: is_made(api.get("tags"), TAG) or None,
        AUTHORIZER: method.get("authorizerId"),
        _API_KEY: True if method.get("apiKeyRequired") else None,
    }
    if deployed:
        host = f"{of_api}.execute-api.{region}.{host_suffix(source_arn)}"
        values[ENDPOINT] = f"https://{host}/{deployed[0][0]}"
    trigger = Trigger(
        RestApiSource.kind,
        source_arn,
        _("{verb} {path} of {name}").format(verb=verb, path=path, name=api["name"]),
        _runs(method)[len(arn) :].removeprefix(":"),
        f"{verb} {path}",
        "" if deployed else _("not deployed"),
        values={key: value for key, value in values.items() if value is not None},
    )
    spec = TriggerSpec(RestApiSource.kind, source_arn, function.detail, values={PATH: path, _VERB: verb})
    wanted = grant_of(spec, of_api)
    return linked(trigger, [] if integration.get("credentials") else [wanted], function)

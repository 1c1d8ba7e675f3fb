"""Parameters and checks of REST APIs. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import FunctionSeen, SourceKind, Values, WantedGrant, Wiring
from workbench.triggers.parameter import Entry, Parameter
from workbench.triggers.sources.api import (
    METHODS,
    NO_AUTH,
    integrated_function,
    no_auth,
    source_arn_region,
    timeout,
)
from workbench.triggers.values import check_values

NAME, PATH, VERB, STAGE = "name", "path", "httpMethod", "stageName"
AUTHORIZATION, AUTHORIZER, TIMEOUT = "authorizationType", "authorizerId", "timeoutInMillis"
API_KEY = "apiKeyRequired"
INTEGRATION_VERB = "integrationHttpMethod"
"""POST, whatever the method: Lambda is invoked with it."""
LONGEST_MS, SHORTEST_MS = 29_000, 50
"""Without a higher quota of the account, which regional APIs can get.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""
_PART = r"[a-zA-Z0-9._:-]+"
_PATH = re.compile(rf"/|(/({_PART}|\{{{_PART}\}}))*(/({_PART}|\{{{_PART}\+?\}}))")
"""AWS: "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable".
Source: https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html"""
_STAGE = r"[a-zA-Z0-9_-]{1,128}"


@dataclass(frozen=True, slots=True)
class RestSeen:
    """What was read of an API; of a new one nothing.

    Attributes:
        api_id: Empty for a new one.
        name: Its name.
        methods: The integrations by path and verb, as AWS answers them; {} where there is none.
        paths: Of all resources.
        stages: The names of its stages.
    """

    api_id: str = ""
    name: str = ""
    methods: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    paths: Sequence[str] = ("/",)
    stages: Sequence[str] = ()


def rest_parameters(wiring: Wiring) -> tuple[Parameter, ...]:
    """Of a new API its name; of the method, its integration and the stage the rest."""
    name = Parameter(NAME, "API name", Entry.TEXT, required=True, minimum=1, maximum=1024, create_only=True)
    return (
        *(() if wiring.source_arn else (name,)),
        Parameter(
            PATH,
            "Path",
            Entry.TEXT,
            "/",
            create_only=True,
            help="/orders/{id}; /{proxy+} matches all paths below. Missing resources are created.",
        ),
        Parameter(
            VERB,
            "Method",
            Entry.CHOICE,
            "ANY",
            choices=METHODS,
            create_only=True,
            help="ANY matches all methods.",
        ),
        Parameter(
            AUTHORIZATION,
            "Authorization",
            Entry.CHOICE,
            NO_AUTH,
            choices=(NO_AUTH, "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"),
            is_open=True,
            help="NONE allows everyone; AWS_IAM requires signed requests; the others require an authorizer.",
        ),
        Parameter(AUTHORIZER, "Authorizer ID", Entry.TEXT, advanced=True),
        Parameter(API_KEY, "API key required", Entry.FLAG, advanced=True),
        Parameter(
            TIMEOUT,
            "Timeout",
            Entry.NUMBER,
            LONGEST_MS,
            minimum=SHORTEST_MS,
            unit="ms",
            advanced=True,
        ),
        Parameter(
            STAGE,
            "Stage",
            Entry.TEXT,
            "prod",
            pattern=_STAGE,
            create_only=True,
            help="The stage to deploy to. Empty: the method becomes available when the API is "
            "deployed to a stage.",
        ),
    )


def filled(values: Values) -> Values:
    """With defaults for what is not set; a stage that was emptied stays empty."""
    usual = {PATH: "/", VERB: "ANY", AUTHORIZATION: NO_AUTH, TIMEOUT: LONGEST_MS, STAGE: "prod"}
    given = {key: value for key, value in values.items() if value not in (None, "") or key == STAGE}
    return usual | given


def check_rest(
    wiring: Wiring, seen: RestSeen, function: FunctionSeen, wanted: Sequence[WantedGrant]
) -> tuple[Finding, ...]:
    """API-SRCARN-REGION, API-POST, API-UNDEPLOYED, API-TIMEOUT, API-NOAUTH, API-ROUTE and others."""
    values = filled(wiring.values)
    found = list(check_values(rest_parameters(wiring), values))
    if wiring.identity:
        found += _post(seen, values)
    else:
        found += [*_route(wiring, seen, values), *_stage(wiring, seen, values)]
    if values[AUTHORIZATION] in ("CUSTOM", "COGNITO_USER_POOLS") and not values.get(AUTHORIZER):
        what = f"The authorization type {values[AUTHORIZATION]} needs an authorizer of the API."
        found.append(Finding("API-AUTHORIZER", Severity.BLOCK, what, "AWS would reject the method."))
    if isinstance(limit_ms := values[TIMEOUT], int):
        found += [*_quota(limit_ms), *timeout(wiring, limit_ms)]
    found += no_auth(wiring, str(values[AUTHORIZATION]), AUTHORIZATION)
    return (*found, *source_arn_region(SourceKind.REST_API, wiring, wanted, function))


def _quota(limit_ms: int) -> list[Finding]:
    if limit_ms <= LONGEST_MS:
        return []
    what = f"{limit_ms:,} ms exceed the default quota of {LONGEST_MS:,} ms."
    why = "The quota can be increased for Regional and private APIs; otherwise AWS rejects the value."
    return [Finding("API-QUOTA", Severity.WARN, what, why)]


def _route(wiring: Wiring, seen: RestSeen, values: Values) -> list[Finding]:
    path, verb = str(values[PATH]), str(values[VERB])
    if _PATH.fullmatch(path) is None:
        why = "Write a path such as /orders/{id}. It begins with a slash and does not end with one."
        return [Finding("API-ROUTE", Severity.BLOCK, f"“{path}” is not a valid path.", why)]
    integration = seen.methods.get((path, verb))
    if integration is None:
        return []
    what = f"{seen.name} already has a method {verb} {path}."
    runs = integrated_function(str(integration.get("uri") or ""))
    if runs == wiring.target_arn:
        fix = Fix(FixKind.OPEN_EXISTING, "Open the existing trigger", text=f"{verb} {path}")
        return [Finding("API-ROUTE", Severity.BLOCK, what, "It invokes this function.", (fix,))]
    why = f"It invokes {runs or 'a target other than a function'}. Choose another path or method."
    return [Finding("API-ROUTE", Severity.BLOCK, what, why)]


def _stage(wiring: Wiring, seen: RestSeen, values: Values) -> list[Finding]:
    stage = str(values.get(STAGE) or "")
    if not stage:
        what = f"The method of {seen.name or wiring.values.get(NAME, 'the API')} is not deployed."
        why = "It becomes available when the API is deployed to a stage."
        return [Finding("API-UNDEPLOYED", Severity.WARN, what, why)]
    if stage in seen.stages:
        what = f"Deploying to {stage} publishes all changes of {seen.name} since the last deployment."
        return [Finding("API-DEPLOY", Severity.WARN, what, "A deployment always includes the whole API.")]
    return []


def _post(seen: RestSeen, values: Values) -> list[Finding]:
    integration = seen.methods.get((str(values[PATH]), str(values[VERB])), {})
    verb = str(integration.get("httpMethod") or "POST")
    if verb == "POST":
        return []
    # Each change sets POST anew; accepting it is all that is left to do.
    fix = Fix(FixKind.STEPS, "Invoke the function with POST", is_standard=True)
    what = f"The integration of {values[VERB]} {values[PATH]} calls Lambda with {verb}."
    why = (
        "Lambda must be invoked with POST, whatever the API's method is; other methods "
        "receive a 500 response."
    )
    return [Finding("API-POST", Severity.BLOCK, what, why, (fix,))]

"""Parameters and checks of HTTP APIs. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.aws.quotas import known_values, number_limit
from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import FunctionSeen, SourceKind, Values, WantedGrant, Wiring
from workbench.triggers.parameter import Entry, Parameter
from workbench.triggers.sources.api import (
    AUTHORIZATION,
    METHODS,
    NO_AUTH,
    integrated_function,
    no_auth,
    source_arn_region,
    timeout,
)
from workbench.triggers.values import check_values

NAME, ROUTE_KEY, PAYLOAD, TIMEOUT = "Name", "RouteKey", "PayloadFormatVersion", "TimeoutInMillis"
AUTHORIZER = "AuthorizerId"
DEFAULT_ROUTE = "$default"
_SERVICE = "apigatewayv2"
_TIMEOUT = "IntegerWithLengthBetween50And30000"
_ROUTE = re.compile(rf"({'|'.join(METHODS)}) (/\S*)")


@dataclass(frozen=True, slots=True)
class Route:
    """A route of an API.

    Attributes:
        route_id: AWS's.
        key: "GET /orders", "$default".
        target: "integrations/{id}".
        function_arn: What its integration runs; empty when that is no function.
    """

    route_id: str
    key: str
    target: str
    function_arn: str = ""


@dataclass(frozen=True, slots=True)
class HttpSeen:
    """What was read of an API; of a new one nothing.

    Attributes:
        api_id: Empty for a new one.
        name: Its name.
        protocol: "HTTP" or "WEBSOCKET".
        routes: All of them.
        deploys_itself: Whether a stage has AutoDeploy.
    """

    api_id: str = ""
    name: str = ""
    protocol: str = "HTTP"
    routes: Sequence[Route] = ()
    deploys_itself: bool = True


def http_parameters(wiring: Wiring) -> tuple[Parameter, ...]:
    """Of a new API its name; of the route and its integration the rest."""
    limit = number_limit(_TIMEOUT, _SERVICE)
    name = Parameter(NAME, "API name", Entry.TEXT, required=True, minimum=1, maximum=128, create_only=True)
    return (
        *(() if wiring.source_arn else (name,)),
        Parameter(
            ROUTE_KEY,
            "Route",
            Entry.TEXT,
            DEFAULT_ROUTE,
            required=True,
            create_only=True,
            help="GET /orders/{id}, ANY /orders; $default matches requests that no other route matches.",
        ),
        Parameter(
            AUTHORIZATION,
            "Authorization",
            Entry.CHOICE,
            NO_AUTH,
            choices=known_values("AuthorizationType", _SERVICE),
            is_open=True,
            help="NONE allows everyone; AWS_IAM requires signed requests; JWT and CUSTOM require an "
            "authorizer.",
        ),
        Parameter(AUTHORIZER, "Authorizer ID", Entry.TEXT, advanced=True),
        Parameter(
            PAYLOAD,
            "Payload format version",
            Entry.CHOICE,
            "2.0",
            choices=("2.0", "1.0"),
            advanced=True,
            help="REST APIs use 1.0.",
        ),
        Parameter(
            TIMEOUT,
            "Timeout",
            Entry.NUMBER,
            limit.maximum,
            minimum=limit.minimum,
            maximum=limit.maximum,
            unit="ms",
            advanced=True,
        ),
    )


def filled(values: Values) -> Values:
    """With AWS's defaults for what is not set."""
    maximum = number_limit(_TIMEOUT, _SERVICE).maximum
    usual = {ROUTE_KEY: DEFAULT_ROUTE, AUTHORIZATION: NO_AUTH, PAYLOAD: "2.0", TIMEOUT: maximum}
    return usual | {key: value for key, value in values.items() if value not in (None, "")}


def method_and_path(route_key: str) -> tuple[str, str]:
    """Of "GET /orders"; of "$default" the path is empty."""
    method, _, path = route_key.partition(" ")
    return method, path


def check_http(
    wiring: Wiring, seen: HttpSeen, function: FunctionSeen, wanted: Sequence[WantedGrant]
) -> tuple[Finding, ...]:
    """API-SRCARN-REGION, API-UNDEPLOYED, API-TIMEOUT, API-NOAUTH, API-ROUTE, API-KIND, API-AUTHORIZER."""
    values = filled(wiring.values)
    found = list(check_values(http_parameters(wiring), values))
    if seen.protocol != "HTTP":
        what = f"{seen.name} is a {seen.protocol} API."
        found.append(Finding("API-KIND", Severity.BLOCK, what, "Only routes of HTTP APIs can be added here."))
    if not wiring.identity:
        found += _route(wiring, seen, str(values[ROUTE_KEY]))
    if values[AUTHORIZATION] in ("JWT", "CUSTOM") and not values.get(AUTHORIZER):
        what = f"The authorization type {values[AUTHORIZATION]} needs an authorizer of the API."
        found.append(Finding("API-AUTHORIZER", Severity.BLOCK, what, "AWS would reject the route."))
    if not seen.deploys_itself:
        what = f"{seen.name} has no stage with automatic deployment."
        why = "The route becomes available when the API is deployed to a stage."
        found.append(Finding("API-UNDEPLOYED", Severity.WARN, what, why))
    if isinstance(limit_ms := values[TIMEOUT], int):
        found += timeout(wiring, limit_ms)
    found += no_auth(wiring, str(values[AUTHORIZATION]))
    return (*found, *source_arn_region(SourceKind.HTTP_API, wiring, wanted, function))


def _route(wiring: Wiring, seen: HttpSeen, key: str) -> list[Finding]:
    if key != DEFAULT_ROUTE and _ROUTE.fullmatch(key) is None:
        what = f"“{key}” is not a valid route."
        why = f"Write a method ({', '.join(METHODS)}), a space and a path, such as GET /orders; or $default."
        return [Finding("API-ROUTE", Severity.BLOCK, what, why)]
    there = next((each for each in seen.routes if each.key == key), None)
    if there is None:
        return []
    what = f"{seen.name} already has a route {key}."
    if there.function_arn == wiring.target_arn:
        fix = Fix(FixKind.OPEN_EXISTING, "Open the existing trigger", text=there.route_id)
        return [Finding("API-ROUTE", Severity.BLOCK, what, "It invokes this function.", (fix,))]
    runs = integrated_function(there.function_arn) or "a target other than a function"
    return [Finding("API-ROUTE", Severity.BLOCK, what, f"It invokes {runs}. Choose another route.")]

"""What HTTP and REST APIs share: ARNs, routes, callers, APIs of other regions, and test requests.

A test request is never sent twice.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from workbench.aws import regions
from workbench.aws.connection import Connection, post
from workbench.aws.regions import enabled_regions
from workbench.aws.retry import subject_count
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import find
from workbench.triggers.grants import grant_step
from workbench.triggers.kinds.source import Source, Upstream
from workbench.triggers.model import (
    Candidate,
    Finding,
    Location,
    ObservedFunction,
    SourceKind,
    Trigger,
    TriggerSpec,
    WantedGrant,
    block,
    edit_fix,
    steps_fix,
    warn,
)
from workbench.triggers.steps import Args, Once, Running, Step, StepRun
from workbench.triggers.test_events import EventField, TestEvent, content_type_field, pattern_fault, texts_of

PRINCIPAL = "apigateway.amazonaws.com"
NO_AUTH, _BY_IAM = "NONE", "AWS_IAM"
AUTHORIZATION = "AuthorizationType"
_SERVICE = "execute-api"
MADE, ENDPOINT = "MadeByWiring", "Endpoint"
"""Values that no API has: whether it has our tag and is deleted with its last route; and its URL."""
METHODS = ("ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_FUNCTION = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?")
HTTPS_CALL = "https-call"
_MARK_HEADER = "X-Workbench-Test"
_BODY_LIMIT_BYTES = 10 * 1024 * 1024
"""Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"""
_PATH_LIMIT_BYTES = 8192
REQUEST_METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
"""The methods of a request to an endpoint that accepts any, that of the sample first."""
_SHOWN = 500
_VARIABLE = re.compile(r"\{[^}]*\}")


TAG = "workbench:trigger"
BUSY = (("ConflictException", "concurrent"), ("TooManyRequestsException", ""))


class ApiSource[S](Source[S]):
    """What is called through Amazon API Gateway."""

    icon = "webhook"
    makes_its_source = True
    arn_service = policy_service = "apigateway"
    upstream = Upstream(1)


def region_of(spec: TriggerSpec) -> str:
    """The region of the API: a new one is in the function's."""
    return Location.of(spec.source_arn or spec.function.function_arn).region


def only(answer: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The named members of an answer that are set."""
    return {key: answer[key] for key in names if answer.get(key)}


def management_arn(function_arn: str, region: str, path: str) -> str:
    """ARN of an API by its path ("/apis/abcd", "/restapis/abcd"). It contains no account."""
    return f"arn:{Location.of(function_arn).partition}:apigateway:{region}::{path}"


def api_id(source_arn: str) -> str:
    """The id in arn:…:apigateway:{region}::/apis/{id}."""
    return source_arn.rpartition("/")[2]


def execute_arn(function_arn: str, of_api: str, method: str, path: str) -> str:
    """The SourceArn of a statement. It contains the function's region, wherever the API is.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html

    Args:
        method: "GET"; "ANY" for all methods; "$default" for the catch-all route.
        path: "/orders/{id}"; empty for the catch-all route.
    """
    location = Location.of(function_arn)
    verb = "*" if method == "ANY" else method
    rest = verb + ("" if method == "$default" else _VARIABLE.sub("*", path))
    return f"arn:{location.partition}:execute-api:{location.region}:{location.account_id}:{of_api}/*/{rest}"


def integrated_function(uri: str) -> str:
    """The function's ARN in the URI of an integration; empty for none, or for a stage variable."""
    found = _FUNCTION.search(uri)
    return found[0] if found else ""


def sample_path(path: str) -> str:
    """A path that matches a route."""
    return _VARIABLE.sub("workbench", path)


def no_auth(spec: TriggerSpec, authorization: str, parameter: str = AUTHORIZATION) -> Iterator[Finding]:
    """Check API-NOAUTH."""
    if authorization != NO_AUTH:
        return
    what = _("Anyone on the internet can invoke {function_name} through this route.").format(
        function_name=spec.function.function_name
    )
    fix = edit_fix(_("Require signed requests"), {parameter: _BY_IAM})
    yield warn(
        "API-NOAUTH", what, _("With the authorization type NONE, requests are not authenticated."), fix
    )


def timeout(spec: TriggerSpec, integration_ms: int) -> Iterator[Finding]:
    """Check API-TIMEOUT."""
    limit_s = integration_ms / 1000
    if spec.function.timeout_s <= limit_s:
        return
    what = _("The function's timeout is {timeout_s} s; the API waits {limit_s:g} s.").format(
        timeout_s=spec.function.timeout_s, limit_s=limit_s
    )
    why = _("Requests that take longer receive a 503 or 504 response while the function continues to run.")
    yield warn("API-TIMEOUT", what, why)


def source_arn_region(
    kind: SourceKind, spec: TriggerSpec, wanted: Iterable[WantedGrant], function: ObservedFunction
) -> Iterator[Finding]:
    """Check API-SRCARN-REGION: a statement that names the API's region, which AWS never sends."""
    region = Location.of(spec.function.function_arn).region
    wrong = [
        grant
        for grant in function.grants or ()
        if grant.service == "apigateway"
        and not grant.denies
        and grant.qualifier == spec.qualifier
        and grant.source_arn.count(":") >= 5
        and grant.source_arn.split(":")[5].split("/")[0] == api_id(spec.source_arn)
        and grant.source_arn.split(":")[3] not in (region, "*")
    ]
    if not wrong:
        return
    steps = tuple(grant_step(kind, each, spec.function.function_arn, spec.qualifier) for each in wanted)
    named = wrong[0].source_arn.split(":")[3]
    what = _("The statement {sid} names {named}; the function is in {region}.").format(
        sid=wrong[0].sid, named=named, region=region
    )
    why = _("API Gateway's requests to Lambda carry the function's region, so this statement has no effect.")
    fix = steps_fix(_("Add a statement for {region}").format(region=region), *steps, is_standard=True)
    yield block("API-SRCARN-REGION", what, why, fix)


def is_made(tags: Any, tag: str) -> bool:
    """Whether the tags contain ours."""
    return tag in (tags or {})


def host_suffix(arn: str) -> str:
    """The end of host names in the partition of an ARN."""
    name = Location.of(arn).partition
    return next(each.dns_suffixes[0] for each in regions.partitions() if each.name == name)


def candidate(kind: SourceKind, connection: Connection, path: str, name: str) -> Candidate:
    """A candidate for an existing API, by its path ("/apis/abcd")."""
    partition = Location.of(connection.arn).partition if connection.arn else "aws"
    location = Location(partition, connection.region, connection.account_id)
    arn = f"arn:{partition}:apigateway:{connection.region}::{path}"
    return Candidate(kind, arn, name, location, api_id(path))


def no_such_api(of_api: str, region: str, noun: str) -> WorkbenchError:
    """The error for an API that does not exist."""
    return WorkbenchError(
        _("The API {of_api} cannot be a trigger.").format(of_api=of_api),
        _("The {noun} does not exist in {region}.").format(noun=noun, region=region),
        _("Choose another API or create one."),
        aws_code="NotFoundException",
    )


def try_route(
    trigger: Trigger, method: str, path: str, authorization: object, mark: str, texts: Mapping[str, str]
) -> TestEvent | None:
    """A request to a route; None if an authorizer requires a token, or if the API has no URL."""
    endpoint = str(trigger.values.get(ENDPOINT) or "")
    if authorization not in (NO_AUTH, _BY_IAM) or not endpoint:
        return None
    methods = REQUEST_METHODS if method in ("ANY", "$default") else (method,)
    sign_for = _SERVICE if authorization == _BY_IAM else ""
    region = Location.of(trigger.source_arn).region
    path = sample_path(path) or "/"
    return request_event(
        endpoint, methods, path, mark, texts, region, _BODY_LIMIT_BYTES, sign_for=sign_for, known_by=_SERVICE
    )


_THREADS = 8
HTTP, REST = "apigatewayv2", "apigateway"
_GET = {HTTP: ("get_api", "ApiId"), REST: ("get_rest_api", "restApiId")}


def apis_in_other_regions(
    connection: Connection, service: str, hints: Iterable[str], here: Collection[str], ctx: JobContext
) -> list[tuple[Connection, dict[str, Any]]]:
    """The APIs of other regions that statements name, each with a connection to its region.

    Not used for many functions at once: each orphaned statement would cost calls in thirty regions.

    Args:
        service: The service of HTTP or of REST APIs.
        hints: ARNs of the statements: arn:…:execute-api:{region}:{account}:{api}/….
        here: Ids of the APIs of this kind in the function's region.

    Returns:
        The APIs that were found. Regions that cannot be read, or are not enabled, are left out.
    """
    if subject_count(connection) > 1:
        return []
    ids = {hint.split(":", 5)[5].split("/")[0] for hint in hints if hint.count(":") >= 5} - set(here)
    ids = {each for each in ids if each.isalnum() and not _is_here(connection, each)}
    if not ids:
        return []
    others = [each for each in regions.lambda_regions(connection.region) if each != connection.region]
    enabled = enabled_regions(connection, others, ctx)
    asked = [(region, each) for each in sorted(ids) for region in enabled]

    def ask(where: tuple[str, str]) -> tuple[Connection, dict[str, Any]]:
        region, of_api = where
        ctx.check()
        there = connection.in_region(region)
        try:
            return there, _api(there, service, of_api)
        except WorkbenchError:
            return there, {}

    with ThreadPoolExecutor(_THREADS, "apis") as threads:
        try:
            return [(there, api) for there, api in threads.map(for_this_job(ask), asked) if api]
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _is_here(connection: Connection, of_api: str) -> bool:
    """Whether the function's region has an API of this id, of either kind; then no other region has it."""
    try:
        return bool(_api(connection, HTTP, of_api) or _api(connection, REST, of_api))
    except WorkbenchError:
        return False


def _api(connection: Connection, service: str, of_api: str) -> dict[str, Any]:
    method, name = _GET[service]
    return find(
        connection,
        method,
        _("Could not find the API {of_api}.").format(of_api=of_api),
        service=service,
        **{name: of_api},
    )


def request_event(
    endpoint: str,
    methods: Sequence[str],
    path: str,
    mark: str,
    texts: Mapping[str, str],
    region: str,
    limit_bytes: int,
    *,
    sign_for: str = "",
    known_by: str = "",
) -> TestEvent:
    """A test event that is a request to the function's endpoint.

    Args:
        endpoint: The URL without the path.
        methods: Those that the endpoint accepts, that of the sample first.
        path: Of the sample.
        mark: Text in a header, and in the samples, by which the invocation is found.
        texts: As for `Source.test_event`.
        limit_bytes: Of the body.
        sign_for: The service to sign for; empty for unsigned requests.
        known_by: The service to sign for at a custom endpoint: the Sandbox finds the account of an API by the
            keys of the request.
    """
    fields = _request_fields(methods, path, mark, limit_bytes)
    sent = {"content_type": "", "body": "", **texts_of(fields, texts)}
    url, method = f"{endpoint.rstrip('/')}{sent['path']}", sent["method"]
    args = {"url": url, "method": method, "body": sent["body"], "content_type": sent["content_type"]}
    args |= {"marker": mark, "sign_for": sign_for, "known_by": known_by}
    title = _("Call {url}, signed with your credentials") if sign_for else _("Call {url}")
    step = Step(HTTPS_CALL, title.format(url=url), f"HTTPS {method}", region, args)
    what = _("Sends a {verb} request to {url}.")
    if sign_for:
        what = _("Sends a {verb} request to {url}, signed with your credentials.")
    stays = _("A request cannot be undone: the function may still be running.")
    return TestEvent(what.format(verb=method, url=url), (step,), mark, fields=fields, stays=stays)


def _request_fields(methods: Sequence[str], path: str, mark: str, limit_bytes: int) -> tuple[EventField, ...]:
    wrong = _("Begin with “/”, and write spaces, “#” and characters other than ASCII in the form “%20”.")
    fields = (
        EventField("method", _("Method"), methods[0], _PATH_LIMIT_BYTES, choices=tuple(methods)),
        EventField(
            "path",
            _("Path and query string"),
            f"{path}?workbench={mark}",
            _PATH_LIMIT_BYTES,
            is_line=True,
            check=pattern_fault(r"/[!-\"$-~]*", wrong),
        ),
    )
    if tuple(methods) == ("GET",):
        return fields  # `post` sends no body with it
    hint = _("GET requests are sent without a body.") if "GET" in methods else ""
    text = json.dumps({"workbench": mark})
    return (
        *fields,
        content_type_field("application/json"),
        EventField("body", _("Body"), text, limit_bytes, is_optional=True, hint=hint),
    )


def _call(args: Args, running: Running) -> Facts:
    """Sends the request. Facts: status, body.

    Raises:
        WorkbenchError: The endpoint was not reached, or did not invoke the function.
    """
    failure = _("Could not call {url}.").format(url=args["url"])
    known_by = args.get("known_by", "") if running.connection.is_custom_endpoint else ""
    running.ctx.check()
    answer = post(
        running.connection,
        args["url"],
        args["body"].encode(),
        method=args["method"],
        content_type=args["content_type"] or "application/json",
        headers={_MARK_HEADER: args["marker"]},
        sign_for=args["sign_for"] or known_by,
        failure=failure,
    )
    text = answer.body.decode("utf-8", "replace")[:_SHOWN]
    if answer.status in (401, 403, 404, 429):
        raise WorkbenchError(
            failure,
            _("The response status was {status}: {text}").format(status=answer.status, text=text),
            _REMEDIES[answer.status],
            aws_code=answer.error_type or str(answer.status),
            request_id=answer.request_id,
        )
    return {"status": answer.status, "body": text}


_REMEDIES = {
    401: _("The endpoint has an authorizer: call it with a token that the authorizer accepts."),
    403: _(
        "Check who can call it: the function's policy and, if callers sign requests, your own permissions."
    ),
    404: _("Check whether the route, the stage and the deployment exist."),
    429: _("Calls are throttled. Try again in a moment."),
}


RUNS: Mapping[str, StepRun] = {HTTPS_CALL: Once(_call)}

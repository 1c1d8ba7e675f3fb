"""What services may deliver: to a function, queue or topic whose policy allows it, or with a role that does.

Rules of EventBridge, schedules, alarms, notifications of buckets, subscriptions of topics and APIs deliver
for whoever set them up; without these permissions anybody could reach every function and queue through them.
A delivery that is not allowed fails as on AWS: nobody is told but the callers of an API, which answers 500.

WORKAROUND: remove when MiniStack asks these policies (it asks some of them, with AUTH set, which refuses
requests as AWS does not).
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html,
https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
"""

import contextvars
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import s3, sqs

from workbench_sandbox.server.corrections import Response, json_answer, on_load, wrap
from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.policies import Principal, accepts, may, may_assume, may_deliver

_Json = dict[str, Any]
_BY_POLICY = ("lambda", "sns", "sqs")
"""Services whose resources have policies that name who may deliver."""
_APIS = "apigateway.amazonaws.com"
_OF_CALLER = "arn:aws:iam::*:"
"""How the role of an integration begins that acts with its caller's permissions, which are not known here."""
_role_of_integration: contextvars.ContextVar[str | None] = contextvars.ContextVar("_role", default=None)
"""The role of the integration that calls SQS; empty if it has none, None for other requests."""


def install() -> None:
    """Has MiniStack ask before each delivery."""
    sqs.queue_policy_allows = _is_accepted
    wrap(sqs, _dispatch=_call_queue)
    wrap(s3, _deliver_event_to_lambda=_notify_function)
    on_load("sns", _correct_topics)
    on_load("cloudwatch", lambda cloudwatch: wrap(cloudwatch, _dispatch_alarm_actions=_notify_of_alarm))
    on_load("eventbridge", lambda eventbridge: wrap(eventbridge, _invoke_target=_invoke_target))
    on_load("apigateway_v1", _correct_rest_apis)
    on_load("apigateway", _correct_http_apis)


def _correct_topics(sns: Any) -> None:
    sns.topic_policy_allows = _is_accepted
    wrap(sns, _deliver_to_lambda=_notify_subscriber)


def _correct_rest_apis(rest_apis: Any) -> None:
    wrap(
        rest_apis,
        _invoke_lambda_proxy_v1=_call_of_rest_api,
        _invoke_lambda_custom_v1=_call_of_rest_api,
        _invoke_sqs_v1=_call_with_role,
        _invoke_authorizer_lambda=_authorize,
    )


def _correct_http_apis(apis: Any) -> None:
    wrap(
        apis,
        _invoke_lambda_proxy=_call_of_http_api,
        _invoke_ws_lambda=_call_of_socket,
        _invoke_request_authorizer_lambda=_authorize,
    )


# ---- events and notifications ------------------------------------------------------------------------------


def _is_accepted(target_arn: str, service: str, source_arn: str, account_id: str) -> bool:
    """Whether a queue or topic accepts messages of a service."""
    return accepts(target_arn, Principal(service, source_arn, account_id))


def _invoke_target(
    original: Callable[..., None], target: _Json, event: _Json, rule: _Json, *more: Any
) -> None:
    """Delivers to a target of a rule of EventBridge or of a schedule, which needs a role."""
    arn, source_arn = str(target.get("Arn")), str(rule.get("Arn"))
    service, account_id = stores.service_of(source_arn), (*source_arn.split(":"), *[""] * 5)[4]
    principal = Principal(f"{service}.amazonaws.com", source_arn, account_id)
    if role_arn := str(target.get("RoleArn") or ""):
        is_allowed = may_assume(role_arn, principal) and may_deliver(role_arn, arn)
    else:
        is_allowed = service != "scheduler" and stores.service_of(arn) not in _BY_POLICY
    if is_allowed or (
        service == "events" and stores.service_of(arn) in _BY_POLICY and accepts(arn, principal)
    ):
        original(target, event, rule, *more)
    else:
        _log(arn, source_arn)


def _notify_function(original: Callable[..., None], arn: str, payload: _Json, *more: Any) -> None:
    bucket = payload["Records"][0]["s3"]["bucket"]
    owner = s3._bucket_owner_account(bucket["name"]) or ""
    if accepts(arn, Principal("s3.amazonaws.com", bucket["arn"], owner)):
        original(arn, payload, *more)
    else:
        _log(arn, bucket["arn"])


def _notify_subscriber(
    original: Callable[..., None], arn: str, envelope: str, topic_arn: str, *more: Any
) -> None:
    if accepts(arn, Principal("sns.amazonaws.com", topic_arn)):
        original(arn, envelope, topic_arn, *more)
    else:
        _log(arn, topic_arn)


def _notify_of_alarm(original: Callable[..., None], alarm: _Json, *change: Any) -> None:
    principal = Principal("cloudwatch.amazonaws.com", alarm.get("AlarmArn", ""))
    lists = [name for name in alarm if name.endswith("Actions") and isinstance(alarm[name], list)]
    kept = {
        name: [each for each in alarm[name] if stores.service_of(each) != "sns" or accepts(each, principal)]
        for name in lists
    }
    original({**alarm, **kept}, *change)


def _log(target_arn: str, source_arn: str) -> None:
    sys.stderr.write(f"delivery: {source_arn} is not authorized to deliver to {target_arn}\n")


# ---- APIs --------------------------------------------------------------------------------------------------


async def _call_of_rest_api(
    original: Callable[..., Awaitable[Any]],
    integration: _Json,
    api_id: str,
    stage_name: str,
    stage: _Json,
    resource: _Json,
    path: str,
    method: str,
    *more: Any,
    owner_account_id: str,
    owner_region: str,
    **options: Any,
) -> Any:
    sources = [f"{api_id}/{stage_name}/{method}{each}" for each in (resource.get("path"), path)]
    owner = (owner_region, owner_account_id)
    if not _may_call(integration.get("uri"), integration.get("credentials"), owner, sources):
        from ministack.services import apigateway_v1

        return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
    return await original(
        *(integration, api_id, stage_name, stage, resource, path, method, *more),
        owner_account_id=owner_account_id,
        owner_region=owner_region,
        **options,
    )


async def _call_of_http_api(
    original: Callable[..., Awaitable[Response]],
    integration: _Json,
    api_id: str,
    stage: str,
    path: str,
    method: str,
    *more: Any,
    owner_account_id: str,
    owner_region: str,
    **options: Any,
) -> Response:
    *_, route_key = more[3:4] or ("$default",)
    route_method, _, route_path = route_key.partition(" ")
    sources = [
        f"{api_id}/{stage}/{each}"
        for each in (f"{method}{path}", f"{method}{route_path}", f"{route_method}{route_path}")
    ]
    owner = (owner_region, owner_account_id)
    if not _may_call(integration.get("integrationUri"), integration.get("credentialsArn"), owner, sources):
        return json_answer({"message": "Internal Server Error"}, 500)
    return await original(
        *(integration, api_id, stage, path, method, *more),
        owner_account_id=owner_account_id,
        owner_region=owner_region,
        **options,
    )


async def _call_of_socket(
    original: Callable[..., Awaitable[_Json | None]],
    api_id: str,
    account_id: str,
    region: str,
    route: _Json,
    stage: str,
    *more: Any,
    **options: Any,
) -> _Json | None:
    from ministack.services import apigateway

    target = str(route.get("target", "")).rpartition("/")[2]
    integration = (apigateway._integrations.get(api_id) or {}).get(target) or {}
    uri, role_arn = integration.get("integrationUri"), integration.get("credentialsArn")
    source = f"{api_id}/{stage}/{route.get('routeKey')}"
    if uri and not _may_call(uri, role_arn, (region, account_id), [source]):
        return {"statusCode": 500, "body": "Internal server error"}
    return await original(api_id, account_id, region, route, stage, *more, **options)


async def _authorize(
    original: Callable[..., Awaitable[Any]], authorizer: _Json, event: _Json, account_id: str, region: str
) -> Any:
    """Asks an authorizer's function; None, which stands for no answer, if the API may not invoke it."""
    role_arn = authorizer.get("authorizerCredentials") or authorizer.get("authorizerCredentialsArn")
    arn = str(event.get("methodArn") or event.get("routeArn") or "")
    api_id = (*arn.split(":"), *[""] * 6)[5].partition("/")[0]
    source = f"{api_id}/authorizers/{authorizer.get('id') or authorizer.get('authorizerId')}"
    if not _may_call(authorizer.get("authorizerUri"), role_arn, (region, account_id), [source]):
        return None
    return await original(authorizer, event, account_id, region)


def _may_call(uri: Any, role_arn: Any, owner: tuple[str, str], sources: list[str]) -> bool:
    """Whether an API may invoke the function of an integration.

    Args:
        uri: Contains the function's ARN or, which MiniStack accepts, its name.
        role_arn: The integration's role, if it has one.
        owner: Region and account of the API.
        sources: By what policies may name the route, below the API's ARN.
    """
    region, account_id = owner
    name = str(uri or "").rpartition("/functions/")[2].removesuffix("/invocations")
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{account_id}:function:{name}"
    if role_arn and not str(role_arn).startswith(_OF_CALLER):
        return may_assume(role_arn, Principal(_APIS)) and may_deliver(role_arn, arn)
    prefix = f"arn:aws:execute-api:{region}:{account_id}:"
    return any(accepts(arn, Principal(_APIS, prefix + each, account_id)) for each in sources)


async def _call_with_role(
    original: Callable[..., Awaitable[Any]], integration: _Json, *more: Any, **options: Any
) -> Any:
    """Calls SQS with the integration's role: `_call_queue` asks it."""
    token = _role_of_integration.set(str(integration.get("credentials") or ""))
    try:
        return await original(integration, *more, **options)
    finally:
        _role_of_integration.reset(token)


async def _call_queue(original: Callable[..., Awaitable[Any]], action: str, data: _Json, url: str) -> Any:
    """Lets an integration call SQS only as its role allows; any other request was checked by the door."""
    role_arn = _role_of_integration.get()
    queue = stores.queue_at(url) if role_arn is not None else None
    if role_arn is not None and queue is not None:
        arn = queue["attributes"]["QueueArn"]
        is_allowed = may_assume(role_arn, Principal(_APIS)) and may(role_arn, f"sqs:{action}", arn)
        if not is_allowed:
            text = f"Access to the resource {url} is denied."
            raise sqs._Err("AccessDenied", text, 403)
    return await original(action, data, url)

"""The events that a REST API sends to functions, with the names, headers and fields that AWS's have.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
(input format), and events that functions on AWS logged. WORKAROUND: remove when MiniStack's have them.
"""

import secrets
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_region

from workbench_sandbox.server.corrections import on_load, wrap
from workbench_sandbox.server.request_context import REQUEST

_Json = dict[str, Any]
_DROPPED = ("connection", "content-length", "transfer-encoding", "keep-alive", "upgrade")
"""Headers of a connection: the gateway makes one of its own."""
_OWN_NAMES = {"host": "Host", "user-agent": "User-Agent"}
_IDENTITY = (
    "accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType",
    "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "sourceIp", "user", "userAgent",
    "userArn",
)  # fmt: skip


def install() -> None:
    """Corrects the events once the service is loaded."""
    on_load("apigateway_v1", lambda rest_apis: wrap(rest_apis, _build_lambda_event_v1=_event))


def _event(original: Callable[..., _Json], *request: Any, **options: Any) -> _Json:
    event = original(*request, **options)
    del event["version"]
    context = event["requestContext"]
    identity = dict.fromkeys(_IDENTITY) | context["identity"]
    identity["userAgent"] = identity["userAgent"] or None
    added = {
        "X-Amzn-Trace-Id": f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}",
        "X-Forwarded-For": identity["sourceIp"],
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    lists = _named(event["multiValueHeaders"], {name: [value] for name, value in added.items()})
    event["headers"] = _named(event["headers"], added)
    event["multiValueHeaders"] = lists
    prefix = context["apiId"]
    context |= {
        "identity": identity,
        "domainName": f"{prefix}.execute-api.{get_region()}.amazonaws.com",
        "domainPrefix": prefix,
    }
    return event


def _named(headers: _Json, added: _Json) -> _Json:
    """Headers as the client wrote their names, and those that the gateway adds."""
    request = REQUEST.get()
    names = [name.decode("latin-1") for name, _ in request.raw_headers] if request else []
    written = {name.lower(): name for name in names}
    lower = {name.lower(): value for name, value in headers.items()}
    own = {name.lower() for name in added} | set(_DROPPED)
    kept = {name: value for name, value in lower.items() if name not in own}
    named = {_OWN_NAMES.get(name, written.get(name, name)): value for name, value in kept.items()}
    return dict(sorted((named | added).items()))

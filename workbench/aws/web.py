"""HTTPS requests outside botocore's clients, such as to a function URL; signed if required.

They use the same proxies, certificates and timeouts as requests to AWS.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from workbench.aws.connection import Connection

READ_TIMEOUT_S = 30.0
"""An API's integration takes at most 29 s; a function URL waits for the function's own timeout, up to 15
min."""
_MAX_BODY_BYTES = 64 * 1024
_ENDPOINT = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)\.(lambda-url|execute-api)\.")


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """An HTTP response.

    Attributes:
        body: At most 64 KB of it.
        error_type: AWS's name of a refusal ("ForbiddenException"); may be empty.
    """

    status: int
    body: bytes
    error_type: str = ""
    request_id: str = ""


def post(
    connection: Connection,
    url: str,
    body: bytes,
    *,
    method: str = "POST",
    content_type: str = "application/json",
    sign_for: str = "",
    read_timeout_s: float = READ_TIMEOUT_S,
    failure: str = "",
) -> WebAnswer:
    """Sends a request and waits for the answer. It is not repeated.

    Args:
        sign_for: The service ("lambda", "execute-api"); empty to send it unsigned.
        connection: Signs with its credentials, for its region.

    Raises:
        WorkbenchError: The endpoint was not reached, or there are no credentials. Any status is an answer.
    """
    client = connection.client("lambda", read_timeout_s=read_timeout_s, retries=False, failure=failure)
    with connection.translated(failure):
        from botocore.awsrequest import AWSRequest

        data = b"" if method == "GET" else body
        request = AWSRequest(
            method, resolve_endpoint(connection, url), {"Content-Type": content_type}, data=data
        )
        if sign_for:
            _sign(client, request, sign_for, connection.region)
        # The client's own HTTP session has the user's proxies and certificates.
        answer = client._endpoint.http_session.send(request.prepare())
        return WebAnswer(
            answer.status_code,
            answer.content[:_MAX_BODY_BYTES],
            answer.headers.get("x-amzn-ErrorType", "").partition(":")[0],
            answer.headers.get("x-amzn-RequestId", ""),
        )


def resolve_endpoint(connection: Connection, url: str) -> str:
    """The address of an endpoint: AWS's own, or the emulator's, which has no such host names."""
    parts = urlsplit(url)
    found = _ENDPOINT.match(parts.netloc)
    if not connection.access.endpoint_url or found is None:
        return url
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    return f"{connection.access.endpoint_url.rstrip('/')}/_aws/{found[2]}/{found[1]}{rest}"


def _sign(client: Any, request: Any, service: str, region: str) -> None:
    from botocore.auth import SigV4Auth

    SigV4Auth(client._request_signer._credentials, service, region).add_auth(request)

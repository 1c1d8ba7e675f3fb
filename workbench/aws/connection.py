"""A connection: an identity in a region, its clients, and every call that is made.

`post` sends HTTPS requests that no client of botocore does, such as to a function URL.

Only here do botocore's exceptions become WorkbenchError.
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from workbench.aws import endpoints, errors, names, regions
from workbench.aws.client_config import (
    ATTEMPTS,
    PROBE_ATTEMPTS,
    PROBE_READ_TIMEOUT_S,
    READ_TIMEOUT_S,
    Access,
    client_config,
    give_up_on_silence,
    give_up_when_cancelled,
    read_as_json,
    round_up,
)
from workbench.aws.session import Session, Sessions, variables_of
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, current_job, working_for
from workbench.core.messages import _

_NOT_SENT = "NotSent"
_READS = ("Get", "List", "Describe", "BatchGet", "Head", "Filter", "Search", "Lookup", "Query", "Scan")
_OTHER_READS = frozenset(
    ["StartLiveTail", "StartQuery", "StopQuery", "AssumeRole", "SimulatePrincipalPolicy", "TestEventPattern"]
)

NOT_IDEMPOTENT = frozenset(
    [
        "create_api",
        "create_deployment",
        "create_event_source_mapping",
        "create_integration",
        "create_resource",
        "create_rest_api",
        "create_route",
    ]
)
"""Client methods that create a second resource, or are refused, if they are repeated after a lost answer. A
connection sends them once, unlike botocore: the caller looks up what was created before it retries."""

UNCHECKED = frozenset(["get_metric_data"])
"""Client methods whose requests have thousands of members, all made by the program: botocore takes longer to
compare them with the service's model than to read the answer. AWS checks them anyway."""


def is_write(operation: str) -> bool:
    """Whether an operation ("UpdateFunctionCode") may change something, according to its name."""
    return not (operation.startswith(_READS) or operation in _OTHER_READS)


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request to AWS, for the Activity panel and latency figures.

    Attributes:
        status: HTTP status; 0 if no answer came.
        error_code: AWS's code, the kind of transport failure, or "NotSent" for a request that this program
            blocked; empty on success.
    """

    service: str
    operation: str
    region: str
    request_id: str
    status: int
    duration_ms: float
    is_write: bool
    error_code: str
    when: datetime


Observer = Callable[[ApiCall], None]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is about to be made.

    Attributes:
        operation: AWS's name ("ListFunctions").
        method: The client's method, which sends it.
    """

    service: str
    operation: str
    method: Callable[..., Any]
    params: Mapping[str, Any]
    failure: str = ""
    retries: bool = True


class Answer(dict[str, Any]):
    """A response of AWS. To read a member that it lacks raises a WorkbenchError that says what came."""

    __slots__ = ("_failure", "_operation")

    def __init__(self, members: Mapping[str, Any], operation: str, failure: str) -> None:
        super().__init__(members)
        self._operation, self._failure = operation, failure

    def __missing__(self, member: str) -> Any:
        raise errors.incomplete(self, member, self._operation, self._failure)


class Connection:
    """An identity in a region. Thread-safe. `Connection.open` also reads the identity."""

    _botocore_retries = True

    def __init__(
        self,
        access: Access,
        session: Session,
        account_id: str = "",
        arn: str = "",
        observer: Observer | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.access = access
        self.account_id = account_id
        self.arn = arn
        self._session = session
        self.aws_time = session.aws_time  # shared by all connections of this identity
        self._observer = observer
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        access: Access,
        observer: Observer | None = None,
        ctx: JobContext | None = None,
        sessions: Sessions | None = None,
    ) -> "Connection":
        """Finds credentials, and reads their identity from STS.

        Args:
            observer: Called after every request, on the calling thread.
            sessions: Stores sessions, so that the regions of a profile share credentials.

        Raises:
            WorkbenchError: No region, no or wrong credentials, no network: the table of errors.py.
        """
        failure = _("Could not connect with the given keys.")
        if access.profile_name:
            failure = _("Could not connect with {profile_name}.").format(profile_name=access.profile_name)
        ctx = ctx or JobContext()
        ctx.check()
        if not access.region:
            raise WorkbenchError(
                failure,
                _("No region is selected, and the profile does not specify one."),
                _("Choose a region."),
                action="profile.choose_region",
            )
        names.region(access.region)
        sessions = sessions or Sessions()
        try:
            with working_for(ctx):
                connection = cls(access, sessions.get(access), observer=observer)
                connection._identify(failure)
        except WorkbenchError:
            sessions.forget(access)
            raise
        except Exception as error:  # noqa: BLE001 - botocore lets any kind through
            raise errors.explained(error, failure, "") from None
        ctx.check()
        return connection

    def _identify(self, failure: str) -> None:
        self.client("sts", probe=True, failure=failure)  # here most credentials turn out to be unusable
        if not self.is_custom_endpoint and regions.find(self.region) is None:
            raise WorkbenchError(
                failure,
                _("This version of Workbench does not know the region “{region}”.").format(
                    region=self.region
                ),
                _("Choose a region."),
                action="profile.choose_region",
            )
        answer = self.call("sts", "get_caller_identity", probe=True, failure=failure)
        self.account_id, self.arn = names.account_id(str(answer["Account"])), str(answer["Arn"])

    def in_region(self, region: str) -> "Connection":
        """The same identity in another region, without a request to AWS; itself for its own region."""
        if region == self.region:
            return self
        access = replace(self.access, region=region)
        return Connection(access, self._session, self.account_id, self.arn, self._observer, self._clock)

    def unobserved(self) -> "Connection":
        """The same without its observer, for requests that the user did not cause."""
        return Connection(self.access, self._session, self.account_id, self.arn, None, self._clock)

    @property
    def region(self) -> str:
        return self.access.region

    @property
    def endpoint_url(self) -> str:
        """The endpoint of Lambda."""
        return str(self.client("lambda").meta.endpoint_url)

    @property
    def is_custom_endpoint(self) -> bool:
        """Whether requests go to something other than AWS: an emulator, a proxy, a test.

        A VPC endpoint is AWS. Whether a server may get requests is another question (profiles/safety.py).
        """
        return bool(self.access.endpoint_url) or not endpoints.is_aws_domain(self.endpoint_url)

    @property
    def ca_bundle(self) -> str:
        """The certificate file of the profile or of AWS_CA_BUNDLE; may be empty. For links from AWS.

        Raises:
            WorkbenchError: The profile is not usable.
        """
        with self.translated(_("Could not read the profile.")):
            return self._session.ca_bundle

    def credentials(self) -> tuple[tuple[str, str], ...]:
        """The credentials as `variables_of` returns them. Raises WorkbenchError if there are none."""
        with self.translated(_("Could not find the credentials.")):
            return variables_of(self._session.credentials())

    def client(
        self,
        service: str,
        *,
        read_timeout_s: float | None = None,
        retries: bool = True,
        probe: bool = False,
        checks_requests: bool = True,
        failure: str = "",
    ) -> Any:
        """A botocore client, cached.

        Args:
            service: botocore's name of the service ("lambda", "logs").
            read_timeout_s: Maximum time for an answer; above 30 s it is rounded up in steps, so that the
                functions of an account share clients.
            retries: False for requests that must not be repeated. A repeated Invoke runs the function again.
                Source: https://github.com/boto/boto3/issues/1104
            probe: True for a short request that the user waits for: without an answer it fails within 11 s.
            checks_requests: False for requests that are not compared with the service's model (`UNCHECKED`).

        Raises:
            WorkbenchError: The profile or its credentials are not usable.
        """
        timeout_s = PROBE_READ_TIMEOUT_S if probe else round_up(read_timeout_s or READ_TIMEOUT_S)
        key = (
            service,
            self.region,
            self.access.endpoint_url,
            f"{timeout_s} {retries} {probe} {checks_requests}",
        )
        with self._lock:
            client = self._session.clients.get(key)
        if client is not None:
            return client
        try:
            config = client_config(
                self.access,
                timeout_s,
                retries,
                PROBE_ATTEMPTS if probe else ATTEMPTS,
                checks_requests=checks_requests,
            )
            client = self._session.create_client(service, self.region, self.access.endpoint_url, config)
            read_as_json(client)
            client.meta.events.register("needs-retry", give_up_when_cancelled)
            if probe:
                client.meta.events.register("needs-retry", give_up_on_silence)
        except Exception as error:  # noqa: BLE001 - botocore lets any kind through
            raise errors.explained(
                error, failure or _("Could not reach {service}.").format(service=service), ""
            ) from None
        with self._lock:
            return self._session.clients.setdefault(key, client)

    def call(
        self,
        service: str,
        operation_method: str,
        /,
        *,
        read_timeout_s: float | None = None,
        retries: bool = True,
        probe: bool = False,
        failure: str = "",
        **params: Any,
    ) -> dict[str, Any]:
        """Makes a request. A streaming body in the answer is passed on unread: read it within `translated`.

        Args:
            operation_method: The client's method ("update_function_code").
            retries: As for `client`; never for `NOT_IDEMPOTENT`.
            failure: First sentence of the error if it fails ("Could not deploy hello.").
            params: The request's parameters, by AWS's names.

        Raises:
            WorkbenchError: AWS refused, or was not reached.
        """
        retries = retries and operation_method not in NOT_IDEMPOTENT
        client = self.client(
            service,
            read_timeout_s=read_timeout_s,
            retries=retries and self._botocore_retries,
            probe=probe,
            checks_requests=operation_method not in UNCHECKED,
            failure=failure,
        )
        method = getattr(client, operation_method)
        operation = client.meta.method_to_api_mapping[operation_method]
        answer: dict[str, Any] = self._send(Request(service, operation, method, params, failure, retries))
        return answer

    def paginate(
        self, service: str, operation_method: str, /, *, ctx: JobContext, failure: str = "", **params: Any
    ) -> Iterator[dict[str, Any]]:
        """The pages of a listing, one request each, made on demand. Raises as `call` does."""
        client = self.client(service, failure=failure)
        operation = client.meta.method_to_api_mapping[operation_method]
        method = getattr(client, operation_method)

        def request_page(**request: Any) -> Any:
            return self._send(Request(service, operation, method, request, failure))

        paginator = client.get_paginator(operation_method)
        paginator._method = request_page  # each page is a separate request, which can be retried
        pages = iter(paginator.paginate(**params))
        while True:
            ctx.check()
            try:
                page: dict[str, Any] | None = next(pages, None)
            except Exception as error:  # noqa: BLE001 - such as a token that comes twice
                when = self._clock.now()
                raise errors.explained(error, failure, f"{service}:{operation}", when) from None
            if page is None:
                return
            yield page

    def items(
        self, service: str, operation_method: str, /, *, ctx: JobContext, failure: str = "", **params: Any
    ) -> Iterator[Any]:
        """The items of a listing, whose member the service model names. Reads and raises as `paginate`."""
        [member, *_others] = self.client(service, failure=failure).get_paginator(operation_method).result_keys
        for page in self.paginate(service, operation_method, ctx=ctx, failure=failure, **params):
            yield from member.search(page) or ()

    def listed[T](
        self,
        service: str,
        operation_method: str,
        make: Callable[[Any], T | None],
        /,
        *,
        ctx: JobContext,
        failure: str = "",
        **params: Any,
    ) -> tuple[T, ...]:
        """What is made of the items of a listing, without None. Each page is emitted as it arrives."""
        [member, *_others] = self.client(service, failure=failure).get_paginator(operation_method).result_keys
        found: list[T] = []
        for page in self.paginate(service, operation_method, ctx=ctx, failure=failure, **params):
            rows = [row for item in member.search(page) or () if (row := make(item)) is not None]
            found += rows
            ctx.emit(tuple(rows))
        return tuple(found)

    @contextmanager
    def translated(self, failure: str = "") -> Iterator[None]:
        """Translates errors that occur while a streaming body or an event stream is read."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - botocore lets any kind through
            raise errors.explained(error, failure, "") from None

    def _send(self, request: Request) -> Any:
        """Makes a request; subclasses make it in its turn, repeat it, or answer it from a cache."""
        when, start = self._clock.now(), self._clock.monotonic()
        refused: WorkbenchError | None = None
        response: Any = None
        job = current_job()
        try:
            run = job.change if is_write(request.operation) else job.wait_for
            result = response = run(lambda: request.method(**request.params))
            errors.refuse_web_page(response)
        except Exception as error:  # noqa: BLE001 - botocore lets any kind through
            response = getattr(error, "response", None)
            refused = errors.explained(error, request.failure, f"{request.service}:{request.operation}", when)
            # The cause is left out: exceptions of credential helpers and configuration files contain secrets.
            raise refused from None
        finally:
            meta = (response.get("ResponseMetadata") or {}) if isinstance(response, dict) else {}
            self.aws_time.note(meta.get("HTTPHeaders") or {}, when, self._clock.now())
            if self._observer and (response is not None or refused is not None):
                self._observer(
                    ApiCall(
                        request.service,
                        request.operation,
                        self.region,
                        str(meta.get("RequestId", "")),
                        int(meta.get("HTTPStatusCode", 0)),
                        (self._clock.monotonic() - start) * 1000,
                        is_write(request.operation),
                        refused.aws_code or _NOT_SENT if refused else "",
                        when,
                    )
                )
        if isinstance(result, dict):
            return Answer(result, f"{request.service}:{request.operation}", request.failure)
        return result


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
    headers: Mapping[str, str] = MappingProxyType({}),
    sign_for: str = "",
    read_timeout_s: float = READ_TIMEOUT_S,
    failure: str = "",
) -> WebAnswer:
    """Sends a request and waits for the answer. It is not repeated.

    Args:
        headers: Others than the content type.
        sign_for: The service ("lambda", "execute-api"); empty to send it unsigned.
        connection: Signs with its credentials, for its region.
        read_timeout_s: An API's integration takes at most 29 s; a function URL waits for the function's own
            timeout, up to 15 min.

    Raises:
        WorkbenchError: The endpoint was not reached, or there are no credentials. Any status is an answer.
    """
    client = connection.client("lambda", read_timeout_s=read_timeout_s, retries=False, failure=failure)
    with connection.translated(failure):
        from botocore.awsrequest import AWSRequest

        data = b"" if method == "GET" else body
        request = AWSRequest(
            method, resolve_endpoint(connection, url), {"Content-Type": content_type, **headers}, data=data
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

"""AWS's exact answers without AWS: a real Connection whose clients answer from botocore's Stubber.

A room that wants the fixture imports it in its conftest.py.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from tests.aws.model_check import model_checked_sessions
from workbench.aws.client_config import Access, StaticKeys
from workbench.aws.connection import NOT_IDEMPOTENT, UNCHECKED, ApiCall, Connection

__all__ = ["ANY", "StubbedAws", "aws"]


class StubbedAws:
    """A connection and the answers that its clients are going to give, in order, service by service."""

    def __init__(self, endpoint_url: str = "") -> None:
        self.calls: list[ApiCall] = []
        access = Access(None, "eu-central-1", endpoint_url, StaticKeys("AKIDEXAMPLE", "secret"))
        session = model_checked_sessions().get(access)
        self.connection = Connection(access, session, "123456789012", observer=self.calls.append)
        self._stubbers: dict[int, Stubber] = {}

    def answer(
        self,
        service: str,
        operation_method: str,
        response: dict[str, Any],
        expected: dict[str, Any] | None = None,
        **client_options: Any,
    ) -> None:
        """The next call succeeds; `expected` are its exact parameters."""
        self._stubber(service, operation_method, client_options).add_response(
            operation_method, response, expected
        )

    def refuse(
        self,
        service: str,
        operation_method: str,
        code: str,
        message: str = "",
        status: int = 400,
        *,
        details: dict[str, Any] | None = None,
        error_meta: dict[str, Any] | None = None,
        request_id: str = "",
        headers: dict[str, str] | None = None,
        **client_options: Any,
    ) -> None:
        """The next call fails with AWS's code and message."""
        meta: dict[str, Any] = {"RequestId": request_id} if request_id else {}
        if headers:
            meta["HTTPHeaders"] = headers
        self._stubber(service, operation_method, client_options).add_client_error(
            operation_method,
            code,
            message,
            status,
            service_error_meta=error_meta,
            response_meta=meta or None,
            modeled_fields=details,
        )

    def assert_all_asked(self) -> None:
        """No answer is left over."""
        for stubber in self._stubbers.values():
            stubber.assert_no_pending_responses()

    def _stubber(self, service: str, operation_method: str, client_options: dict[str, Any]) -> Stubber:
        if operation_method in NOT_IDEMPOTENT:
            client_options.setdefault("retries", False)
        if operation_method in UNCHECKED:
            client_options.setdefault("checks_requests", False)
        client = self.connection.client(service, **client_options)
        if id(client) not in self._stubbers:
            self._stubbers[id(client)] = Stubber(client)
            self._stubbers[id(client)].activate()
        return self._stubbers[id(client)]


@pytest.fixture
def aws(request: pytest.FixtureRequest) -> Iterator[StubbedAws]:
    """Answers of AWS; what was prepared must have been asked for."""
    stubbed = StubbedAws()
    yield stubbed
    stubbed.assert_all_asked()

"""AWS's sign-in hosts without AWS: what is sent to them is kept, and answered as they do."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session


class _Raw:
    """The body of a response."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_args: object, **_more: object) -> list[bytes]:
        return [self._body]


@dataclass
class SignInHosts:
    """Answers requests to the federation endpoints; all others go where they should."""

    status: int = 200
    body: bytes = b'{"SigninToken": "a token+/="}'
    asked: list[AWSPreparedRequest] = field(default_factory=list)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        send = URLLib3Session.send

        def answer(session: URLLib3Session, request: AWSPreparedRequest) -> Any:
            if "signin" not in str(request.url):
                return send(session, request)
            self.asked.append(request)
            return AWSResponse(request.url, self.status, HTTPHeaders(), _Raw(self.body))

        monkeypatch.setattr(URLLib3Session, "send", answer)

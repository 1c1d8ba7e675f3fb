"""A running Sandbox and other users of this computer, for the tests of its doors."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.sandbox.server.server import EVERYTHING, TRUST
from workbench.profiles.model import Profile

STRANGER = "65534"
_ATTACK = """
import http.client, json, sys
job = json.load(sys.stdin)
answers = []
for method, path, headers, body in job["requests"]:
    connection = http.client.HTTPConnection("127.0.0.1", job["port"], timeout=20)
    try:
        connection.request(method, path, body.encode() if body else None, headers)
        answer = connection.getresponse()
        answers.append([answer.status, answer.read().decode("utf-8", "replace")])
    except (OSError, http.client.HTTPException) as error:
        answers.append([0, repr(error)])
    connection.close()
print(json.dumps(answers))
"""
# Sends and closes at once: the kernel then lists the socket as root's.
HIT_AND_RUN = """
import json, socket, sys
job = json.load(sys.stdin)
for _ in range(20):
    connection = socket.create_connection(("127.0.0.1", job["port"]))
    connection.send(job["request"].encode())
    connection.close()
"""
ROLE = "arn:aws:iam::123456789012:role/r"

Request = tuple[str, str, Mapping[str, str], str]


class _AgedAuth(SigV4Auth):
    """Signs as if it were some time ago."""

    def __init__(self, keys: Credentials, age_s: float) -> None:
        super().__init__(keys, "lambda", "us-east-1")
        self._age_s = age_s

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        then = datetime.now(UTC) - timedelta(seconds=self._age_s)
        request.context["timestamp"] = then.strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)  # type: ignore[misc]


@dataclass(frozen=True)
class Running:
    """A running Sandbox, and how the program reaches it."""

    profile: Profile
    pid: int

    @property
    def url(self) -> str:
        return self.profile.endpoint_url

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port
        return port

    def client(
        self, service: str, region: str = "us-east-1", settings: Config | None = None, **keys: str
    ) -> Any:
        """A client with the program's keys, or others."""
        given = {
            "aws_access_key_id": self.profile.access_key_id,
            "aws_secret_access_key": self.profile.secret_access_key,
        }
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60, inject_host_prefix=False)
        config = config.merge(settings) if settings else config
        return boto3.client(  # type: ignore[call-overload]
            service, endpoint_url=self.url, region_name=region, config=config, **given | keys
        )

    @cached_property
    def functions(self) -> Any:
        iam = self.client("iam")
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument=TRUST)
            iam.put_role_policy(
                RoleName=ROLE.rpartition("/")[2], PolicyName="everything", PolicyDocument=EVERYTHING
            )
        return self.client("lambda")

    def create(self, source: str, runtime: str = "python3.13", file: str = "index.py") -> str:
        name = f"f-{uuid.uuid4().hex[:8]}"
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            about = zipfile.ZipInfo(file)
            about.external_attr = 0o100755 << 16
            archive.writestr(about, source)
        code = {"ZipFile": buffer.getvalue()}
        self.functions.create_function(
            FunctionName=name, Runtime=runtime, Handler="index.handler", Role=ROLE, Code=code, Timeout=20
        )
        self.functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return name

    def invoke(self, name: str, event: object = None) -> Any:
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def names(self) -> set[str]:
        return {each["FunctionName"] for each in self.functions.list_functions()["Functions"]}

    def starts(self, name: str) -> int:
        """How often a function ran."""
        try:
            events = self.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        except ClientError:
            return 0
        return sum(each["message"].startswith("START") for each in events)

    def signed(
        self,
        method: str,
        path: str,
        body: str = "",
        *,
        secret: str = "",
        token: str = "",
        age_s: float = 0,
        host: str = "",
    ) -> Request:
        """A request as an SDK signs it, some time ago."""
        host = host or f"127.0.0.1:{self.port}"
        request = AWSRequest(method, f"{self.url}{path}", {"Host": host}, data=body.encode())
        secret = secret or self.profile.secret_access_key or ""
        keys = Credentials(self.profile.access_key_id or "", secret, token or None)
        _AgedAuth(keys, age_s).add_auth(request)
        return method, path, dict(request.headers.items()), body

    def unsigned(self, method: str, path: str, body: str = "", **headers: str) -> Request:
        return method, path, {"Host": f"127.0.0.1:{self.port}", **headers}, body


def run_as(user: str, program: str, job: object) -> str:
    """Runs a program as another user, '' for the present one."""
    command = [os.path.realpath(sys.executable), "-c", program]
    if user:
        setpriv = shutil.which("setpriv")
        if setpriv is None or os.geteuid() != 0:
            pytest.skip("only root with setpriv can act as another user")
        command = [setpriv, f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
    done = subprocess.run(
        command,
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env={},
        timeout=60,
    )
    return done.stdout


def ask(user: str, port: int, *requests: Request) -> list[tuple[int, str]]:
    """Sends requests as another user; returns statuses, 0 for none, and answers."""
    answers = json.loads(run_as(user, _ATTACK, {"port": port, "requests": requests}))
    return [(status, text) for status, text in answers]

"""A real server on a free port, and short ways to use it."""

import base64
import contextlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.bell import Bell
from tests.waiting import eventually
from workbench_sandbox.server.signature import HttpRequest, secret_access_key, sign

HEALTH = "/_ministack/health"
LONG_S = 3600
"""As LAMBDA_SETTLE_SECONDS: changes last until a test ends them by `settle`, however slow the computer is."""
ROOT = Path(__file__).parents[3]
ROLE = "arn:aws:iam::000000000000:role/r"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [ALL]})
"""A policy that allows everything."""


@dataclass(frozen=True, slots=True)
class Invoked:
    """An answer to Invoke with LogType=Tail."""

    payload: Any
    error: str
    log: str
    request_id: str

    @property
    def report(self) -> str:
        return next(line for line in self.log.splitlines() if line.startswith("REPORT"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "GATEWAY_PORT": str(port),
        "LAMBDA_SETTLE_SECONDS": "0.03",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder / "tmp"),
    }


def package(source: str, **files: str) -> bytes:
    """Returns a deployment package of `index.py` and others (`lib__x_py` is lib/x.py), the same each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in {"index.py": source, **files}.items():
            entry = zipfile.ZipInfo(re.sub(r"_(py|js)$", r".\1", name.replace("__", "/")))
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


def refused(call: Callable[[], object]) -> dict[str, Any]:
    """Returns AWS's answer to a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call()
    return dict(caught.value.response)


class Server:
    """One server process; leaves no process behind."""

    run_secret = "5" * 64
    command: Sequence[str] = (sys.executable, "-m", "workbench_sandbox.server")

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._clients: dict[str, Any] = {}
        self._workers: set[int] = set()
        self._stderr_path = folder / "stderr"
        folder.mkdir(exist_ok=True)
        started = time.monotonic()
        with self._stderr_path.open("wb") as stderr:
            self.process = subprocess.Popen(
                self.command,
                env=environment(folder, self.port) | variables,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stderr=stderr,
            )
        if self.process.stdin:
            self.process.stdin.write(f"{self.run_secret}\n".encode())
            self.process.stdin.flush()
        try:
            eventually(self._is_ready, within_s=30)
        except AssertionError as error:
            self.close()
            raise AssertionError(self.stderr()) from error
        self.start_s = time.monotonic() - started

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        if self.process.stdin:
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    def stderr(self) -> str:
        return self._stderr_path.read_text("utf-8")

    def client(self, service: str, *, account: str = "000000000000", is_checked: bool = True) -> Any:
        """Returns a client; one that is not checked sends what it is given, right or wrong."""
        key = f"{service} {account} {is_checked}"
        if key not in self._clients:
            self._clients[key] = boto3.client(  # type: ignore[call-overload]
                service,
                endpoint_url=self.url,
                region_name="us-east-1",
                aws_access_key_id=account,
                aws_secret_access_key=self.secret(account),
                config=Config(
                    retries={"total_max_attempts": 1},
                    read_timeout=60,
                    inject_host_prefix=False,
                    parameter_validation=is_checked,
                ),
            )
            if key == f"lambda {ROLE.split(':')[4]} True":
                self._make_role()
        return self._clients[key]

    def _make_role(self) -> None:
        """Makes the role that functions are created with, unless an earlier server has left it."""
        iam = self.client("iam")
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            self.role(ROLE.rpartition("/")[2], ALL)

    def role(self, name: str, *statements: dict[str, Any]) -> str:
        """Makes a role that Lambda may assume, with a policy of these statements; returns its ARN."""
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        self.permit(name, *statements)
        return str(made)

    def permit(self, role_name: str, *statements: dict[str, Any]) -> None:
        """Gives a role a policy of these statements instead of what it had; without any, none."""
        iam, which = self.client("iam"), {"RoleName": role_name, "PolicyName": "inline"}
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(**which, PolicyDocument=document)
        elif iam.list_role_policies(RoleName=role_name)["PolicyNames"]:
            iam.delete_role_policy(**which)

    def secret(self, account: str = "000000000000") -> str:
        return secret_access_key(self.run_secret, account)

    def signed(
        self,
        path: str,
        *,
        method: str = "GET",
        account: str = "000000000000",
        host: str = "",
        body: bytes = b"",
        secret: str = "",
        service: str = "lambda",
        time_s: float | None = None,
    ) -> dict[str, str]:
        """Returns headers that sign a request; the host is among them."""
        host = host or f"127.0.0.1:{self.port}"
        where, _, query = path.partition("?")
        request = HttpRequest(method, where.encode(), query.encode(), ((b"host", host.encode()),))
        secret = secret or self.secret(account)
        headers = sign(
            request, account, secret, "us-east-1", service, payload=body, time_s=time_s or time.time()
        )
        return {"Host": host} | {name.decode(): value.decode() for name, value in headers}

    def control(self, what: str, *, secret: str = "", **wanted: object) -> int:
        """Moves the clock or sets the pace; returns the status."""
        path, body = f"/_workbench/{what}", json.dumps(wanted).encode()
        headers = self.signed(path, method="POST", body=body, secret=secret)
        request = urllib.request.Request(f"{self.url}{path}", method="POST", headers=headers, data=body)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def create(self, name: str, source: str, *, is_awaited: bool = True, **options: Any) -> dict[str, Any]:
        """Creates a function, and waits until it can be invoked and changed; returns the answer."""
        defaults = {"Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE}
        code = {"ZipFile": package(source)}
        made = self.client("lambda").create_function(
            FunctionName=name, **{"Code": code, **defaults, **options}
        )
        if is_awaited:
            self.settled(name)
        answer: dict[str, Any] = made
        return answer

    def table(self, name: str, *, key: str = "id", has_stream: bool = True) -> str:
        """Makes a table of DynamoDB; returns the ARN of its stream, '' for none."""
        more: dict[str, Any] = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
        made = self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            **(more if has_stream else {}),
        )
        return str(made["TableDescription"].get("LatestStreamArn", ""))

    def rest_api(self, function_name: str, part: str = "", *, is_granted: bool = True) -> str:
        """Makes a REST API, with stage "live", whose POST (at a part of its path) invokes a function."""
        rest, arn = (
            self.client("apigateway"),
            f"arn:aws:lambda:us-east-1:000000000000:function:{function_name}",
        )
        api = str(rest.create_rest_api(name=function_name)["id"])
        where = rest.get_resources(restApiId=api)["items"][0]["id"]
        if part:
            where = rest.create_resource(restApiId=api, parentId=where, pathPart=part)["id"]
        method = {"restApiId": api, "resourceId": where, "httpMethod": "POST"}
        rest.put_method(**method, authorizationType="NONE")
        rest.put_integration(
            **method,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations",
        )
        rest.create_deployment(restApiId=api, stageName="live")
        if is_granted:
            self.grant(function_name, "apigateway.amazonaws.com")
        return api

    def settle(self) -> None:
        """Moves the clock behind whatever was begun: for servers whose changes do not end by themselves."""
        assert self.control("clock", advance_s=LONG_S + 1) == 200

    def advance_until(self, condition: Callable[[], object]) -> None:
        """Moves the clock on, again and again: what is waited for may be planned only a moment later."""

        def is_met() -> object:
            assert self.control("clock", advance_s=10) == 200
            return condition()

        eventually(is_met)

    def settled(self, name: str, **which: str) -> dict[str, Any]:
        """Waits until nothing is going on with a function or version; returns its configuration."""

        def look() -> Any:
            config = self.client("lambda").get_function(FunctionName=name, **which)["Configuration"]
            return config if config.get("LastUpdateStatus") == "Successful" else None

        config: dict[str, Any] = eventually(look)
        return config

    def grant(self, name: str, service: str) -> None:
        """Lets a service invoke a function."""
        self.client("lambda").add_permission(
            FunctionName=name,
            StatementId=service.partition(".")[0],
            Action="lambda:InvokeFunction",
            Principal=service,
        )

    def invoke(self, name: str, event: object = None, **options: Any) -> Invoked:
        answer = self.client("lambda").invoke(
            FunctionName=name, Payload=json.dumps(event), LogType="Tail", **options
        )
        return Invoked(
            json.loads(answer["Payload"].read()),
            answer.get("FunctionError", ""),
            base64.b64decode(answer.get("LogResult", "")).decode(),
            answer["ResponseMetadata"]["RequestId"],
        )

    def invoke_together(self, name: str, times: int) -> list[Invoked]:
        """Invokes a function, which rings the bell at the event's address, until all have begun to run."""
        with Bell(holds=True) as bell, ThreadPoolExecutor(times) as pool:
            answers = [pool.submit(self.invoke, name, bell.address) for _ in range(times)]
            try:
                eventually(lambda: bell.rings == times)
            finally:
                bell.release()
            return [each.result() for each in answers]

    def queue(self, name: str) -> tuple[str, str]:
        """Makes a queue; returns its URL and its ARN."""
        url = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return str(url), f"arn:aws:sqs:us-east-1:000000000000:{name}"

    def received(self, url: str) -> dict[str, Any]:
        """Waits for a message of a queue."""
        receive = self.client("sqs").receive_message
        (message,) = eventually(lambda: receive(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"))
        found: dict[str, Any] = message
        return found

    def stream(self, name: str, *texts: str) -> str:
        """Makes a Kinesis stream of one shard with records; returns its ARN."""
        client = self.client("kinesis")
        client.create_stream(StreamName=name, ShardCount=1)

        def look() -> Any:
            found = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
            return found if found["StreamStatus"] == "ACTIVE" else None

        arn = str(eventually(look)["StreamARN"])
        for text in texts:
            client.put_record(StreamName=name, Data=text.encode(), PartitionKey="1")
        return arn

    def mapping_state(self, uuid: str) -> str:
        """Returns the state of an event source mapping."""
        return str(self.client("lambda").get_event_source_mapping(UUID=uuid)["State"])

    def lines(self, name: str, **options: Any) -> list[str]:
        """Returns all messages of a function's log group."""
        logs = self.client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{name}", **options
            )
            return [event["message"] for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []

    def workers(self) -> set[int]:
        """Returns the processes that name this server's temporary folder, and all that they have started."""
        parents: dict[int, int] = {}
        found = set(self._workers)
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                state, parent = (entry / "stat").read_text().rpartition(") ")[2].split()[:2]
                if state == "Z":
                    continue
                parents[int(entry.name)] = int(parent)
                if f"{self.folder / 'tmp'}/".encode() in text:
                    found.add(int(entry.name))
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        self._workers = (found & parents.keys()) - {self.process.pid}
        return set(self._workers)

    def _is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"exited with {self.process.returncode}")
        request = urllib.request.Request(f"{self.url}{HEALTH}", headers=self.signed(HEALTH))
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=5):
            return True
        return False


def status(
    url: str, *, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str]]:
    """Returns status and headers (names in lower case) of a plain request."""
    request = urllib.request.Request(url, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {name.lower(): value for name, value in error.headers.items()}

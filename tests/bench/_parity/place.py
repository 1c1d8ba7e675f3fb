"""An account with what a recorded request needs, under the recorded names: how things are made at all.

Every case has an account of its own, so that nothing of another case is in it. What AWS gives a name to (an
id, a URL, the ARN of a stream) gets another one here: `names` says which recorded text became which.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.bench._parity.corpus import RECORDED_ACCOUNT, REGION
from tests.sandbox.server.server import EVERYTHING

_READY_S = 10.0
_POLL_S = 0.03
_SERVICES = (
    "lambda", "events", "scheduler", "apigateway", "sns", "sqs", "s3", "logs", "states", "firehose", "ec2",
)  # fmt: skip
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": [f"{service}.amazonaws.com" for service in _SERVICES]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
ROLE = "parity"


class Place:
    """One account of a server.

    Args:
        account: Its number.
        client: Makes a client of a service for it.
        absent: Kinds of things that must not be made ("function", "queue"): AWS's answer says that they
            do not exist.
    """

    def __init__(self, account: str, client: Callable[[str], Any], absent: frozenset[str]) -> None:
        self.account = account
        self._client = client
        self._absent = absent
        self._made: set[tuple[str, ...]] = set()
        self.names: dict[str, str] = {RECORDED_ACCOUNT: account}
        self.failed: list[str] = []

    def client(self, service: str) -> Any:
        return self._client(service)

    def make(self, step: str, request: Mapping[str, Any]) -> None:
        """Does a step: a kind and the words that it needs; "{Name}" is a parameter of the request."""
        kind, *words = step.split(" ")
        values = [_filled(word, request) for word in words]
        if kind in self._absent or (kind, *values) in self._made or any(v is None for v in values):
            return
        self._made.add((kind, *[str(value) for value in values]))
        try:
            getattr(self, "_" + kind)(*[str(value) for value in values])
        except Exception as error:  # noqa: BLE001 - a server that answers badly must not end the bench
            if not _exists(error):
                self.failed.append(f"{step}: {type(error).__name__}: {error}")

    def substituted(self, value: Any) -> Any:
        """A request with the names that things have here."""
        if isinstance(value, str):
            for recorded, name in sorted(self.names.items(), key=lambda item: -len(item[0])):
                value = value.replace(recorded, name)
            return value
        if isinstance(value, Mapping):
            return {self.substituted(key): self.substituted(member) for key, member in value.items()}
        if isinstance(value, list | tuple):
            return [self.substituted(member) for member in value]
        return value

    def arn(self, service: str, rest: str) -> str:
        region = "" if service in ("iam", "s3") else REGION
        account = "" if service == "s3" else self.account
        return f"arn:aws:{service}:{region}:{account}:{rest}"

    def until(self, is_so: Callable[[], bool]) -> None:
        """Waits until something is so, for a while."""
        end = time.monotonic() + _READY_S
        while not is_so() and time.monotonic() < end:
            time.sleep(_POLL_S)

    def of_arn(self, arn: str) -> None:
        """Makes what an ARN names, when it is of a kind that is known."""
        step = step_of_arn(arn)
        if step:
            self.make(step, {})

    # IAM

    def _role(self, name: str) -> None:
        *path, name = name.split("/")
        more = {"Path": "/" + "/".join(path) + "/"} if path else {}
        iam = self.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **more)
        iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=EVERYTHING)

    def _user(self, name: str) -> None:
        self.client("iam").create_user(UserName=name)

    def _group(self, name: str) -> None:
        self.client("iam").create_group(GroupName=name)

    def _policy(self, name: str) -> None:
        self.client("iam").create_policy(PolicyName=name, PolicyDocument=EVERYTHING)

    def _attached(self, role: str, policy: str) -> None:
        self._role(role)
        self.client("iam").attach_role_policy(RoleName=role, PolicyArn=self.substituted(policy))

    def _profile(self, name: str) -> None:
        self.client("iam").create_instance_profile(InstanceProfileName=name)


def step_of_arn(arn: str) -> str | None:
    """The step that makes what an ARN names."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return None
    service, rest = parts[2], parts[5]
    match service:
        case "sqs":
            return f"queue {rest}"
        case "sns" if "/" not in rest and rest.count(":") == 0:
            return f"topic {rest}"
        case "sns" if rest.startswith("app/"):
            return f"application {arn}" if rest.count("/") == 2 else f"endpoint {arn}"
        case "sns" if rest.count(":") == 1:
            return f"subscription {arn}"
        case "kinesis" if rest.startswith("stream/"):
            return f"stream {rest.split('/')[1]}"
        case "dynamodb" if rest.startswith("table/"):
            _, table, *more = rest.split("/")
            return f"table {table} {more[1]}" if len(more) == 2 else f"table {table}"
        case "lambda" if re.match(r"function:[a-zA-Z0-9_-]{1,64}(:|$)", rest):
            return f"function {rest.split(':')[1]}"
        case "iam" if rest.startswith("role/"):
            return f"role {rest.removeprefix('role/')}"
        case "iam" if rest.startswith("policy/") and parts[4] not in ("", "aws"):
            return f"policy {rest.rsplit('/', 1)[1]}"
        case "s3" if "*" not in rest:
            return f"bucket {rest.split('/')[0]}"
        case "events" if rest.startswith("event-bus/"):
            return f"bus {rest.split('/')[1]}"
        case "events" if rest.startswith("rule/"):
            *bus, name = rest.split("/")[1:]
            return f"rule {name} {bus[0]}" if bus else f"rule {name}"
        case "events" if rest.startswith("archive/"):
            return f"archive {rest.split('/')[1]}"
    return None


def _filled(word: str, request: Mapping[str, Any]) -> str | None:
    """A word of a step; None when the request has not the parameter that it names."""
    if not (word.startswith("{") and word.endswith("}")):
        return word
    value: Any = request
    for part in word[1:-1].split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return plain_name(str(value))


def plain_name(name: str) -> str:
    """A function's name in what stands for one: an ARN, a partial ARN, a name with a qualifier."""
    if name.startswith("arn:") and ":function:" in name:
        return name.split(":function:", 1)[1].split(":")[0]
    return name


def _exists(error: Exception) -> bool:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    words = ("AlreadyExists", "AlreadyOwned", "ResourceInUse", "EntityAlreadyExists", "QueueNameExists")
    return any(word in code for word in words) or code == "ResourceConflictException"

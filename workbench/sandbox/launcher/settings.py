"""What MiniStack reads from the environment when it is imported, and what the parent must give.

This runs before MiniStack is first imported.
"""

import os
import tempfile
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from workbench.sandbox.launcher.clock import Pace
from workbench.sandbox.launcher.fencing import OPTIONAL_VARIABLE

# The IoT broker and SFTP would listen on every interface; the concurrency would follow the memory (row 14).
DEFAULTS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "BIND_HOST": "127.0.0.1",
    "IOT_MTLS_ENABLED": "0",
    "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
    "LAMBDA_EXECUTOR": "local",
    "LAMBDA_SETTLE_SECONDS": "0.05",
    "LAMBDA_STATES": Pace.QUICK.value,
    "LAMBDA_WARM_TTL_SECONDS": "60",
    "LOG_LEVEL": "WARNING",
    "MINISTACK_HOST": "127.0.0.1",
    "PERSIST_STATE": "1",
    "S3_PERSIST": "1",
    "SERVICES": "lambda,s3,sqs,sns,kinesis,dynamodb,dynamodbstreams,iam,sts,logs,cloudwatch,events,scheduler,"
    "apigateway,ec2,account,ssm,secretsmanager,kms,tagging,cloudformation",
    "SFTP_ENABLED": "0",
}


_MIN_SECRET_CHARACTERS, _MAX_SECRET_BYTES = 32, 256


class SettingsError(Exception):
    """The parent did not give what the launcher needs."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens and keeps things.

    Attributes:
        state_dir: State files, one JSON file a service.
        temporary_dir: Private to this run; what is in it may be removed.
        warm_ttl_s: Idle workers end after this many seconds.
        settle_s: Functions and mappings stay Pending, InProgress, Creating… so long after a change when the
            pace is quick: a user who tries things out should not wait for a delay that is only acted, yet
            clients must meet these states.
        pace: Whether they take as long as on AWS instead.
        is_fence_optional: Whether functions run without the fence where the system refuses it.
    """

    port: int
    state_dir: Path
    temporary_dir: Path
    warm_ttl_s: int
    settle_s: float
    pace: Pace
    is_fence_optional: bool

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def endpoint_url(self) -> str:
        return f"http://{self.host}"


def read_settings(environ: MutableMapping[str, str]) -> ServerSettings:
    """Completes `environ` with the defaults and reads it.

    Raises:
        SettingsError: A variable of the parent is missing or is not what it should be.
    """
    for name, value in DEFAULTS.items():
        environ.setdefault(name, value)
    missing = [
        name for name in ("GATEWAY_PORT", "STATE_DIR", "S3_DATA_DIR", "TMPDIR") if not environ.get(name)
    ]
    if missing:
        raise SettingsError(f"not in the environment: {', '.join(missing)}")
    if environ["BIND_HOST"] != "127.0.0.1":
        raise SettingsError("BIND_HOST must be 127.0.0.1: the Sandbox runs code for anyone who can reach it")
    try:
        port = int(environ["GATEWAY_PORT"])
        warm_ttl_s = int(environ["LAMBDA_WARM_TTL_SECONDS"])
        settle_s = float(environ["LAMBDA_SETTLE_SECONDS"])
    except ValueError as error:
        raise SettingsError(f"GATEWAY_PORT or a number of seconds is not a number: {error}") from error
    try:
        pace = Pace(environ["LAMBDA_STATES"])
    except ValueError as error:
        raise SettingsError(f"LAMBDA_STATES is neither quick nor aws: {error}") from error
    return ServerSettings(
        port,
        Path(environ["STATE_DIR"]),
        Path(environ["TMPDIR"]),
        warm_ttl_s,
        settle_s,
        pace,
        environ.get(OPTIONAL_VARIABLE) == "1",
    )


def read_run_secret(descriptor: int = 0) -> str:
    """Reads the first line of the standard input, and no further: its end is for `stop` to see.

    Raises:
        SettingsError: It is too short to be a secret, or there is none.
    """
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(descriptor, 1)
        if not byte or len(line) > _MAX_SECRET_BYTES:
            break
        line += byte
    secret = line.strip().decode("ascii", "replace")
    if len(secret) < _MIN_SECRET_CHARACTERS:
        raise SettingsError("not on standard input: the secret of this run, as one line")
    return secret


def make_work_dir(temporary_dir: Path) -> Path:
    """Makes a folder of this process' own in the given one, and TMPDIR of it for all that follows."""
    temporary_dir.mkdir(parents=True, exist_ok=True)
    work_dir = Path(tempfile.mkdtemp(prefix="launcher-", dir=temporary_dir))
    os.environ["TMPDIR"] = tempfile.tempdir = str(work_dir)
    return work_dir

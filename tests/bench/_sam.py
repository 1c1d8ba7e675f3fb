"""AWS's own `sam`, in an environment of the bench's own: it asks for other versions than Workbench does."""

import os
import sys
from pathlib import Path

import uv

from tests.bench._common import cli_environment, quietly
from workbench.aws.connection import Connection

BUCKET = "bench"


def install_sam(environment: Path) -> Path:
    """Installs it. Returns the folder of its programs. Raises RuntimeError when it cannot be had."""
    python = str(environment / "bin" / "python")
    quietly(uv.find_uv_bin(), "venv", "--quiet", "--seed", "--python", sys.executable, str(environment))
    quietly(uv.find_uv_bin(), "pip", "install", "--quiet", "--python", python, "aws-sam-cli")
    quietly(python, "-m", "compileall", "-q", str(environment))
    return environment / "bin"


def sam_environment(connection: Connection, programs: Path) -> dict[str, str]:
    """The variables with which it reaches what a connection reaches; makes the bucket that it uploads to."""
    connection.client("s3").create_bucket(Bucket=BUCKET)
    environment = cli_environment(connection.access) | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_TELEMETRY": "0",
    }
    environment.pop("PYTHONPATH", None)
    return environment

"""Functions made for one test, in the Sandbox."""

import io
import secrets
import zipfile
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail


def create_function(
    connection: Connection,
    source: str,
    *,
    timeout_s: int = 10,
    runtime: str = "python3.13",
    file_name: str = "app.py",
    **more: Any,
) -> FunctionDetail:
    """Creates a function of one file, whose handler is `app.handler`, and waits until it can be invoked."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(file_name, source)
    name = f"fn-{secrets.token_hex(4)}"
    connection.call(
        "lambda",
        "create_function",
        FunctionName=name,
        Runtime=runtime,
        Handler="app.handler",
        Role="arn:aws:iam::123456789012:role/lambda",
        Timeout=timeout_s,
        Code={"ZipFile": package.getvalue()},
        **more,
    )
    return wait_until_updated(connection, name, JobContext())

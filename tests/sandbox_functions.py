"""Functions made for one test, in the Sandbox."""

import io
import secrets
import urllib.request
import zipfile
from typing import Any

from tests.sandbox.server.server import EVERYTHING
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.roles import create_role, put_policy

_BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def create_function(connection: Connection, source: str, **options: Any) -> FunctionDetail:
    """Creates a function as `start_creating` does, and waits until it can be invoked."""
    return wait_until_updated(connection, start_creating(connection, source, **options), JobContext())


def start_creating(
    connection: Connection,
    source: str,
    *,
    timeout_s: int = 10,
    runtime: str = "python3.13",
    file_name: str = "app.py",
    name: str = "",
    **more: Any,
) -> str:
    """Creates a function of one file, whose handler is `app.handler`, and returns its name at once."""
    name = name or f"fn-{secrets.token_hex(4)}"
    connection.call(
        "lambda",
        "create_function",
        FunctionName=name,
        Runtime=runtime,
        Handler="app.handler",
        Role=make_role(connection, "lambda"),
        Timeout=timeout_s,
        Code={"ZipFile": _zip_of(source, file_name)},
        **more,
    )
    return name


def make_role(connection: Connection, name: str) -> str:
    """Makes a role that Lambda may assume and that allows everything; returns its ARN."""
    role_arn = create_role(connection, name, "any")
    put_policy(connection, name, EVERYTHING)
    return role_arn


def make_logging_role(connection: Connection, name: str) -> str:
    """Makes a role that Lambda may assume and that allows to write logs; returns its ARN."""
    role_arn = create_role(connection, name, "any")
    connection.call("iam", "attach_role_policy", RoleName=name, PolicyArn=_BASIC)
    return role_arn


def deploy_elsewhere(connection: Connection, function_name: str, source: str) -> None:
    """Somebody else deploys one file, `app.py`."""
    connection.call(
        "lambda", "update_function_code", FunctionName=function_name, ZipFile=_zip_of(source, "app.py")
    )
    wait_until_updated(connection, function_name, JobContext())


def deployed_text(connection: Connection, function_name: str, file_name: str = "app.py") -> str:
    """A file of the package that the function has, downloaded anew."""
    detail = get_function(connection, function_name, "", JobContext())
    with urllib.request.urlopen(detail.code_location) as answer:
        return zipfile.ZipFile(io.BytesIO(answer.read())).read(file_name).decode()


def _zip_of(source: str, file_name: str) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(file_name, source)
    return package.getvalue()

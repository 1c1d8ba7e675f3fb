"""What goes with a function: statements of all qualifiers, and URLs, wired for real in the Sandbox."""

from typing import Any

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import create_function
from tests.triggers.test_find import function_side
from tests.triggers.values import detail
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.dependents import DependentKind
from workbench.functions.model import detail_of
from workbench.triggers.find import grants_and_urls

CTX = JobContext()


def test_statements_of_all_qualifiers_and_urls_go(connection: Connection) -> None:
    made = create_function(connection, "def handler(event, context): pass\n")
    name = made.function_name
    assert grants_and_urls(connection, made, CTX) == ()
    connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
    request: dict[str, Any] = {"FunctionName": name, "StatementId": "s", "Principal": "s3.amazonaws.com"}
    source: dict[str, Any] = {"SourceArn": "arn:aws:s3:::photos", "SourceAccount": connection.account_id}
    action = "lambda:InvokeFunction"
    connection.call("lambda", "add_permission", Action=action, Qualifier="live", **request, **source)
    connection.call("lambda", "create_function_url_config", FunctionName=name, AuthType="NONE")
    grant, url = grants_and_urls(connection, made, CTX)
    assert (grant.kind, grant.subject) == (DependentKind.GRANT, "arn:aws:s3:::photos")
    assert grant.detail == f"live · s3.amazonaws.com · account {connection.account_id}"
    assert url.kind is DependentKind.URL
    assert url.subject.startswith("http")
    assert url.detail.startswith("NONE")


def test_what_may_not_be_read_is_said(aws: StubbedAws) -> None:
    hello = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": detail().function_arn}})
    function_side(aws)
    aws.refuse("lambda", "get_policy", "AccessDeniedException", "no", 403)
    aws.refuse("lambda", "list_function_url_configs", "AccessDeniedException", "no", 403)
    url, grant = grants_and_urls(aws.connection, hello, CTX)
    assert (url.kind, grant.kind) == (DependentKind.URL, DependentKind.GRANT)
    for part in (url, grant):
        assert part.problem is not None
        assert part.problem.aws_code == "AccessDeniedException"

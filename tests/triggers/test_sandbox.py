"""Triggers of the Sandbox's sample functions, wired for real."""

from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.triggers.discover import TriggerKind, TriggerReport, discover

CTX = JobContext()


def _discover(connection: Connection, function_name: str) -> TriggerReport:
    return discover(connection, get_function(connection, function_name, "", CTX), CTX)


def test_the_samples_triggers_are_found(sample_connection: Connection) -> None:
    worker = _discover(sample_connection, "sqs-worker")
    assert worker.problems == ()
    (mapping,) = worker.triggers
    assert (mapping.kind, mapping.service, mapping.state) == (TriggerKind.MAPPING, "sqs", "Enabled")
    assert mapping.source_arn.startswith("arn:aws:sqs:")

    counter = _discover(sample_connection, "s3-object-counter")
    (grant,) = counter.triggers
    assert (grant.kind, grant.service) == (TriggerKind.GRANT, "s3")
    assert grant.source_arn.startswith("arn:aws:s3:::")


def test_a_function_url_and_its_two_grants(connection: Connection) -> None:
    name = create_function(connection, "def handler(event, context): pass\n").function_name
    assert _discover(connection, name) == TriggerReport((), ())
    connection.call("lambda", "create_function_url_config", FunctionName=name, AuthType="NONE")
    connection.call(
        "lambda",
        "add_permission",
        FunctionName=name,
        StatementId="public-url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    report = _discover(connection, name)
    assert report.problems == ()
    grant, url = report.triggers
    assert (grant.kind, grant.identity) == (TriggerKind.GRANT, "public-url")
    assert "lambda:InvokeFunctionUrl" in grant.detail
    assert url.kind is TriggerKind.URL
    assert url.source_arn.startswith("http")
    assert url.detail.startswith("NONE")

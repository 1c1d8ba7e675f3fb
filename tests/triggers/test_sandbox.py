"""Triggers of the Sandbox's sample functions, wired for real."""

from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.triggers.find import TriggerReport, find_triggers
from workbench.triggers.model import Link, SourceKind

CTX = JobContext()


def _found(connection: Connection, function_name: str) -> TriggerReport:
    return find_triggers(connection, get_function(connection, function_name, "", CTX), CTX)


def test_the_samples_triggers_are_found(sample_connection: Connection) -> None:
    worker = _found(sample_connection, "sqs-worker")
    assert worker.problems == ()
    (mapping,) = worker.triggers
    assert (mapping.kind, mapping.state, mapping.link) == (SourceKind("sqs"), "Enabled", Link.LINKED)
    assert mapping.source_arn.startswith("arn:aws:sqs:")

    counter = _found(sample_connection, "s3-object-counter")
    (bucket,) = counter.triggers
    assert (bucket.kind, bucket.link) == (SourceKind("s3"), Link.LINKED)
    assert bucket.source_arn.startswith("arn:aws:s3:::")


def test_a_function_url_lacks_its_second_statement(connection: Connection) -> None:
    name = create_function(connection, "def handler(event, context): pass\n").function_name
    nothing = _found(connection, name)
    assert (nothing.triggers, nothing.problems) == ((), ())
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
    report = _found(connection, name)
    assert report.problems == ()
    (url,) = report.triggers
    assert (url.kind, url.link) == (SourceKind("url"), Link.MISSING_PERMISSION)
    assert [grant.sid for grant in url.grants] == ["public-url"]
    assert url.source_arn.startswith("http")

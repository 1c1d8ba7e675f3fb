"""What runs for an alias, and what a function's reserved concurrency stops."""

import json
from collections import Counter
from typing import Any

from tests.sandbox.launcher.server import Server, package, refused
from tests.waiting import eventually

SOURCE = """
def handler(event, context):
    print("ARN", context.invoked_function_arn)
    return [context.function_version, context.invoked_function_arn.split(":")[7:]]
"""


def two_versions(server: Server, name: str, weight: float) -> None:
    client = server.client("lambda")
    server.create(name, SOURCE)
    client.publish_version(FunctionName=name)
    client.update_function_code(FunctionName=name, ZipFile=package(SOURCE + "# 2\n"))
    server.settled(name)
    client.publish_version(FunctionName=name)
    client.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": weight}},
    )


def test_an_alias_with_weights_runs_both_versions_and_says_which(server: Server, client: Any) -> None:
    two_versions(server, "weighted", 0.5)
    ran: Counter[str] = Counter()
    for _ in range(60):  # A share of one half misses one of two 60 times in a row once in 10**18 runs.
        answer = client.invoke(FunctionName="weighted", Qualifier="live")
        version, qualifier = json.loads(answer["Payload"].read())
        assert answer["ExecutedVersion"] == version
        assert qualifier == ["live"]
        ran[version] += 1
    assert set(ran) == {"1", "2"}


def test_a_mapping_of_an_alias_calls_the_function_by_the_alias(server: Server, client: Any) -> None:
    two_versions(server, "mapped", 1.0)
    url, arn = server.queue("to-alias")
    made = client.create_event_source_mapping(FunctionName="mapped:live", EventSourceArn=arn)
    eventually(lambda: server.mapping_state(made["UUID"]) == "Enabled")
    server.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
    (line,) = eventually(lambda: [each for each in server.lines("mapped") if each.startswith("ARN")])
    assert line.strip().endswith(":mapped:live")
    assert any("Version: 2" in each for each in server.lines("mapped"))


def test_no_reserved_concurrency_stops_every_version(server: Server, client: Any) -> None:
    two_versions(server, "all-stopped", 0.5)
    client.put_function_concurrency(FunctionName="all-stopped", ReservedConcurrentExecutions=0)
    for qualifier in ("$LATEST", "1", "2", "live"):
        answer = refused(lambda: client.invoke(FunctionName="all-stopped", Qualifier=qualifier))  # noqa: B023
        assert answer["Error"]["Code"] == "TooManyRequestsException"
    client.delete_function_concurrency(FunctionName="all-stopped")
    assert client.invoke(FunctionName="all-stopped", Qualifier="1")["StatusCode"] == 200


def test_a_function_is_found_by_every_form_of_its_name(server: Server, client: Any) -> None:
    two_versions(server, "many-names", 0.0)
    account = "000000000000"
    for name, qualifier in (
        ("many-names:live", "live"),
        (f"{account}:function:many-names", ""),
        (f"{account}:function:many-names:1", "1"),
        (f"arn:aws:lambda:us-east-1:{account}:function:many-names:live", "live"),
        (f"us-east-1:{account}:function:many-names", ""),
        ("function:many-names", ""),
    ):
        arn = client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
        assert arn.split(":")[6:] == ["many-names", *([qualifier] if qualifier else [])]
        assert client.invoke(FunctionName=name)["StatusCode"] == 200

"""Every invocation is counted once, whatever caused it."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.bell import RING, Bell
from tests.sandbox.server.server import Server, package
from tests.waiting import eventually

COUNTED = ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions")
FAILS_ON_DEMAND = """
import time
def handler(event, context):
    time.sleep(0.05)
    if "fail" in str(event): raise ValueError
"""
RINGS = RING + "def handler(event, context): ring(event)\n"
ECHOES = "exports.handler = async (event) => { console.log('hello from node'); return event; };"


def total(server: Server, metric: str, statistic: str = "Sum", **dimensions: str) -> float:
    now = datetime.now(UTC)
    answer = server.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=86_400,
        Statistics=[statistic],
    )
    found = [point[statistic] for point in answer["Datapoints"]]
    return max(found, default=0) if statistic == "Maximum" else sum(found)


def samples(server: Server, function_name: str, **dimensions: str) -> list[float]:
    return [total(server, name, "SampleCount", FunctionName=function_name, **dimensions) for name in COUNTED]


def wait_for(server: Server, function_name: str, invocations: int) -> None:
    """Until so many have ended and been counted: their last lines come a moment before their metrics."""

    def is_over() -> bool:
        ended = [line for line in server.lines(function_name) if line.startswith("REPORT")]
        return len(ended) >= invocations and min(samples(server, function_name)) >= invocations

    eventually(is_over)


def test_direct_invocations(server: Server) -> None:
    server.create("direct", FAILS_ON_DEMAND)
    for event in ("ok", "fail", "ok"):
        server.invoke("direct", event)
    assert total(server, "Invocations", FunctionName="direct") == 3
    assert total(server, "Errors", FunctionName="direct") == 1
    assert total(server, "Throttles", FunctionName="direct") == 0
    assert 150 <= total(server, "Duration", FunctionName="direct") < 1500
    assert samples(server, "direct") == [3, 3, 3, 3, 3]


def test_an_asynchronous_invocation_counts_each_of_its_tries(server: Server) -> None:
    server.create("async", FAILS_ON_DEMAND)
    invoke = server.client("lambda").invoke
    good = invoke(FunctionName="async", InvocationType="Event", Payload=b'"ok"')
    bad = invoke(FunctionName="async", InvocationType="Event", Payload=b'"fail"')
    server.advance_until(lambda: samples(server, "async")[0] == 4)
    wait_for(server, "async", 4)
    assert total(server, "Invocations", FunctionName="async") == 4
    assert total(server, "Errors", FunctionName="async") == 3
    starts = [line.split()[2] for line in server.lines("async") if line.startswith("START")]
    ids = [answer["ResponseMetadata"]["RequestId"] for answer in (good, bad)]
    assert sorted(starts) == sorted([ids[0], *[ids[1]] * 3])


def test_an_s3_notification(server: Server) -> None:
    server.create(
        "from-s3", "def handler(event, context): print(event['Records'][0]['s3']['object']['key'])\n"
    )
    s3 = server.client("s3")
    s3.create_bucket(Bucket="source")
    arn = "arn:aws:lambda:us-east-1:000000000000:function:from-s3"
    server.grant("from-s3", "s3.amazonaws.com")
    configuration = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="source", NotificationConfiguration={"LambdaFunctionConfigurations": [configuration]}
    )
    for key in ("a", "b"):
        s3.put_object(Bucket="source", Key=key, Body=b"x")
    wait_for(server, "from-s3", 2)
    assert {"a\n", "b\n"} < set(server.lines("from-s3"))
    assert samples(server, "from-s3") == [2, 2, 2, 2, 2]
    assert total(server, "Errors", FunctionName="from-s3") == 0


def test_an_sqs_mapping(server: Server) -> None:
    server.create("from-sqs", "def handler(event, context): print(len(event['Records']))\n")
    sqs = server.client("sqs")
    queue = sqs.create_queue(QueueName="source")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    server.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="from-sqs", BatchSize=1
    )
    for number in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    wait_for(server, "from-sqs", 3)
    assert samples(server, "from-sqs") == [3, 3, 3, 3, 3]


def test_a_topic_and_a_rule(server: Server) -> None:
    source = "import boto3\ndef handler(event, context):\n"
    source += "  print(boto3.client('sts').get_caller_identity()['Account'])\n"
    server.create("from-others", source, Timeout=20)
    server.grant("from-others", "sns.amazonaws.com")
    server.grant("from-others", "events.amazonaws.com")
    arn = "arn:aws:lambda:us-east-1:000000000000:function:from-others"
    sns, events = server.client("sns"), server.client("events")
    topic = sns.create_topic(Name="source")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="m")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["mine"]}))
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])
    events.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": "{}"}])
    wait_for(server, "from-others", 2)
    assert server.lines("from-others").count("000000000000\n") == 2
    assert samples(server, "from-others") == [2, 2, 2, 2, 2]


def test_a_throttled_event_is_no_invocation(server: Server, client: Any) -> None:
    server.create("throttled", RINGS, Timeout=60)
    client.put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=1)
    with Bell(holds=True) as bell:
        running = threading.Thread(target=lambda: server.invoke("throttled", bell.address))
        running.start()
        eventually(lambda: bell.rings)
        with pytest.raises(client.exceptions.TooManyRequestsException):
            server.invoke("throttled", bell.address)
        bell.release()
        running.join()
    assert total(server, "Throttles", FunctionName="throttled") == 1
    assert total(server, "Invocations", FunctionName="throttled") == 1
    assert total(server, "Errors", FunctionName="throttled") == 0


def test_concurrent_executions_are_the_ones_at_once(server: Server) -> None:
    server.create("at-once", RINGS, Timeout=60)
    server.invoke_together("at-once", 3)
    assert total(server, "ConcurrentExecutions", "Maximum", FunctionName="at-once") == 3


def test_an_alias_is_counted_for_itself_too(server: Server) -> None:
    server.create("aliased", FAILS_ON_DEMAND, Publish=True)
    server.client("lambda").create_alias(FunctionName="aliased", Name="live", FunctionVersion="1")
    server.invoke("aliased", "ok", Qualifier="live")
    server.invoke("aliased", "ok")
    assert total(server, "Invocations", FunctionName="aliased") == 2
    assert samples(server, "aliased", Resource="aliased:live") == [1, 1, 1, 1, 1]


def test_a_failed_start_is_an_error(server: Server) -> None:
    server.create("no-start", "import missing_module\n")
    server.create("java", "", Runtime="java21")
    for name in ("no-start", "java"):
        server.invoke(name)
        assert total(server, "Invocations", FunctionName=name) == 1
        assert total(server, "Errors", FunctionName=name) == 1


def test_a_node_function_is_counted_and_logged(server: Server) -> None:
    server.create("node", "", Runtime="nodejs22.x", Code={"ZipFile": package("", index_js=ECHOES)})
    answered = server.invoke("node", {"n": 1})
    assert answered.payload == {"n": 1}
    assert answered.log.splitlines()[0] == f"START RequestId: {answered.request_id} Version: $LATEST"
    assert "hello from node" in answered.log
    assert answered.report.startswith(f"REPORT RequestId: {answered.request_id}")
    assert samples(server, "node") == [1, 1, 1, 1, 1]


def test_points_are_kept_for_455_days(server: Server) -> None:
    now = datetime.now(UTC)
    cloudwatch: Any = server.client("cloudwatch")
    ages = (400, 454, 456)
    cloudwatch.put_metric_data(
        Namespace="Old",
        MetricData=[
            {"MetricName": "m", "Value": age, "Timestamp": now - timedelta(days=age)} for age in ages
        ],
    )
    cloudwatch.list_metrics()

    def kept() -> list[float]:
        query = {"Metric": {"Namespace": "Old", "MetricName": "m"}, "Period": 3600, "Stat": "Sum"}
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "q", "MetricStat": query}],
            StartTime=now - timedelta(days=500),
            EndTime=now,
        )
        return sorted(answer["MetricDataResults"][0]["Values"])

    assert {400.0, 454.0} <= set(kept())


def test_points_come_newest_first_page_by_page_and_named_by_their_metric(server: Server) -> None:
    client = server.client("cloudwatch")
    now = int(time.time()) // 60 * 60
    for name in ("first", "second"):
        client.put_metric_data(
            Namespace="paged",
            MetricData=[
                {"MetricName": name, "Timestamp": now - 60 * age, "Value": float(age)} for age in range(3)
            ],
        )
    question = {
        "MetricDataQueries": [
            {
                "Id": f"q{number}",
                "MetricStat": {
                    "Metric": {"Namespace": "paged", "MetricName": name},
                    "Period": 60,
                    "Stat": "Sum",
                },
                **more,
            }
            for number, (name, more) in enumerate((("first", {}), ("second", {"Label": "named"})))
        ],
        "StartTime": now - 600,
        "EndTime": now + 60,
    }
    answer = client.get_metric_data(**question)
    assert answer["Messages"] == []
    assert "NextToken" not in answer
    assert [result["Label"] for result in answer["MetricDataResults"]] == ["first", "named"]
    assert [result["Values"] for result in answer["MetricDataResults"]] == [[0, 1, 2], [0, 1, 2]]
    ascending = client.get_metric_data(**question, ScanBy="TimestampAscending")
    assert [result["Values"] for result in ascending["MetricDataResults"]] == [[2, 1, 0], [2, 1, 0]]
    pages = list(client.get_paginator("get_metric_data").paginate(**question, MaxDatapoints=2))
    values: dict[str, list[float]] = {"q0": [], "q1": []}
    for page in pages:
        assert sum(len(result["Values"]) for result in page["MetricDataResults"]) <= 2
        for result in page["MetricDataResults"]:
            values[result["Id"]] += result["Values"]
    assert len(pages) == 3
    assert values == {"q0": [0, 1, 2], "q1": [0, 1, 2]}
    assert pages[0]["MetricDataResults"][0]["StatusCode"] == "PartialData"

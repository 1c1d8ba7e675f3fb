"""How a mapping works goes into templates: a filter that is lost makes a function run on everything."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.jobs import JobContext
from workbench.functions.export_sources import Sources, read_sources
from workbench.functions.export_templates import sam_template, serverless_file
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.template_functions import load_yaml

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:orders"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
STREAM = "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks"
DEAD = "arn:aws:sqs:eu-central-1:123456789012:dead"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
PATTERN = '{"body": {"kind": ["new"]}}'
OF_QUEUE: dict[str, Any] = {
    "FilterCriteria": {"Filters": [{"Pattern": PATTERN}]},
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "ScalingConfig": {"MaximumConcurrency": 5},
    "KMSKeyArn": KEY,
    "LoggingConfig": {"SystemLogLevel": "WARN"},
}
OF_STREAM: dict[str, Any] = {
    "BisectBatchOnFunctionError": True,
    "DestinationConfig": {"OnFailure": {"Destination": DEAD}},
    "MaximumRecordAgeInSeconds": 3600,
    "MaximumRetryAttempts": 0,
    "ParallelizationFactor": 4,
    "TumblingWindowInSeconds": 30,
    "StartingPositionTimestamp": datetime(2026, 1, 1, tzinfo=UTC),
    "MetricsConfig": {"Metrics": ["EventCount"]},
}
PLAIN: dict[str, Any] = {
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
}
CORS = {"AllowOrigins": ["https://example.com"], "AllowMethods": ["GET"], "MaxAge": 60}


@pytest.fixture
def detail() -> FunctionDetail:
    return detail_of({"Configuration": {"FunctionName": "orders", "FunctionArn": ARN}})


def read(aws: StubbedAws, detail: FunctionDetail, *mappings: dict[str, Any], **url: Any) -> Sources:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": list(mappings)})
    answer = {"FunctionUrl": f"https://{'x' * 40}.lambda-url", "FunctionArn": ARN, "AuthType": "NONE"}
    moments = {"CreationTime": "now", "LastModifiedTime": "now"}
    aws.answer("lambda", "get_function_url_config", answer | moments | url)
    return read_sources(aws.connection, detail, JobContext())


def sam(detail: FunctionDetail, sources: Sources) -> dict[str, Any]:
    found = load_yaml(sam_template(detail, sources), "")["Resources"]["OrdersFunction"]["Properties"]
    assert isinstance(found, dict)
    return found


def serverless(detail: FunctionDetail, sources: Sources) -> dict[str, Any]:
    found = load_yaml(serverless_file(detail, sources), "")["functions"]["orders"]
    assert isinstance(found, dict)
    return found


def test_what_a_queue_s_mapping_does_is_in_both_files(aws: StubbedAws, detail: FunctionDetail) -> None:
    sources = read(aws, detail, {"EventSourceArn": QUEUE, "BatchSize": 7, **OF_QUEUE})
    assert sam(detail, sources)["Events"]["SQS1"]["Properties"] == {
        "Queue": QUEUE,
        "BatchSize": 7,
        "FilterCriteria": {"Filters": [{"Pattern": PATTERN}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 5},
        "KmsKeyArn": KEY,
    }
    assert serverless(detail, sources)["events"] == [
        {
            "sqs": {
                "arn": QUEUE,
                "batchSize": 7,
                "filterPatterns": [{"body": {"kind": ["new"]}}],
                "functionResponseType": "ReportBatchItemFailures",
                "maximumConcurrency": 5,
            }
        }
    ]
    assert f"# Not in this file: LoggingConfig of {QUEUE}\n" in sam_template(detail, sources)
    for name in ("KMSKeyArn", "LoggingConfig"):
        assert f"# Not in this file: {name} of {QUEUE}\n" in serverless_file(detail, sources)


def test_what_a_stream_s_mapping_does_is_in_both_files(aws: StubbedAws, detail: FunctionDetail) -> None:
    mapping = {"EventSourceArn": STREAM, "BatchSize": 100, "StartingPosition": "AT_TIMESTAMP", **OF_STREAM}
    sources = read(aws, detail, mapping)
    expected = OF_STREAM | {"StartingPositionTimestamp": 1767225600}
    found = sam(detail, sources)["Events"]["Kinesis1"]["Properties"]
    assert found.items() >= expected.items()
    assert serverless(detail, sources)["events"][0]["stream"] == {
        "arn": STREAM,
        "type": "kinesis",
        "batchSize": 100,
        "startingPosition": "AT_TIMESTAMP",
        "startingPositionTimestamp": 1767225600,
        "bisectBatchOnFunctionError": True,
        "destinations": {"onFailure": DEAD},
        "maximumRecordAgeInSeconds": 3600,
        "maximumRetryAttempts": 0,
        "parallelizationFactor": 4,
        "tumblingWindowInSeconds": 30,
    }
    assert f"# Not in this file: MetricsConfig of {STREAM}\n" in serverless_file(detail, sources)


def test_what_aws_does_of_itself_is_not_written_out(aws: StubbedAws, detail: FunctionDetail) -> None:
    sources = read(aws, detail, {"EventSourceArn": STREAM, "BatchSize": 100, **PLAIN})
    assert sam(detail, sources)["Events"]["Kinesis1"]["Properties"] == {"Stream": STREAM, "BatchSize": 100}


def test_the_web_pages_that_may_call_a_url_are_in_both_files(aws: StubbedAws, detail: FunctionDetail) -> None:
    sources = read(aws, detail, Cors=CORS)
    assert sam(detail, sources)["FunctionUrlConfig"]["Cors"] == CORS
    assert serverless(detail, sources)["url"]["cors"] == {
        "allowedOrigins": ["https://example.com"],
        "allowedMethods": ["GET"],
        "maxAge": 60,
    }


def test_a_filter_that_is_no_json_breaks_no_file_and_is_said(aws: StubbedAws, detail: FunctionDetail) -> None:
    odd = {"EventSourceArn": QUEUE, "FilterCriteria": {"Filters": [{"Pattern": "{"}]}}
    text = serverless_file(detail, read(aws, detail, odd))
    assert f"# Not in this file: FilterCriteria of {QUEUE}\n" in text
    assert load_yaml(text, "")["functions"]["orders"]["events"] == [{"sqs": {"arn": QUEUE}}]

"""Malformed requests end in refusals of AWS's form, and the next request is served."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from tests.malformed_requests import Malformed, fault_of, requests, send
from tests.sandbox.launcher.server import Server

JSON_1_1 = {"Content-Type": "application/x-amz-json-1.1"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AWS_FORM = [
    (
        Malformed("logs", "POST", "/", JSON_1_1 | {"X-Amz-Target": "Logs_20140328.Nothing"}, b"{}"),
        400,
        {"__type": "UnknownOperationException", "message": ""},
    ),
    (
        Malformed("logs", "POST", "/", JSON_1_1 | {"X-Amz-Target": "Logs_20140328.CreateLogGroup"}, b"{"),
        400,
        {"__type": "SerializationException", "message": "Request body is not well formed"},
    ),
    (
        Malformed(
            "logs",
            "POST",
            "/",
            JSON_1_1 | {"X-Amz-Target": "Logs_20140328.CreateLogGroup"},
            b'{"logGroupName": 1}',
        ),
        400,
        {"__type": "SerializationException", "message": "NUMBER_VALUE can not be converted to a String"},
    ),
    (
        Malformed("iam", "POST", "/", FORM, b"Action=Nothing&Version=2010-05-08"),
        400,
        "<Message>Could not find operation Nothing for version 2010-05-08</Message>",
    ),
    (
        Malformed("ec2", "POST", "/", FORM, b"Action=Nothing&Version=2016-11-15"),
        400,
        "<Code>InvalidAction</Code><Message>The action Nothing is not valid for this web service.</Message>",
    ),
    (
        Malformed("s3", "PUT", "/malformed?tagging", {}, b"<Tagging>"),
        400,
        "<Code>MalformedXML</Code><Message>The XML you provided was not well-formed or did not validate",
    ),
    (Malformed("lambda", "GET", "/2015-03-31/nothing", {}, b""), 404, {"message": ""}),
]


@pytest.fixture
def connection(server: Server) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    yield connection
    connection.close()


def test_damaged_requests_are_refused_and_the_next_one_is_served(
    server: Server, connection: HTTPConnection
) -> None:
    faults = []
    for malformed in requests(seed=18, count=400):
        fault = fault_of(malformed, send(connection, malformed, server.secret()))
        if fault:
            faults.append(f"{malformed}: {fault}")
    assert not faults, "\n".join(faults)
    assert server.client("lambda").list_functions()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(("malformed", "status", "wanted"), AWS_FORM, ids=lambda each: str(each)[:40])
def test_what_cannot_be_read_is_refused_in_the_words_of_aws(
    server: Server, connection: HTTPConnection, malformed: Malformed, status: int, wanted: object
) -> None:
    answer = send(connection, malformed, server.secret())
    assert answer.status == status
    assert answer.headers["x-amzn-requestid"]
    if isinstance(wanted, dict):
        assert json.loads(answer.body) == wanted
    else:
        assert str(wanted) in answer.body.decode()


def test_null_is_taken_as_absent(server: Server, connection: HTTPConnection) -> None:
    headers = JSON_1_1 | {"X-Amz-Target": "AmazonSQS.CreateQueue"}
    body = b'{"QueueName": "nulls", "Attributes": null, "tags": null}'
    answer = send(connection, Malformed("sqs", "POST", "/", headers, body), server.secret())
    assert (answer.status, json.loads(answer.body)["QueueUrl"].rpartition("/")[2]) == (200, "nulls")

"""Filters of a mapping that reads a table's stream, by AWS's rules: a number of DynamoDB is a text."""

import json
from typing import Any

from tests.sandbox.server.server import Server
from tests.waiting import eventually

SAYS = """
def handler(event, context):
    for each in event["Records"]:
        print("GOT", each["eventName"], each["dynamodb"]["Keys"]["id"]["S"])
"""
FILTERS: dict[str, Any] = {
    "text": {"dynamodb": {"NewImage": {"age": {"N": ["25"]}}}},
    "number": {"dynamodb": {"NewImage": {"age": {"N": [{"numeric": [">", 20]}]}}}},
    "absent": {"dynamodb": {"NewImage": {"note": {"S": [{"exists": False}]}}}, "eventName": ["INSERT"]},
    "wild": {"dynamodb": {"NewImage": {"id": {"S": [{"wildcard": "a*z"}]}}}},
    "folded": {"dynamodb": {"NewImage": {"id": {"S": [{"equals-ignore-case": "B"}]}}}},
    "but": {"dynamodb": {"NewImage": {"id": {"S": [{"anything-but": {"prefix": "a"}}]}}}},
    "either": {"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"NewImage": {"id": {"S": ["b"]}}}}]},
    "last": {"eventName": ["REMOVE"]},
}
WANTED = {
    "text": ["INSERT a-z"],
    "number": [],
    "absent": ["INSERT a-z", "INSERT c"],
    "wild": ["INSERT a-z"],
    "folded": ["INSERT b"],
    "but": ["INSERT b", "INSERT c"],
    "either": ["INSERT b", "REMOVE c"],
    "last": ["REMOVE c"],
}


def test_what_each_filter_lets_through(server: Server) -> None:
    tables, functions = server.client("dynamodb"), server.client("lambda")
    arn = tables.create_table(
        TableName="filtered",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]["LatestStreamArn"]
    mappings = []
    for name, pattern in FILTERS.items():
        server.create(f"filter-{name}", SAYS)
        made = functions.create_event_source_mapping(
            FunctionName=f"filter-{name}",
            EventSourceArn=arn,
            StartingPosition="TRIM_HORIZON",
            FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
        )
        mappings.append(made["UUID"])
    for item in (
        {"id": {"S": "a-z"}, "age": {"N": "25"}},
        {"id": {"S": "b"}, "age": {"N": "9"}, "note": {"S": "x"}},
        {"id": {"S": "c"}, "age": {"N": "9"}},
    ):
        tables.put_item(TableName="filtered", Item=item)
    tables.delete_item(TableName="filtered", Key={"id": {"S": "c"}})

    def got(name: str) -> list[str]:
        return [
            line.removeprefix("GOT ").strip() for line in server.lines(f"filter-{name}", filterPattern="GOT")
        ]

    def found() -> dict[str, list[str]]:
        return {name: got(name) for name in FILTERS}

    eventually(lambda: all(len(got(name)) >= len(wanted) for name, wanted in WANTED.items()), within_s=30)
    assert found() == WANTED
    for mapping in mappings:
        functions.delete_event_source_mapping(UUID=mapping)

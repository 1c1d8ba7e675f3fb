"""Hears every change of a table, in order within each item.

It stops at the first change that fails and says which: Lambda goes on from there. Set ReportBatchItemFailures
on the trigger, and a limit to how often it tries.
"""

import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    for record in event["Records"]:
        change = record["dynamodb"]
        try:
            work(record["eventName"], plain(change["Keys"]), plain(change.get("NewImage", {})))
        except Exception:
            logger.exception("change %s failed", change["SequenceNumber"])
            return {"batchItemFailures": [{"itemIdentifier": change["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def work(name, keys, item):
    """One change: name is INSERT, MODIFY or REMOVE; item is empty after REMOVE."""
    logger.info("%s %s: %s", name, keys, item)


def plain(attributes):
    """An item without DynamoDB's type marks: {"id": {"N": "7"}} is {"id": 7}."""
    return {name: value_of(typed) for name, typed in attributes.items()}


def value_of(typed):
    [(kind, value)] = typed.items()
    if kind == "N":
        return float(value) if any(mark in value for mark in ".eE") else int(value)
    if kind == "M":
        return plain(value)
    if kind == "L":
        return [value_of(each) for each in value]
    return None if kind == "NULL" else value

"""Reads records from a stream, in order within each shard.

It stops at the first record that fails and says which: Lambda goes on from there. Set ReportBatchItemFailures
on the trigger, and a limit to how often it tries.
"""

import base64
import json
import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    for record in event["Records"]:
        data = record["kinesis"]
        try:
            work(data["partitionKey"], json.loads(base64.b64decode(data["data"])))
        except Exception:
            logger.exception("record %s failed", data["sequenceNumber"])
            return {"batchItemFailures": [{"itemIdentifier": data["sequenceNumber"]}]}
    return {"batchItemFailures": []}


def work(key, content):
    logger.info("%s: %s", key, content)

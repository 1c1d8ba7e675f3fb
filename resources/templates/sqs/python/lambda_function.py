"""Works off messages from a queue, in batches.

A message that fails comes back, the others are deleted: set ReportBatchItemFailures on the trigger.
"""

import json
import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    failures = []
    for message in event["Records"]:
        try:
            work(json.loads(message["body"]))
        except Exception:
            logger.exception("message %s failed", message["messageId"])
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def work(job):
    logger.info("working on %s", job)

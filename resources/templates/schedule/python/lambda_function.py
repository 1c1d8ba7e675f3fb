"""Runs at set times: EventBridge invokes it, by a rate or a cron expression."""

import logging
from datetime import datetime

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    # When it was due, not when it runs: a late run does the same work.
    due = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    logger.info("the work of %s", due)
    return {"due": due.isoformat()}

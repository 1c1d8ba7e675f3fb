"""Hears what is published to a topic."""

import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    messages = [record["Sns"] for record in event["Records"]]
    for message in messages:
        # SNS may deliver a message twice: MessageId tells.
        logger.info("%s: %s", message["MessageId"], message["Message"])
    return {"messages": len(messages)}

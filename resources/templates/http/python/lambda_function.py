"""Answers HTTP requests that come through an HTTP API or a function URL (payload version 2.0)."""

import base64
import json
import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    request = event["requestContext"]["http"]
    logger.info("%s %s", request["method"], request["path"])
    try:
        content = body_of(event)
    except ValueError:
        return answer(400, {"error": "The body is not JSON."})
    return answer(
        200,
        {
            "method": request["method"],
            "path": request["path"],
            "query": event.get("queryStringParameters") or {},
            "body": content,
        },
    )


def body_of(event):
    """The request's body, read as JSON; None when there is none."""
    body = event.get("body")
    if not body:
        return None
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body)
    return json.loads(body)


def answer(status, content):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(content),
    }

"""Greets whoever asks over HTTP.

The event is what a function URL or an API Gateway HTTP API sends (payload format 2.0). The answer is what they
turn into an HTTP response: a status code, headers and a body, which is text.

Things to try: change the greeting and deploy; set the environment variable GREETING; invoke with the event
"fault" and find its stack trace in the logs and its mark in the Errors chart.
"""

import json
import logging
import os

# Lambda has set up logging already: what is logged goes to CloudWatch Logs. Only the level is left to choose.
logger = logging.getLogger()
logger.setLevel(logging.INFO)

# Code outside the handler runs once for each execution environment, when that starts: the place for
# configuration and for clients. Every invocation after the first finds it done.
GREETING = os.environ.get("GREETING", "Hello")


def lambda_handler(event, context):
    """Called once for each request. `context` tells of this invocation: its request id, the time left."""
    path = event.get("rawPath", "/")
    logger.info("%s %s", event.get("requestContext", {}).get("http", {}).get("method", "GET"), path)

    if path == "/fault":
        # An exception that leaves the handler makes the invocation an error. The client sees only
        # "Internal Server Error"; the stack trace is in the logs.
        raise RuntimeError("You asked for a fault, here it is.")

    # Without a query string there is no such key, not an empty dict.
    name = (event.get("queryStringParameters") or {}).get("name", "").strip() or "world"
    if len(name) > 100:
        # A mistake of the client's is no error of the function: say so with a status code.
        return response(400, {"message": "That name is longer than 100 characters."})
    return response(200, {"message": f"{GREETING}, {name}!", "request_id": context.aws_request_id})


def response(status_code, body):
    return {
        "statusCode": status_code,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }

// Handlers in Python.
import type { Snippet } from "./snippets";

const DEF = "def ${1:lambda_handler}(event, context):\n";

export const PYTHON: Snippet[] = [
  { source: "", about: "A handler: Lambda calls it with the event and a context.", body: `${DEF}    \${0:return {"ok": True\\}}\n` },
  {
    source: "HTTP",
    words: "url api gateway",
    about: "Answers a function URL or an HTTP API (payload 2.0).",
    imports: ["import json"],
    body: `${DEF}    query = event.get("queryStringParameters") or {\\}
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"\\},
        "body": json.dumps(\${0:{"query": query\\}}),
    \\}\n`,
  },
  {
    source: "S3",
    words: "bucket object",
    about: "Hears of objects in a bucket. Keys come URL-encoded.",
    imports: ["from urllib.parse import unquote_plus"],
    body: `${DEF}    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        \${0:print(bucket, key)}\n`,
  },
  {
    source: "SQS",
    words: "queue message",
    about: "Takes messages of a queue; those that fail come again, the others not (ReportBatchItemFailures).",
    imports: ["import logging"],
    body: `${DEF}    failures = []
    for record in event["Records"]:
        try:
            \${0:print(record["body"])}
        except Exception:
            logging.exception("message %s failed", record["messageId"])
            failures.append({"itemIdentifier": record["messageId"]\\})
    return {"batchItemFailures": failures\\}\n`,
  },
  {
    source: "SNS",
    words: "topic notification",
    about: "Takes notifications of a topic.",
    body: `${DEF}    for record in event["Records"]:
        message = record["Sns"]["Message"]
        \${0:print(message)}\n`,
  },
  {
    source: "DynamoDB",
    words: "stream table",
    about: "Follows the changes of a table through its stream.",
    body: `${DEF}    for record in event["Records"]:
        change = record["dynamodb"]
        \${0:print(record["eventName"], change["Keys"], change.get("NewImage"))}\n`,
  },
  {
    source: "Kinesis",
    words: "stream data",
    about: "Reads records of a data stream.",
    imports: ["import base64"],
    body: `${DEF}    for record in event["Records"]:
        data = base64.b64decode(record["kinesis"]["data"])
        \${0:print(data)}\n`,
  },
  {
    source: "EventBridge",
    words: "schedule rule cron",
    about: "Runs on a schedule, or when a rule of an event bus matches.",
    body: `${DEF}    \${0:print(event["detail-type"], event["time"], event["detail"])}\n`,
  },
];

// Handlers in JavaScript and TypeScript.
import type { Snippet } from "./snippets";

const EXPORT = "export const ${1:handler} = async (event) => {\n";

export const SCRIPT: Snippet[] = [
  { source: "", about: "A handler: Lambda calls it with the event and a context.", body: `${EXPORT.replace("(event)", "(event, context)")}  \${0:return { ok: true \\};}\n};\n` },
  {
    source: "HTTP",
    words: "url api gateway",
    about: "Answers a function URL or an HTTP API (payload 2.0).",
    body: `${EXPORT}  const query = event.queryStringParameters ?? {};
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(\${0:{ query \\}}),
  };
};\n`,
  },
  {
    source: "S3",
    words: "bucket object",
    about: "Hears of objects in a bucket. Keys come URL-encoded.",
    body: `${EXPORT}  for (const { s3 } of event.Records) {
    const key = decodeURIComponent(s3.object.key.replaceAll("+", " "));
    \${0:console.log(s3.bucket.name, key);}
  }
};\n`,
  },
  {
    source: "SQS",
    words: "queue message",
    about: "Takes messages of a queue; those that fail come again, the others not (ReportBatchItemFailures).",
    body: `${EXPORT}  const batchItemFailures = [];
  for (const { messageId, body } of event.Records) {
    try {
      \${0:console.log(body);}
    } catch (error) {
      console.error(error);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
};\n`,
  },
  {
    source: "SNS",
    words: "topic notification",
    about: "Takes notifications of a topic.",
    body: `${EXPORT}  for (const { Sns } of event.Records) {
    \${0:console.log(Sns.Message);}
  }
};\n`,
  },
  {
    source: "DynamoDB",
    words: "stream table",
    about: "Follows the changes of a table through its stream.",
    body: `${EXPORT}  for (const { eventName, dynamodb } of event.Records) {
    \${0:console.log(eventName, dynamodb.Keys, dynamodb.NewImage);}
  }
};\n`,
  },
  {
    source: "Kinesis",
    words: "stream data",
    about: "Reads records of a data stream.",
    body: `${EXPORT}  for (const { kinesis } of event.Records) {
    const data = Buffer.from(kinesis.data, "base64").toString();
    \${0:console.log(data);}
  }
};\n`,
  },
  {
    source: "EventBridge",
    words: "schedule rule cron",
    about: "Runs on a schedule, or when a rule of an event bus matches.",
    body: `${EXPORT}  \${0:console.log(event["detail-type"], event.time, event.detail);}\n};\n`,
  },
];

// The forms of events by the sample that an event was made from: they hold even where the mark of the source is missing.
// Source: the event source pages of the AWS Lambda Developer Guide.
import { listOf, object, oneOf, type Schema } from "./schema";
import { DYNAMODB, EVENT_BRIDGE, EVENT_SCHEMA, HTTP, KINESIS, REST, S3, SNS, SQS } from "./schema_events";

const recordsOf = (record: Schema): Schema => object({ Records: listOf(record) }, ["Records"]);
const mapOf = (items: Schema, description: string): Schema => ({ type: "object", description, additionalProperties: listOf(items) });
const BROKER = { eventSource: oneOf("aws:mq", "aws:rmq"), eventSourceArn: "s The broker's ARN" };

const KAFKA = object({
  eventSource: oneOf("aws:kafka", "SelfManagedKafka"),
  eventSourceArn: "s The cluster's ARN, of MSK",
  bootstrapServers: "s Host and port of the brokers, with commas between",
  records: mapOf(
    object({ topic: "s", partition: "n", offset: "n", timestamp: "n Milliseconds since 1970", timestampType: oneOf("CREATE_TIME", "LOG_APPEND_TIME"), key: "x Bytes, as Base64", value: "x Bytes, as Base64", headers: "a" }, ["topic", "partition", "offset"]),
    "Topic and partition (orders-0), and its records",
  ),
}, ["records"]);

const ACTIVEMQ = object({
  ...BROKER,
  messages: listOf(object({
    messageID: "s", messageType: oneOf("jms/text-message", "jms/bytes-message"), deliveryMode: "n", replyTo: "x", type: "x", expiration: "s", priority: "n", correlationId: "x",
    redelivered: "b", destination: object({ physicalName: "s The queue" }), data: "s Bytes, as Base64", timestamp: "n", brokerInTime: "n", brokerOutTime: "n", properties: "o",
  }, ["messageID", "data"])),
}, ["messages"]);

const RABBITMQ = object({
  ...BROKER,
  rmqMessagesByQueue: mapOf(object({ basicProperties: "o", redelivered: "b", data: "s Bytes, as Base64" }, ["data"]), "Queue and virtual host (orders::/), and its messages"),
}, ["rmqMessagesByQueue"]);

const DOCUMENTDB = object({
  eventSource: oneOf("aws:docdb"),
  eventSourceArn: "s The cluster's ARN",
  events: listOf(object({
    event: object({ _id: "o", clusterTime: "o", documentKey: "o", fullDocument: "o", ns: object({ db: "s", coll: "s" }), operationType: oneOf("insert", "update", "replace", "delete"), updateDescription: "o" }),
  }, ["event"])),
}, ["events"]);

const COGNITO = object({
  version: "s", region: "s", userPoolId: "s", userName: "s",
  callerContext: object({ awsSdkVersion: "s", clientId: "s" }),
  triggerSource: oneOf("PreSignUp_SignUp", "PreSignUp_AdminCreateUser", "PreSignUp_ExternalProvider"),
  request: object({ userAttributes: "o", validationData: "x", clientMetadata: "x" }),
  response: object({ autoConfirmUser: "b", autoVerifyEmail: "b", autoVerifyPhone: "b" }),
}, ["triggerSource", "request", "response"]);

const LOGS = object({ awslogs: object({ data: "s Log events: JSON, compressed with gzip, as Base64" }, ["data"]) }, ["awslogs"]);

const SAMPLES: Record<string, Schema> = {
  "s3-put": recordsOf(S3),
  sqs: recordsOf(SQS),
  "sqs-fifo": recordsOf(SQS),
  sns: recordsOf(SNS),
  "dynamodb-streams": recordsOf(DYNAMODB),
  kinesis: recordsOf(KINESIS),
  "function-url": HTTP,
  "http-api-v2": HTTP,
  "rest-api-v1": REST,
  "eventbridge-rule": EVENT_BRIDGE,
  "eventbridge-schedule": EVENT_BRIDGE,
  scheduler: EVENT_BRIDGE,
  msk: KAFKA,
  "kafka-self-managed": KAFKA,
  "mq-activemq": ACTIVEMQ,
  "mq-rabbitmq": RABBITMQ,
  documentdb: DOCUMENTDB,
  "cognito-pre-sign-up": COGNITO,
  "cloudwatch-logs": LOGS,
};

/** By the folder where Python says that an event lies: see workbench/ui/invoking/controller.py. One schema fits a file, not two. */
const FOLDER = "**/made-from";
export const SAMPLE_SCHEMAS = Object.entries(SAMPLES).map(([name, form]) => ({
  uri: `workbench:event-${name}`,
  fileMatch: [`${FOLDER}/${name}/events/*.json`],
  schema: { allOf: [EVENT_SCHEMA, form], defaultSnippets: EVENT_SCHEMA.defaultSnippets },
}));
export const NOT_BY_SAMPLE = Object.keys(SAMPLES).map((name) => `!${FOLDER}/${name}/events/*.json`);

// What Lambda's event sources send. Source: the event source pages of the AWS Lambda Developer Guide.
import { _ } from "./messages";
import { listOf, object, oneOf, when, type Schema } from "./schema";

const SOURCES = ["aws:s3", "aws:sqs", "aws:dynamodb", "aws:kinesis"];

const COMMON = { eventSource: oneOf(...SOURCES), awsRegion: ["s", _("The region of the source")], eventVersion: "s", eventSourceARN: ["s", _("The ARN of the source")] };

const S3 = object({
  ...COMMON,
  eventTime: ["s", _("When it happened, ISO 8601")],
  eventName: oneOf("ObjectCreated:Put", "ObjectCreated:Post", "ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload", "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated"),
  userIdentity: object({ principalId: "s" }),
  requestParameters: object({ sourceIPAddress: "s" }),
  responseElements: "o",
  s3: object({
    s3SchemaVersion: "s",
    configurationId: ["s", _("The notification's name")],
    bucket: object({ name: "s", arn: "s", ownerIdentity: object({ principalId: "s" }) }, ["name"]),
    object: object({ key: ["s", _("URL-encoded: a space is a +")], size: ["n", _("Bytes")], eTag: "s", versionId: "s", sequencer: "s" }, ["key"]),
  }, ["bucket", "object"]),
});

const SQS = object({
  ...COMMON,
  messageId: ["s", _("Return it in batchItemFailures to have the message delivered again")],
  receiptHandle: "s",
  body: ["s", _("The message's text")],
  attributes: object({ ApproximateReceiveCount: "s", SentTimestamp: "s", SenderId: "s", ApproximateFirstReceiveTimestamp: "s", MessageGroupId: ["s", _("Of FIFO queues")], MessageDeduplicationId: ["s", _("Of FIFO queues")] }),
  messageAttributes: "o",
  md5OfBody: "s",
}, ["messageId", "body"]);

const SNS = object({
  EventSource: { type: "string", const: "aws:sns" },
  EventVersion: "s",
  EventSubscriptionArn: "s",
  Sns: object({ Type: oneOf("Notification"), MessageId: "s", TopicArn: "s", Subject: "s", Message: ["s", _("The message's text")], Timestamp: "s", SignatureVersion: "s", Signature: "s", SigningCertUrl: "s", UnsubscribeUrl: "s", MessageAttributes: "o" }, ["Message"]),
});

const IMAGE: Schema = {
  type: "object",
  description: _("Attributes and their types"),
  additionalProperties: object({ S: ["s", _("Text")], N: ["s", _("A number, as text")], B: ["s", _("Bytes, as Base64")], BOOL: "b", NULL: "b", M: ["o", _("A map")], L: ["a", _("A list")], SS: "a", NS: "a", BS: "a" }),
};

const DYNAMODB = object({
  ...COMMON,
  eventID: "s",
  eventName: oneOf("INSERT", "MODIFY", "REMOVE"),
  dynamodb: object({
    ApproximateCreationDateTime: ["n", _("Seconds since 1970")],
    Keys: IMAGE,
    NewImage: IMAGE,
    OldImage: IMAGE,
    SequenceNumber: "s",
    SizeBytes: "n",
    StreamViewType: oneOf("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"),
  }),
});

const KINESIS = object({
  ...COMMON,
  eventID: "s",
  eventName: oneOf("aws:kinesis:record"),
  invokeIdentityArn: "s",
  kinesis: object({ data: ["s", _("Bytes, as Base64")], partitionKey: "s", sequenceNumber: "s", approximateArrivalTimestamp: "n", kinesisSchemaVersion: "s" }, ["data"]),
});

const HTTP = object({
  version: { const: "2.0" },
  routeKey: ["s", _("Method and path of the route, or $default")],
  rawPath: "s",
  rawQueryString: "s",
  cookies: listOf("s"),
  headers: ["o", _("Names in lower case")],
  queryStringParameters: "o",
  pathParameters: "o",
  stageVariables: "o",
  body: "s",
  isBase64Encoded: "b",
  requestContext: object({
    accountId: "s", apiId: "s", domainName: "s", domainPrefix: "s", requestId: "s", routeKey: "s", stage: "s", time: "s", timeEpoch: "n",
    authorizer: "o", authentication: "o",
    http: object({ method: oneOf("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"), path: "s", protocol: "s", sourceIp: "s", userAgent: "s" }),
  }),
});

const REST = object({
  resource: ["s", _("The path of the resource in the API")], path: "s", httpMethod: oneOf("GET", "POST", "PUT", "PATCH", "DELETE"), headers: "o", multiValueHeaders: "o",
  queryStringParameters: "x", multiValueQueryStringParameters: "x", pathParameters: "x", stageVariables: "x", requestContext: "o", body: "x", isBase64Encoded: "b",
});

const EVENT_BRIDGE = object({
  version: "s", id: "s", "detail-type": ["s", _("What kind of event it is")], source: ["s", _("The sender: aws.events, aws.s3, or your application")], account: "s", time: ["s", "ISO 8601"],
  region: "s", resources: listOf("s"), detail: ["x", _("What happened")],
}, ["detail"]);

/** When the first record has this source. */
const records = (field: string, source: string, record: Schema): Schema => ({
  if: { properties: { Records: { type: "array", contains: { properties: { [field]: { const: source } }, required: [field] } } }, required: ["Records"] },
  then: { properties: { Records: listOf(record) } },
});

const sample = (label: string, description: string, body: object): object => ({ label, description, body });
const ARN = "arn:aws:${1}:us-east-1:123456789012:${2}";

export const EVENT_SCHEMA: Schema = {
  description: _("A test event for a function"),
  properties: { Records: listOf(object({ eventSource: oneOf(...SOURCES), EventSource: oneOf("aws:sns") })), "detail-type": { type: "string" } },
  allOf: [
    records("eventSource", "aws:s3", S3),
    records("eventSource", "aws:sqs", SQS),
    records("EventSource", "aws:sns", SNS),
    records("eventSource", "aws:dynamodb", DYNAMODB),
    records("eventSource", "aws:kinesis", KINESIS),
    when("version", "2.0", HTTP),
    { if: { required: ["httpMethod"] }, then: REST },
    { if: { required: ["detail-type"] }, then: EVENT_BRIDGE },
  ],
  defaultSnippets: [
    sample(_("HTTP request"), _("Function URL or HTTP API, payload 2.0"), {
      version: "2.0", routeKey: "$default", rawPath: "/${1}", rawQueryString: "", headers: { "content-type": "application/json" }, queryStringParameters: {},
      requestContext: { http: { method: "${2:GET}", path: "/${1}", sourceIp: "127.0.0.1" } }, body: "${3}", isBase64Encoded: false,
    }),
    sample(_("S3 object created"), _("From a bucket"), {
      Records: [{ eventSource: "aws:s3", eventName: "ObjectCreated:Put", awsRegion: "us-east-1", s3: { bucket: { name: "${1:bucket}" }, object: { key: "${2:key}", size: 1024 } } }],
    }),
    sample(_("SQS messages"), _("From a queue"), { Records: [{ eventSource: "aws:sqs", messageId: "1", body: "${3:text}", attributes: { ApproximateReceiveCount: "1" }, messageAttributes: {}, eventSourceARN: ARN }] }),
    sample(_("SNS notification"), _("From a topic"), { Records: [{ EventSource: "aws:sns", Sns: { Type: "Notification", Subject: "${1:subject}", Message: "${2:message}" } }] }),
    sample(_("DynamoDB stream"), _("From a table"), {
      Records: [{ eventSource: "aws:dynamodb", eventName: "INSERT", dynamodb: { Keys: { id: { S: "${1:1}" } }, NewImage: { id: { S: "${1:1}" } }, StreamViewType: "NEW_AND_OLD_IMAGES" } }],
    }),
    sample(_("Kinesis records"), _("From a data stream; data is Base64"), { Records: [{ eventSource: "aws:kinesis", kinesis: { partitionKey: "${1:key}", data: "${2:aGVsbG8=}" } }] }),
    sample(_("EventBridge schedule"), _("From a rule or a schedule"), { version: "0", "detail-type": "Scheduled Event", source: "aws.events", time: "2026-01-01T00:00:00Z", region: "us-east-1", resources: [], detail: {} }),
  ],
};

// The forms of events by the sample that an event was made from: they hold even where the mark of the source is missing.

const recordsOf = (record: Schema): Schema => object({ Records: listOf(record) }, ["Records"]);
const mapOf = (items: Schema, description: string): Schema => ({ type: "object", description, additionalProperties: listOf(items) });
const BROKER = { eventSource: oneOf("aws:mq", "aws:rmq"), eventSourceArn: ["s", _("The broker's ARN")] };

const KAFKA = object({
  eventSource: oneOf("aws:kafka", "SelfManagedKafka"),
  eventSourceArn: ["s", _("The ARN of the MSK cluster")],
  bootstrapServers: ["s", _("Host and port of the brokers, separated by commas")],
  records: mapOf(
    object({ topic: "s", partition: "n", offset: "n", timestamp: ["n", _("Milliseconds since 1970")], timestampType: oneOf("CREATE_TIME", "LOG_APPEND_TIME"), key: ["x", _("Bytes, as Base64")], value: ["x", _("Bytes, as Base64")], headers: "a" }, ["topic", "partition", "offset"]),
    _("Topic and partition (orders-0), and its records"),
  ),
}, ["records"]);

const ACTIVEMQ = object({
  ...BROKER,
  messages: listOf(object({
    messageID: "s", messageType: oneOf("jms/text-message", "jms/bytes-message"), deliveryMode: "n", replyTo: "x", type: "x", expiration: "s", priority: "n", correlationId: "x",
    redelivered: "b", destination: object({ physicalName: ["s", _("The queue")] }), data: ["s", _("Bytes, as Base64")], timestamp: "n", brokerInTime: "n", brokerOutTime: "n", properties: "o",
  }, ["messageID", "data"])),
}, ["messages"]);

const RABBITMQ = object({
  ...BROKER,
  rmqMessagesByQueue: mapOf(object({ basicProperties: "o", redelivered: "b", data: ["s", _("Bytes, as Base64")] }, ["data"]), _("Queue and virtual host (orders::/), and its messages")),
}, ["rmqMessagesByQueue"]);

const DOCUMENTDB = object({
  eventSource: oneOf("aws:docdb"),
  eventSourceArn: ["s", _("The cluster's ARN")],
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

const LOGS = object({ awslogs: object({ data: ["s", _("Log events: JSON, compressed with gzip, as Base64")] }, ["data"]) }, ["awslogs"]);

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

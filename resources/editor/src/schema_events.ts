// What Lambda's event sources send. Source: the event source pages of the AWS Lambda Developer Guide.
import { listOf, object, oneOf, when, type Schema } from "./schema";

const SOURCES = ["aws:s3", "aws:sqs", "aws:dynamodb", "aws:kinesis"];

const COMMON = { eventSource: oneOf(...SOURCES), awsRegion: "s The region of the source", eventVersion: "s", eventSourceARN: "s The ARN of the source" };

export const S3 = object({
  ...COMMON,
  eventTime: "s When it happened, ISO 8601",
  eventName: oneOf("ObjectCreated:Put", "ObjectCreated:Post", "ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload", "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated"),
  userIdentity: object({ principalId: "s" }),
  requestParameters: object({ sourceIPAddress: "s" }),
  responseElements: "o",
  s3: object({
    s3SchemaVersion: "s",
    configurationId: "s The notification's name",
    bucket: object({ name: "s", arn: "s", ownerIdentity: object({ principalId: "s" }) }, ["name"]),
    object: object({ key: "s URL-encoded: a space is a +", size: "n Bytes", eTag: "s", versionId: "s", sequencer: "s" }, ["key"]),
  }, ["bucket", "object"]),
});

export const SQS = object({
  ...COMMON,
  messageId: "s Named in batchItemFailures when the message is to come again",
  receiptHandle: "s",
  body: "s The message's text",
  attributes: object({ ApproximateReceiveCount: "s", SentTimestamp: "s", SenderId: "s", ApproximateFirstReceiveTimestamp: "s", MessageGroupId: "s Of FIFO queues", MessageDeduplicationId: "s Of FIFO queues" }),
  messageAttributes: "o",
  md5OfBody: "s",
}, ["messageId", "body"]);

export const SNS = object({
  EventSource: { type: "string", const: "aws:sns" },
  EventVersion: "s",
  EventSubscriptionArn: "s",
  Sns: object({ Type: oneOf("Notification"), MessageId: "s", TopicArn: "s", Subject: "s", Message: "s The message's text", Timestamp: "s", SignatureVersion: "s", Signature: "s", SigningCertUrl: "s", UnsubscribeUrl: "s", MessageAttributes: "o" }, ["Message"]),
});

const IMAGE: Schema = {
  type: "object",
  description: "Attributes with their types",
  additionalProperties: object({ S: "s Text", N: "s A number, as text", B: "s Bytes, as Base64", BOOL: "b", NULL: "b", M: "o A map", L: "a A list", SS: "a", NS: "a", BS: "a" }),
};

export const DYNAMODB = object({
  ...COMMON,
  eventID: "s",
  eventName: oneOf("INSERT", "MODIFY", "REMOVE"),
  dynamodb: object({
    ApproximateCreationDateTime: "n Seconds since 1970",
    Keys: IMAGE,
    NewImage: IMAGE,
    OldImage: IMAGE,
    SequenceNumber: "s",
    SizeBytes: "n",
    StreamViewType: oneOf("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"),
  }),
});

export const KINESIS = object({
  ...COMMON,
  eventID: "s",
  eventName: oneOf("aws:kinesis:record"),
  invokeIdentityArn: "s",
  kinesis: object({ data: "s Bytes, as Base64", partitionKey: "s", sequenceNumber: "s", approximateArrivalTimestamp: "n", kinesisSchemaVersion: "s" }, ["data"]),
});

export const HTTP = object({
  version: { const: "2.0" },
  routeKey: "s Method and path of the route, or $default",
  rawPath: "s",
  rawQueryString: "s",
  cookies: listOf("s"),
  headers: "o Names in lower case",
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

export const REST = object({
  resource: "s The path as the API names it", path: "s", httpMethod: oneOf("GET", "POST", "PUT", "PATCH", "DELETE"), headers: "o", multiValueHeaders: "o",
  queryStringParameters: "x", multiValueQueryStringParameters: "x", pathParameters: "x", stageVariables: "x", requestContext: "o", body: "x", isBase64Encoded: "b",
});

export const EVENT_BRIDGE = object({
  version: "s", id: "s", "detail-type": "s What kind of event it is", source: "s Who sent it: aws.events, aws.s3, your own", account: "s", time: "s ISO 8601",
  region: "s", resources: listOf("s"), detail: "x What happened",
}, ["detail"]);

/** When the first record has this source. */
const records = (field: string, source: string, record: Schema): Schema => ({
  if: { properties: { Records: { type: "array", contains: { properties: { [field]: { const: source } }, required: [field] } } }, required: ["Records"] },
  then: { properties: { Records: listOf(record) } },
});

const sample = (label: string, description: string, body: object): object => ({ label, description, body });
const ARN = "arn:aws:${1}:us-east-1:123456789012:${2}";

export const EVENT_SCHEMA: Schema = {
  description: "A test event for a function",
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
    sample("HTTP request", "Function URL or HTTP API, payload 2.0", {
      version: "2.0", routeKey: "$default", rawPath: "/${1}", rawQueryString: "", headers: { "content-type": "application/json" }, queryStringParameters: {},
      requestContext: { http: { method: "${2:GET}", path: "/${1}", sourceIp: "127.0.0.1" } }, body: "${3}", isBase64Encoded: false,
    }),
    sample("S3 object created", "From a bucket", {
      Records: [{ eventSource: "aws:s3", eventName: "ObjectCreated:Put", awsRegion: "us-east-1", s3: { bucket: { name: "${1:bucket}" }, object: { key: "${2:key}", size: 1024 } } }],
    }),
    sample("SQS messages", "From a queue", { Records: [{ eventSource: "aws:sqs", messageId: "1", body: "${3:text}", attributes: { ApproximateReceiveCount: "1" }, messageAttributes: {}, eventSourceARN: ARN }] }),
    sample("SNS notification", "From a topic", { Records: [{ EventSource: "aws:sns", Sns: { Type: "Notification", Subject: "${1:subject}", Message: "${2:message}" } }] }),
    sample("DynamoDB stream", "From a table", {
      Records: [{ eventSource: "aws:dynamodb", eventName: "INSERT", dynamodb: { Keys: { id: { S: "${1:1}" } }, NewImage: { id: { S: "${1:1}" } }, StreamViewType: "NEW_AND_OLD_IMAGES" } }],
    }),
    sample("Kinesis records", "From a data stream; data is Base64", { Records: [{ eventSource: "aws:kinesis", kinesis: { partitionKey: "${1:key}", data: "${2:aGVsbG8=}" } }] }),
    sample("EventBridge schedule", "From a rule or a schedule", { version: "0", "detail-type": "Scheduled Event", source: "aws.events", time: "2026-01-01T00:00:00Z", region: "us-east-1", resources: [], detail: {} }),
  ],
};

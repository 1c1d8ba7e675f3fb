// SAM and CloudFormation templates: what they say of serverless resources. Other resources are let through.
// Source: the AWS SAM specification and the CloudFormation resource reference.
import { _ } from "./messages";
import { listOf, object, oneOf, when, type Schema } from "./schema";

/** Any value may be computed: {"Ref": …}, {"Fn::Sub": …}. So strings, numbers and switches are not insisted on. */
const value = (description: string, offered: Schema = {}): Schema => {
  const { type: _type, ...rest } = offered;
  return { description, ...rest };
};

const MAPPING = {
  BatchSize: ["x", _("Maximum number of records per invocation")],
  Enabled: "x",
  FilterCriteria: object({ Filters: listOf(object({ Pattern: ["s", _("JSON: which records match")] })) }),
  FunctionResponseTypes: listOf(oneOf("ReportBatchItemFailures")),
  MaximumBatchingWindowInSeconds: ["x", _("Seconds to gather records, at most 300")],
};
const STREAM = {
  ...MAPPING,
  StartingPosition: value(_("Where reading begins"), oneOf("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")),
  StartingPositionTimestamp: "x",
  BisectBatchOnFunctionError: "x",
  DestinationConfig: ["o", _("Where discarded records are sent")],
  MaximumRecordAgeInSeconds: "x",
  MaximumRetryAttempts: "x",
  ParallelizationFactor: ["x", _("Invocations at once for each shard, 1 to 10")],
  TumblingWindowInSeconds: "x",
};
const METHODS = oneOf("get", "post", "put", "patch", "delete", "head", "options", "any");

const EVENTS: Record<string, Schema> = {
  Api: object({ Path: ["x", "/path/{parameter}"], Method: value(_("HTTP method"), METHODS), RestApiId: "x", Auth: "o", RequestModel: "o", RequestParameters: "a", TimeoutInMillis: "x" }, ["Path", "Method"]),
  HttpApi: object({ Path: ["x", "/path/{parameter}"], Method: value(_("HTTP method"), METHODS), ApiId: "x", Auth: "o", PayloadFormatVersion: value(_("Format of the event"), oneOf("1.0", "2.0")), RouteSettings: "o", TimeoutInMillis: "x" }),
  S3: object({ Bucket: ["x", _("A bucket of this template: {\"Ref\": …}")], Events: ["x", _("For example s3:ObjectCreated:*")], Filter: "o" }, ["Bucket", "Events"]),
  SNS: object({ Topic: ["x", _("The topic's ARN")], Region: "x", FilterPolicy: "o", FilterPolicyScope: value(_("What the filter reads"), oneOf("MessageAttributes", "MessageBody")), SqsSubscription: "x", RedrivePolicy: "o" }, ["Topic"]),
  SQS: object({ Queue: ["x", _("The queue's ARN")], ...MAPPING, ScalingConfig: object({ MaximumConcurrency: ["x", _("2 to 1000")] }) }, ["Queue"]),
  DynamoDB: object({ Stream: ["x", _("The stream's ARN")], ...STREAM }, ["Stream", "StartingPosition"]),
  Kinesis: object({ Stream: ["x", _("The stream's ARN")], ...STREAM }, ["Stream", "StartingPosition"]),
  Schedule: object({ Schedule: ["x", _("rate(5 minutes) or cron(0 9 * * ? *)")], Name: "x", Description: "x", Enabled: "x", State: value("", oneOf("ENABLED", "DISABLED")), Input: ["x", "JSON"], DeadLetterConfig: "o", RetryPolicy: "o" }, ["Schedule"]),
  ScheduleV2: object({ ScheduleExpression: ["x", _("rate(…), cron(…) or at(…)")], ScheduleExpressionTimezone: ["x", "Europe/Vienna"], FlexibleTimeWindow: "o", Name: "x", Description: "x", GroupName: "x", State: value("", oneOf("ENABLED", "DISABLED")), Input: ["x", "JSON"], StartDate: "x", EndDate: "x", RoleArn: "x", DeadLetterConfig: "o", RetryPolicy: "o", KmsKeyArn: "x", PermissionsBoundary: "x" }),
  EventBridgeRule: object({ Pattern: ["o", _("Which events match")], EventBusName: "x", RuleName: "x", Input: ["x", "JSON"], InputPath: "x", InputTransformer: "o", State: value("", oneOf("ENABLED", "DISABLED")), Target: "o", DeadLetterConfig: "o", RetryPolicy: "o" }, ["Pattern"]),
  CloudWatchEvent: object({ Pattern: ["o", _("Which events match")], EventBusName: "x", Input: ["x", "JSON"], InputPath: "x", State: value("", oneOf("ENABLED", "DISABLED")), Target: "o" }, ["Pattern"]),
  CloudWatchLogs: object({ LogGroupName: "x", FilterPattern: "x" }, ["LogGroupName", "FilterPattern"]),
  IoTRule: object({ Sql: "x", AwsIotSqlVersion: "x" }, ["Sql"]),
  Cognito: object({ UserPool: "x", Trigger: "x" }, ["UserPool", "Trigger"]),
  MSK: object({ Stream: ["x", _("The cluster's ARN")], Topics: "x", ...STREAM, ConsumerGroupId: "x", SourceAccessConfigurations: "a" }, ["Stream", "Topics"]),
  MQ: object({ Broker: ["x", _("The broker's ARN")], Queues: "x", SourceAccessConfigurations: "a", ...MAPPING }, ["Broker", "Queues"]),
  SelfManagedKafka: object({ KafkaBootstrapServers: "a", Topics: "x", SourceAccessConfigurations: "a", ...MAPPING }, ["Topics", "SourceAccessConfigurations"]),
  DocumentDB: object({ Cluster: "x", DatabaseName: "x", CollectionName: "x", FullDocument: "x", SourceAccessConfigurations: "a", ...STREAM }, ["Cluster", "DatabaseName"]),
  AlexaSkill: object({ SkillId: "x" }),
};

const EVENT: Schema = object({ Type: value(_("What invokes the function"), oneOf(...Object.keys(EVENTS))), Properties: "o" }, ["Type"], {
  allOf: Object.entries(EVENTS).map(([type, properties]) => when("Type", type, { properties: { Properties: properties } })),
});

const RUNTIME = value(_("Language and version"), oneOf("python3.14", "python3.13", "python3.12", "nodejs24.x", "nodejs22.x", "java25", "java21", "dotnet10", "dotnet8", "ruby3.4", "ruby3.3", "provided.al2023"));

/** What a function has in SAM and in CloudFormation. */
const FUNCTION_BASE = {
  FunctionName: "x",
  Description: ["x", _("At most 256 characters")],
  Handler: ["x", _("file.function, in the format of the runtime")],
  Runtime: RUNTIME,
  MemorySize: ["x", _("MB, 128 to 10240; CPU power grows with it")],
  Timeout: ["x", _("Seconds, 1 to 900")],
  Role: ["x", _("The ARN of the execution role")],
  Architectures: listOf(oneOf("x86_64", "arm64")),
  Environment: object({ Variables: ["o", _("Names and values, 4 KB in total")] }),
  EphemeralStorage: object({ Size: ["x", _("MB of /tmp, 512 to 10240")] }),
  FileSystemConfigs: "a",
  ImageConfig: "o",
  KmsKeyArn: "x",
  Layers: ["a", _("ARNs of layer versions, at most 5")],
  LoggingConfig: object({ LogFormat: value("", oneOf("Text", "JSON")), LogGroup: "x", ApplicationLogLevel: value("", oneOf("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")), SystemLogLevel: value("", oneOf("DEBUG", "INFO", "WARN")) }),
  PackageType: value("", oneOf("Zip", "Image")),
  RecursiveLoop: value("", oneOf("Allow", "Terminate")),
  ReservedConcurrentExecutions: "x",
  RuntimeManagementConfig: "o",
  SnapStart: object({ ApplyOn: value("", oneOf("PublishedVersions", "None")) }),
  VpcConfig: object({ SubnetIds: "x", SecurityGroupIds: "x", Ipv6AllowedForDualStack: "x" }),
};

const FUNCTION = object({
  ...FUNCTION_BASE,
  CodeUri: ["x", _("The folder of the code, or its location in S3")],
  InlineCode: "x",
  ImageUri: "x",
  Events: { type: "object", description: _("What invokes the function"), additionalProperties: EVENT },
  Policies: ["x", _("SAM policy templates, managed policies, or statements")],
  AutoPublishAlias: ["x", _("The alias that each deployment updates")],
  AutoPublishAliasAllProperties: "x",
  AutoPublishCodeSha256: "x",
  AssumeRolePolicyDocument: "o",
  CodeSigningConfigArn: "x",
  DeadLetterQueue: object({ Type: value("", oneOf("SNS", "SQS")), TargetArn: "x" }),
  DeploymentPreference: object({ Type: value(_("How traffic moves"), oneOf("AllAtOnce", "Canary10Percent5Minutes", "Canary10Percent10Minutes", "Canary10Percent30Minutes", "Linear10PercentEvery1Minute", "Linear10PercentEvery10Minutes")), Alarms: "a", Hooks: "o", Enabled: "x", Role: "x" }),
  EventInvokeConfig: "o",
  FunctionUrlConfig: object({ AuthType: value("", oneOf("NONE", "AWS_IAM")), Cors: "x", InvokeMode: value("", oneOf("BUFFERED", "RESPONSE_STREAM")) }, ["AuthType"]),
  PermissionsBoundary: "x",
  PropagateTags: "x",
  ProvisionedConcurrencyConfig: object({ ProvisionedConcurrentExecutions: "x" }),
  RolePath: "x",
  Tags: "o",
  Tracing: value("X-Ray", oneOf("Active", "PassThrough", "Disabled")),
  VersionDescription: "x",
});

const RESOURCES: Record<string, Schema> = {
  "AWS::Serverless::Function": FUNCTION,
  "AWS::Serverless::HttpApi": object({ Name: "x", StageName: "x", Auth: "o", CorsConfiguration: "x", DefinitionBody: "o", DefinitionUri: "x", Domain: "o", AccessLogSettings: "o", RouteSettings: "o", StageVariables: "o", Tags: "o" }),
  "AWS::Serverless::Api": object({ Name: "x", StageName: "x", Auth: "o", Cors: "x", DefinitionBody: "o", DefinitionUri: "x", Domain: "o", EndpointConfiguration: "x", MethodSettings: "a", TracingEnabled: "x", Variables: "o", Tags: "o" }, ["StageName"]),
  "AWS::Serverless::SimpleTable": object({ TableName: "x", PrimaryKey: object({ Name: "x", Type: value("", oneOf("String", "Number", "Binary")) }), ProvisionedThroughput: "o", SSESpecification: "o", Tags: "o" }),
  "AWS::Serverless::LayerVersion": object({ LayerName: "x", ContentUri: "x", Description: "x", CompatibleRuntimes: listOf(RUNTIME), CompatibleArchitectures: "a", LicenseInfo: "x", RetentionPolicy: value("", oneOf("Retain", "Delete")) }, ["ContentUri"]),
  "AWS::Serverless::StateMachine": object({ Name: "x", Definition: "o", DefinitionUri: "x", DefinitionSubstitutions: "o", Events: "o", Policies: "x", Role: "x", Type: value("", oneOf("STANDARD", "EXPRESS")), Logging: "o", Tracing: "o", Tags: "o" }),
  "AWS::Serverless::Connector": object({ Source: "o", Destination: "x", Permissions: listOf(oneOf("Read", "Write")) }, ["Source", "Destination", "Permissions"]),
  "AWS::Serverless::Application": object({ Location: "x", Parameters: "o", NotificationARNs: "a", TimeoutInMinutes: "x", Tags: "o" }, ["Location"]),
  "AWS::Lambda::Function": object({ ...FUNCTION_BASE, Code: object({ ZipFile: "x", S3Bucket: "x", S3Key: "x", S3ObjectVersion: "x", ImageUri: "x" }), DeadLetterConfig: object({ TargetArn: "x" }), TracingConfig: object({ Mode: value("", oneOf("Active", "PassThrough")) }), Tags: "a" }, ["Code", "Role"]),
  "AWS::Lambda::Permission": object({ FunctionName: "x", Action: value("", oneOf("lambda:InvokeFunction", "lambda:InvokeFunctionUrl")), Principal: ["x", _("For example s3.amazonaws.com")], SourceArn: "x", SourceAccount: "x", FunctionUrlAuthType: value("", oneOf("NONE", "AWS_IAM")) }, ["FunctionName", "Action", "Principal"]),
  "AWS::Lambda::EventSourceMapping": object({ FunctionName: "x", EventSourceArn: "x", ...STREAM, ScalingConfig: "o", SelfManagedEventSource: "o", Topics: "x", Queues: "x" }, ["FunctionName"]),
  "AWS::Lambda::Url": object({ TargetFunctionArn: "x", AuthType: value("", oneOf("NONE", "AWS_IAM")), Cors: "o", InvokeMode: value("", oneOf("BUFFERED", "RESPONSE_STREAM")), Qualifier: "x" }, ["TargetFunctionArn", "AuthType"]),
  "AWS::Lambda::Alias": object({ FunctionName: "x", FunctionVersion: "x", Name: "x", Description: "x", RoutingConfig: "o", ProvisionedConcurrencyConfig: "o" }, ["FunctionName", "FunctionVersion", "Name"]),
  "AWS::Lambda::Version": object({ FunctionName: "x", Description: "x", CodeSha256: "x", ProvisionedConcurrencyConfig: "o" }, ["FunctionName"]),
};
const OTHER_TYPES = ["AWS::DynamoDB::Table", "AWS::Events::Rule", "AWS::IAM::Role", "AWS::Kinesis::Stream", "AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::Scheduler::Schedule"];

const RESOURCE = object(
  {
    Type: { ...oneOf(...Object.keys(RESOURCES), ...OTHER_TYPES), description: _("Type of the resource") },
    Properties: "o",
    DependsOn: "x",
    Condition: "s",
    Metadata: "o",
    DeletionPolicy: oneOf("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    UpdateReplacePolicy: oneOf("Delete", "Retain", "Snapshot"),
    CreationPolicy: "o",
    UpdatePolicy: "o",
    Connectors: "o",
  },
  ["Type"],
  { allOf: Object.entries(RESOURCES).map(([type, properties]) => when("Type", type, { properties: { Properties: properties } })) },
);

export const SAM_SCHEMA: Schema = object({
  AWSTemplateFormatVersion: { type: "string", enum: ["2010-09-09"] },
  Transform: { description: _("AWS::Serverless-2016-10-31 makes it a SAM template"), anyOf: [{ enum: ["AWS::Serverless-2016-10-31"] }, {}] },
  Description: "s",
  Metadata: "o",
  Parameters: { type: "object", additionalProperties: object({ Type: oneOf("String", "Number", "CommaDelimitedList", "List<Number>"), Default: "x", Description: "s", AllowedValues: "a", AllowedPattern: "s", MinLength: "x", MaxLength: "x", MinValue: "x", MaxValue: "x", NoEcho: "x", ConstraintDescription: "s" }, ["Type"]) },
  Mappings: "o",
  Conditions: "o",
  Rules: "o",
  Globals: object({ Function: FUNCTION, Api: "o", HttpApi: "o", SimpleTable: "o", StateMachine: "o", LayerVersion: "o" }),
  Resources: { type: "object", description: _("The resources of the stack"), additionalProperties: RESOURCE },
  Outputs: { type: "object", additionalProperties: object({ Value: "x", Description: "s", Export: "o", Condition: "s" }, ["Value"]) },
}, ["Resources"]);

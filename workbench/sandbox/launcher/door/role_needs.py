"""What Lambda requires of an execution role to connect and to read, and its texts for what is missing.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, with-kinesis.html and with-ddb.html; the
texts as users of AWS report them, see tests/aws/documented_refusals.py.
"""

from workbench.sandbox.launcher.door.grants import may

_OF_QUEUE = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_OF_STREAM = ("GetRecords", "GetShardIterator", "DescribeStream")
_LISTS = {"kinesis": "ListShards, and ListStreams", "dynamodb": "and ListStreams"}
_SENDS = {"sqs": ("SendMessage", "SQS"), "sns": ("Publish", "SNS")}
_CALLS = {"sqs": "SendMessage", "sns": "Publish", "lambda": "InvokeFunction"}
_OF_NETWORK = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface")
_LACKS = "The provided execution role does not have permissions to call {} on {}"


def lacks_for_source(role_arn: str, source_arn: str) -> str:
    """Says what a role lacks to read a queue or a stream, empty when it lacks nothing.

    A Kinesis consumer is not judged. Of a stream only what AWS needs for a mapping is: it takes roles that
    may not list shards.
    Source: https://github.com/serverless/serverless/issues/8540
    """
    service = (*source_arn.split(":"), "", "", "")[2]
    if service == "sqs":
        denied = [each for each in _OF_QUEUE if not may(role_arn, f"sqs:{each}", source_arn)]
        return _LACKS.format(denied[0], "SQS") if denied else ""
    if service not in _LISTS or "/consumer/" in source_arn:
        return ""
    if all(may(role_arn, f"{service}:{each}", source_arn) for each in _OF_STREAM):
        return ""
    return (
        f"Cannot access stream {source_arn}. Please ensure the role can perform the GetRecords, "
        f"GetShardIterator, DescribeStream, {_LISTS[service]} Actions on your stream in IAM."
    )


def lacks_for_target(role_arn: str, target_arn: str) -> str:
    """Says what a role lacks for a dead-letter queue, or for a mapping's destination; empty for nothing."""
    service = (*target_arn.split(":"), "", "", "")[2]
    if service not in _SENDS:
        return ""
    action, name = _SENDS[service]
    return "" if may(role_arn, f"{service}:{action}", target_arn) else _LACKS.format(action, name)


def lacks_for_destination(role_arn: str, target_arn: str) -> str:
    """Says what a role lacks for a destination of asynchronous invocations, empty when it lacks nothing.

    Buckets and event buses are not judged: AWS's answer is not known.
    Source: https://github.com/hashicorp/terraform-provider-aws, lambda_function_event_invoke_config
    """
    service = (*target_arn.split(":"), "", "", "")[2]
    action = _CALLS.get(service, "")
    if not action or may(role_arn, f"{service}:{action}", target_arn):
        return ""
    return f"The function's execution role does not have permissions to call {action} on {target_arn}"


def may_deliver(role_arn: str, target_arn: str, object_key: str = "") -> bool:
    """Whether a role allows to send a record to a destination; into a bucket, under a key."""
    service = (*target_arn.split(":"), "", "", "")[2]
    if service == "s3":
        return may(role_arn, "s3:PutObject", f"{target_arn}/{object_key}")
    action = "PutEvents" if service == "events" else _CALLS.get(service, "")
    return not action or may(role_arn, f"{service}:{action}", target_arn)


def lacks_for_network(role_arn: str) -> str:
    """Says what a role lacks to be connected to a VPC, empty when it lacks nothing."""
    denied = [each for each in _OF_NETWORK if not may(role_arn, f"ec2:{each}")]
    return _LACKS.format(denied[0], "EC2") if denied else ""

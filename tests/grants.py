"""What must be allowed before a service of AWS delivers: policies of queues and topics, roles."""

import json

from workbench.aws.connection import Connection


def let_send(connection: Connection, queue_url: str, service: str) -> str:
    """Lets a service ("s3.amazonaws.com") send to a queue; returns the queue's ARN."""
    queue_arn = str(
        connection.call("sqs", "get_queue_attributes", QueueUrl=queue_url, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]
    )
    attributes = {"Policy": _policy(service, "sqs:SendMessage", queue_arn)}
    connection.call("sqs", "set_queue_attributes", QueueUrl=queue_url, Attributes=attributes)
    return queue_arn


def let_publish(connection: Connection, topic_arn: str, service: str) -> None:
    """Lets a service publish to a topic."""
    policy = _policy(service, "sns:Publish", topic_arn)
    connection.call(
        "sns", "set_topic_attributes", TopicArn=topic_arn, AttributeName="Policy", AttributeValue=policy
    )


def role_for(connection: Connection, name: str, service: str) -> str:
    """Makes a role that a service may assume; returns its ARN."""
    trust = _policy(service, "sts:AssumeRole")
    role = connection.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=trust)
    return str(role["Role"]["Arn"])


def _policy(service: str, action: str, resource: str = "") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action}
    whole = statement | ({"Resource": resource} if resource else {})
    return json.dumps({"Version": "2012-10-17", "Statement": [whole]})

"""What a function gets of a bucket: every event once, with the fields that S3 sends."""

import json

from tests.sandbox.server.server import Server
from tests.waiting import eventually

SAYS = """
def handler(event, context):
    for record in event["Records"]:
        about = record["s3"]["object"]
        print("GOT", record["eventName"], about["key"], "+".join(sorted(about)))
"""
ALL = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:ObjectAcl:Put"]


def test_tags_lists_and_deletes_send_their_events(server: Server) -> None:
    s3, functions = server.client("s3"), server.client("lambda")
    server.create("of-a-bucket", SAYS)
    s3.create_bucket(Bucket="of-a-bucket", ObjectOwnership="BucketOwnerPreferred")
    functions.add_permission(
        FunctionName="of-a-bucket",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::of-a-bucket",
    )
    arn = functions.get_function(FunctionName="of-a-bucket")["Configuration"]["FunctionArn"]
    s3.put_bucket_notification_configuration(
        Bucket="of-a-bucket",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ALL}]
        },
    )
    for key in ("a", "b c"):
        s3.put_object(Bucket="of-a-bucket", Key=key, Body=b"1")
    which = {"Bucket": "of-a-bucket", "Key": "a"}
    s3.put_object_tagging(**which, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_object_tagging(**which)
    s3.put_object_acl(**which, ACL="bucket-owner-full-control")
    s3.delete_objects(Bucket="of-a-bucket", Delete={"Objects": [{"Key": "a"}, {"Key": "b c"}]})
    wanted = {
        "ObjectCreated:Put a eTag+key+sequencer+size",
        "ObjectCreated:Put b+c eTag+key+sequencer+size",
        "ObjectTagging:Put a eTag+key",
        "ObjectTagging:Delete a eTag+key",
        "ObjectAcl:Put a eTag+key",
        "ObjectRemoved:Delete a key+sequencer",
        "ObjectRemoved:Delete b+c key+sequencer",
    }

    def got() -> list[str]:
        lines = server.lines("of-a-bucket", filterPattern="GOT")
        return [line.removeprefix("GOT ").strip() for line in lines]

    eventually(lambda: len(got()) >= len(wanted), within_s=30)
    assert sorted(got()) == sorted(wanted)


def test_a_queue_is_sent_a_test_event_first(server: Server) -> None:
    s3, (url, arn) = server.client("s3"), server.queue("of-a-bucket")
    s3.create_bucket(Bucket="tests-its-queue")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    server.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    s3.put_bucket_notification_configuration(
        Bucket="tests-its-queue",
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    assert json.loads(server.received(url)["Body"])["Event"] == "s3:TestEvent"

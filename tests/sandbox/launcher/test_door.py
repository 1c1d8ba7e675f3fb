"""The strict door passes what AWS takes."""

import io

from botocore.exceptions import ClientError

from tests.sandbox.launcher.server import Server
from workbench.sandbox.launcher.door.wire import decode_blob


def test_requests_of_every_protocol_pass(server: Server) -> None:
    server.create("passes", "def handler(event, context): return event\n")
    assert server.invoke("passes", {"a": [1]}).payload == {"a": [1]}
    queue = server.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    server.client("sqs").send_message_batch(QueueUrl=queue, Entries=[{"Id": "1", "MessageBody": "m"}])
    topic = server.client("sns").create_topic(Name="t", Attributes={"DisplayName": "d"})["TopicArn"]
    server.client("sns").publish(
        TopicArn=topic, Message="m", MessageAttributes={"a": {"DataType": "String", "StringValue": "v"}}
    )
    metrics = [
        {"MetricName": f"m{number}", "Value": 1.5} for number in range(500)
    ]  # large enough to be gzipped
    server.client("cloudwatch").put_metric_data(Namespace="n", MetricData=metrics)
    assert server.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    s3 = server.client("s3")
    s3.create_bucket(Bucket="door-bucket")
    s3.put_object(Bucket="door-bucket", Key="k/é x", Body=io.BytesIO(b"1"), Metadata={"a": "b"})
    s3.copy_object(Bucket="door-bucket", Key="copy", CopySource={"Bucket": "door-bucket", "Key": "k/é x"})
    s3.put_bucket_tagging(Bucket="door-bucket", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="door-bucket")["Contents"]] == ["copy", "k/é x"]


def test_a_package_is_measured_and_not_decoded() -> None:
    blob = decode_blob("QUJD" * 100_000 + "QUI=")
    assert not isinstance(blob, bytes)
    assert (len(blob), bytes(blob)[-2:]) == (300_002, b"AB")


def test_a_resource_of_an_api_cannot_be_moved_below_itself(server: Server) -> None:
    """MiniStack would never answer again. Texts: recorded by test_apigateway_api.py of localstack."""
    client = server.client("apigateway")
    api_id = client.create_rest_api(name="cyclic")["id"]
    (root,) = client.get_resources(restApiId=api_id)["items"]
    ids = [root["id"]]
    for part in ("pets", "dogs"):
        ids.append(client.create_resource(restApiId=api_id, parentId=ids[-1], pathPart=part)["id"])

    def move(resource_id: str, path: str, value: str) -> str:
        change = {"op": "replace", "path": path, "value": value}
        try:
            client.update_resource(restApiId=api_id, resourceId=resource_id, patchOperations=[change])
        except ClientError as error:
            return str(error.response["Error"]["Message"])
        return ""

    assert move(ids[1], "/parentId", ids[2]) == "Resources cannot be cyclical."
    assert move(ids[1], "/parentId", ids[1]) == "Resources cannot be cyclical."
    assert move(ids[0], "/pathPart", "x") == "Root resource cannot update its pathPart."
    assert move(ids[2], "/parentId", "nowhere") == "Invalid Resource identifier specified"
    assert move(ids[2], "/parentId", ids[0]) == ""
    assert move(ids[2], "/pathPart", "pets").endswith("already has this name: pets")
    assert len(client.get_resources(restApiId=api_id)["items"]) == 3

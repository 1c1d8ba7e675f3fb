"""What an account has to choose from, layers and networks too: AWS's answers page by page, refusals."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.account_resources import (
    NewLayer,
    Resource,
    list_access_points,
    list_code_signing,
    list_dead_letter_targets,
    list_keys,
    list_layers,
    list_security_groups,
    list_subnets,
    newest_version,
    publish_layer,
)

PLACE = "eu-central-1:123456789012"
PROFILE = "arn:aws:signer:eu-central-1:123456789012:/signing-profiles/mine/0123456789"
KEY, AWS_KEY, PLAIN_KEY = (f"{number}234abcd-12ab-34cd-56ef-1234567890ab" for number in "123")


def listed(lister: Callable[[Connection, JobContext], None], connection: Connection) -> list[Resource]:
    found: list[Resource] = []
    ctx = JobContext()
    ctx.emit = found.extend  # type: ignore[method-assign, assignment]
    lister(connection, ctx)
    return found


def key(key_id: str) -> dict[str, str]:
    return {"KeyId": key_id, "KeyArn": f"arn:aws:kms:{PLACE}:key/{key_id}"}


def test_keys_come_with_their_aliases_and_without_those_that_aws_keeps(aws: StubbedAws) -> None:
    aliases = [("alias/orders", KEY), ("alias/new", KEY), ("alias/aws/lambda", AWS_KEY)]
    answer = {"Aliases": [{"AliasName": name, "TargetKeyId": target} for name, target in aliases]}
    aws.answer("kms", "list_aliases", answer | {"Truncated": False})
    aws.answer("kms", "list_keys", {"Keys": [key(KEY)], "Truncated": True, "NextMarker": "next"})
    aws.answer("kms", "list_keys", {"Keys": [key(AWS_KEY), key(PLAIN_KEY)], "Truncated": False})
    assert listed(list_keys, aws.connection) == [
        Resource(key(KEY)["KeyArn"], "orders, new", KEY),
        Resource(key(PLAIN_KEY)["KeyArn"], "", PLAIN_KEY),
    ]


def test_dead_letter_targets_are_standard_queues_and_topics(aws: StubbedAws) -> None:
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012"
    aws.answer("sqs", "list_queues", {"QueueUrls": [f"{url}/failed"], "NextToken": "next"})
    aws.answer("sqs", "list_queues", {"QueueUrls": [f"{url}/orders.fifo"]})
    topics = [{"TopicArn": f"arn:aws:sns:{PLACE}:{name}"} for name in ("alarm", "alarm.fifo")]
    aws.answer("sns", "list_topics", {"Topics": topics})
    assert listed(list_dead_letter_targets, aws.connection) == [
        Resource(f"arn:aws:sqs:{PLACE}:failed", "failed", "SQS"),
        Resource(f"arn:aws:sns:{PLACE}:alarm", "alarm", "SNS"),
    ]


def test_who_may_not_list_queues_still_sees_the_topics(aws: StubbedAws) -> None:
    aws.refuse("sqs", "list_queues", "AccessDenied", "not authorized to perform: sqs:listqueues", 403)
    aws.answer("sns", "list_topics", {"Topics": [{"TopicArn": f"arn:aws:sns:{PLACE}:alarm"}]})
    found: list[Resource] = []
    ctx = JobContext()
    ctx.emit = found.extend  # type: ignore[method-assign, assignment]
    with pytest.raises(WorkbenchError) as caught:
        list_dead_letter_targets(aws.connection, ctx)
    assert caught.value.aws_code == "AccessDenied"
    assert [each.name for each in found] == ["alarm"]


def test_access_points_say_their_file_system_and_folder(aws: StubbedAws) -> None:
    arn = f"arn:aws:elasticfilesystem:{PLACE}:access-point/fsap-0123456789abcdef0"
    point: dict[str, Any] = {"AccessPointArn": arn, "AccessPointId": "fsap-0123456789abcdef0"}
    point |= {"FileSystemId": "fs-01234567", "RootDirectory": {"Path": "/data"}}
    aws.answer("efs", "describe_access_points", {"AccessPoints": [point]})
    assert listed(list_access_points, aws.connection) == [
        Resource(arn, "fsap-0123456789abcdef0", "fs-01234567 /data")
    ]


def test_code_signing_configurations_say_what_they_are_for(aws: StubbedAws) -> None:
    arn = f"arn:aws:lambda:{PLACE}:code-signing-config:csc-0123456789abcdef0"
    config = {
        "CodeSigningConfigId": "csc-0123456789abcdef0",
        "CodeSigningConfigArn": arn,
        "Description": "releases",
        "AllowedPublishers": {"SigningProfileVersionArns": [PROFILE]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
        "LastModified": "2026-11-24T12:00:00Z",
    }
    aws.answer("lambda", "list_code_signing_configs", {"CodeSigningConfigs": [config]})
    assert listed(list_code_signing, aws.connection) == [Resource(arn, "csc-0123456789abcdef0", "releases")]


def publish(connection: Connection, name: str) -> str:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("python/x.py", "x = 1")
    content = {"ZipFile": package.getvalue()}
    return publish_layer(connection, NewLayer(name, "what for", content, "", "python3.13", "x86_64"))


def test_layers_are_listed_by_their_newest_version(connection: Connection) -> None:
    first, second, other = (publish(connection, name) for name in ("tools", "tools", "more"))
    pages: list[object] = []
    layers = list_layers(connection, JobContext(item=pages.append))
    assert {each.name: each.arn for each in layers} == {"tools": second, "more": other}
    assert layers[0].runtimes == ("python3.13",)
    assert pages
    assert newest_version(connection, first, JobContext()) == second
    assert newest_version(connection, second, JobContext()) == second


def test_a_layer_of_another_account_may_be_closed(aws: StubbedAws) -> None:
    aws.refuse("lambda", "list_layer_versions", "AccessDeniedException", "not authorized", 403)
    with pytest.raises(WorkbenchError) as caught:
        newest_version(
            aws.connection, "arn:aws:lambda:eu-central-1:999999999999:layer:theirs:3", JobContext()
        )
    assert caught.value.aws_code == "AccessDeniedException"
    assert "theirs" in caught.value.what


def test_subnets_and_groups_come_page_by_page(aws: StubbedAws) -> None:
    subnet = {
        "SubnetId": "subnet-1",
        "VpcId": "vpc-1",
        "AvailabilityZone": "eu-central-1a",
        "CidrBlock": "10.0.0.0/24",
        "Tags": [{"Key": "Name", "Value": "private"}],
    }
    aws.answer("ec2", "describe_subnets", {"Subnets": [subnet], "NextToken": "n"})
    aws.answer("ec2", "describe_subnets", {"Subnets": [{"SubnetId": "subnet-2"}]})
    first, second = list_subnets(aws.connection, JobContext())
    assert (first.id, first.name, first.vpc_id, first.about) == (
        "subnet-1",
        "private",
        "vpc-1",
        "eu-central-1a 10.0.0.0/24",
    )
    assert (second.id, second.name, second.about) == ("subnet-2", "", "")
    group = {"GroupId": "sg-1", "GroupName": "default", "VpcId": "vpc-1", "Description": "usual"}
    aws.answer("ec2", "describe_security_groups", {"SecurityGroups": [group]})
    (found,) = list_security_groups(aws.connection, JobContext())
    assert (found.id, found.name, found.about) == ("sg-1", "default", "usual")

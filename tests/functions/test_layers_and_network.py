"""What there is to choose from in the account: layers, subnets, security groups."""

import io
import zipfile

import pytest

from tests.aws_stub import StubbedAws
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.account_resources import (
    NewLayer,
    list_layers,
    list_security_groups,
    list_subnets,
    newest_version,
    publish_layer,
)


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

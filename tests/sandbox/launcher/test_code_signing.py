"""Code signing configurations in the Sandbox."""

import re
from pathlib import Path

import pytest

from tests.sandbox.launcher.server import Server

_PUBLISHERS = {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/test"]}
_POLICIES = {"UntrustedArtifactOnDeployment": "Enforce"}


def test_a_configuration_is_made_changed_used_and_deleted(server: Server) -> None:
    client = server.client("lambda")
    made = client.create_code_signing_config(
        Description="Signed", AllowedPublishers=_PUBLISHERS, CodeSigningPolicies=_POLICIES
    )["CodeSigningConfig"]
    arn = made["CodeSigningConfigArn"]
    assert re.fullmatch(r"arn:aws:lambda:us-east-1:0{12}:code-signing-config:csc-[a-z0-9]{17}", arn)
    assert arn.endswith(made["CodeSigningConfigId"])
    assert (made["Description"], made["AllowedPublishers"]) == ("Signed", _PUBLISHERS)
    assert client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == made
    changed = client.update_code_signing_config(CodeSigningConfigArn=arn, Description="Still signed")
    assert changed["CodeSigningConfig"]["Description"] == "Still signed"
    assert changed["CodeSigningConfig"]["CodeSigningPolicies"] == _POLICIES
    listed = client.list_code_signing_configs()["CodeSigningConfigs"]
    assert [each["CodeSigningConfigArn"] for each in listed] == [arn]

    server.create("signed", "def handler(event, context): pass", CodeSigningConfigArn=arn)
    assert client.get_function_code_signing_config(FunctionName="signed")["CodeSigningConfigArn"] == arn
    names = client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]
    assert [name.rpartition(":")[2] for name in names] == ["signed"]

    client.delete_code_signing_config(CodeSigningConfigArn=arn)
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="can not be found"):
        client.get_code_signing_config(CodeSigningConfigArn=arn)


def test_a_configuration_outlives_the_server(tmp_path: Path) -> None:
    with Server(tmp_path / "sandbox") as first:
        made = first.client("lambda").create_code_signing_config(AllowedPublishers=_PUBLISHERS)
    arn = made["CodeSigningConfig"]["CodeSigningConfigArn"]
    with Server(tmp_path / "sandbox") as second:
        kept = second.client("lambda").get_code_signing_config(CodeSigningConfigArn=arn)
    assert kept["CodeSigningConfig"] == made["CodeSigningConfig"]

"""What a function's settings need its execution role to allow, as statements of a policy. Pure."""

import json
from collections.abc import Mapping
from typing import Any

_NETWORK = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html (execution role)"""
_TRACING = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
_FILES = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html"""
_DEAD_LETTERS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}
"""By service. Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""


def with_needs(policy: str, settings: str) -> str:
    """A role's policy with what settings need: a VPC, tracing, a dead-letter target, file systems.

    Args:
        policy: A policy document, as JSON.
        settings: Members of CreateFunction's request, as JSON; empty for none (`NewFunction.settings`).
    """
    document: dict[str, Any] = json.loads(policy)
    needs = _statements(json.loads(settings) if settings else {})
    return json.dumps(document | {"Statement": [*document["Statement"], *needs]}, indent=2)


def _statements(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    if (settings.get("VpcConfig") or {}).get("SubnetIds"):
        found.append(_allow("UseNetwork", _NETWORK, "*"))
    if (settings.get("TracingConfig") or {}).get("Mode") == "Active":
        found.append(_allow("WriteTraces", _TRACING, "*"))
    dead_letters = str((settings.get("DeadLetterConfig") or {}).get("TargetArn") or "")
    if dead_letters and (action := _DEAD_LETTERS.get(dead_letters.split(":")[2])):
        found.append(_allow("SendDeadLetters", (action,), dead_letters))
    arns = [str(each.get("Arn")) for each in settings.get("FileSystemConfigs") or ()]
    if points := [arn for arn in arns if ":elasticfilesystem:" in arn]:
        condition = {"StringEquals": {"elasticfilesystem:AccessPointArn": points}}
        found.append(_allow("UseFiles", _FILES, "*") | {"Condition": condition})
    return found


def _allow(sid: str, actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}

"""Which tool manages a function, according to its tags: it may undo changes that are made here. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from workbench.functions.model import FunctionDetail


class Tool(Enum):
    """The tool that created a function; values are the tools' own names."""

    CLOUDFORMATION = "CloudFormation"
    SAM = "AWS SAM"
    CDK = "AWS CDK"
    SERVERLESS = "Serverless Framework"
    SST = "SST"
    AMPLIFY = "AWS Amplify"
    CHALICE = "AWS Chalice"
    TERRAFORM = "Terraform"
    PULUMI = "Pulumi"


@dataclass(frozen=True, slots=True)
class Owner:
    """The manager of a function.

    Attributes:
        name: The stack, service or project; empty if the tags do not say.
        logical_id: Id of the function in the stack's template; empty outside CloudFormation.
        stage: The stage in the tags ("prod"); empty if there is none.
    """

    tool: Tool
    name: str = ""
    logical_id: str = ""
    stage: str = ""


_STACK, _LOGICAL_ID = "aws:cloudformation:stack-name", "aws:cloudformation:logical-id"
# The CDK ends logical ids with eight hexadecimal digits of the path in its tree.
# Source: https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
_CDK_ID = re.compile(r"[A-Za-z0-9]+[0-9A-F]{8}")
_OF_TOOLS = ("sst:", "pulumi:")  # all tags with these prefixes belong to the tools
_SERVERLESS_ID = re.compile(r"[A-Za-z0-9]+LambdaFunction")
_MANAGED_BY = frozenset({"managedby", "provisionedby", "createdby", "deployedby", "iac", "tool"})
_BY_WORD = {
    "terraform": Tool.TERRAFORM,
    "opentofu": Tool.TERRAFORM,
    "pulumi": Tool.PULUMI,
    "serverless": Tool.SERVERLESS,
    "sst": Tool.SST,
    "cdk": Tool.CDK,
    "sam": Tool.SAM,
    "cloudformation": Tool.CLOUDFORMATION,
}


def owner_of(detail: FunctionDetail) -> Owner | None:
    """The manager of a function according to its tags; None if they do not say, or may not be read."""
    return _owner(dict(detail.tags))


def owner_tags(tags: Mapping[str, str]) -> tuple[str, ...]:
    """The tags that name the manager of a function. A copy must not have them."""
    return tuple(
        name
        for name, value in tags.items()
        if name.startswith(_OF_TOOLS) or _owner({name: value}) is not None
    )


def _owner(tags: Mapping[str, str]) -> Owner | None:
    stack, logical_id = tags.get(_STACK, ""), tags.get(_LOGICAL_ID, "")
    if "sst:app" in tags:
        return Owner(Tool.SST, tags["sst:app"], logical_id, tags.get("sst:stage", ""))
    if "aws-chalice" in tags:
        facts = dict(part.partition("=")[::2] for part in tags["aws-chalice"].split(":"))
        return Owner(Tool.CHALICE, facts.get("app", ""), logical_id, facts.get("stage", ""))
    if any(name.startswith("amplify:") for name in tags):
        return Owner(Tool.AMPLIFY, stack or tags.get("amplify:app-id", ""), logical_id)
    if "pulumi:project" in tags:
        return Owner(Tool.PULUMI, tags["pulumi:project"], "", tags.get("pulumi:stack", ""))
    if stack or logical_id:
        return Owner(_tool_of_stack(tags, logical_id), stack, logical_id, tags.get("STAGE", ""))
    if tags.get("lambda:createdBy") == "SAM":
        return Owner(Tool.SAM)
    if any(name.startswith("aws-cdk:") for name in tags):
        return Owner(Tool.CDK)
    return _by_habit(tags)


def _tool_of_stack(tags: Mapping[str, str], logical_id: str) -> Tool:
    """Which of the tools that create stacks created this one."""
    if tags.get("lambda:createdBy") == "SAM":
        return Tool.SAM
    if any(name.startswith("aws-cdk:") for name in tags):
        return Tool.CDK
    if "STAGE" in tags and _SERVERLESS_ID.fullmatch(logical_id):
        return Tool.SERVERLESS
    if _CDK_ID.fullmatch(logical_id):
        return Tool.CDK
    return Tool.CLOUDFORMATION


def _by_habit(tags: Mapping[str, str]) -> Owner | None:
    """Terraform and Pulumi set no tags themselves, but people do ("managed-by": "terraform")."""
    for name, value in tags.items():
        key, words = re.sub(r"[^a-z]", "", name.lower()), re.findall(r"[a-z]+", value.lower())
        if key in _MANAGED_BY:
            for word in words:
                if word in _BY_WORD:
                    return Owner(_BY_WORD[word])
        is_no = value.strip().lower() in ("", "false", "no", "0")
        if key in ("terraform", "opentofu", "terraformed", "terraformmanaged", "tfmanaged") and not is_no:
            return Owner(Tool.TERRAFORM)
    return None

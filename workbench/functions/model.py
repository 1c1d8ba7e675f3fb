"""The data of a function. AWS's answers become these values here, and are not passed on as dicts.

`owner_of` tells which tool manages a function, according to its tags: it may undo changes that are made here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from workbench.aws import names
from workbench.functions.configuration import SETTINGS, Configuration, read_configuration

DURABLE, MANAGED_INSTANCES, TENANT_ISOLATION = "Durable", "Managed instances", "Tenant isolation"
"""Kinds of functions; see `FunctionSummary.kinds`."""
LONGEST_DURABLE_ANSWER_S = 900


@dataclass(frozen=True, slots=True)
class S3Object:
    """A version of an S3 object that a function refers to instead of having a copy of its code.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-self-managed-storage.html
    """

    bucket: str
    key: str
    version: str = ""

    @property
    def request(self) -> dict[str, str]:
        """The members of a request that refer to it. Without the mode, Lambda would make a copy."""
        version = {"S3ObjectVersion": self.version} if self.version else {}
        return {"S3Bucket": self.bucket, "S3Key": self.key, "S3ObjectStorageMode": "REFERENCE", **version}

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSummary:
    """A function as ListFunctions answers it, without State and LastUpdateStatus.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html

    Attributes:
        function_arn: Unqualified.
        runtime: "python3.13"; empty for a container image. Open, like every enum of AWS.
        code_sha256: Base64 of the package's SHA-256.
        last_modified: UTC; None if AWS's text is not a time.
        package_type: "Zip" or "Image".
        kinds: Kinds beyond a plain zip ("Image", "Durable", "Managed instances", "Tenant isolation").
        environment_names: The names of its variables, sorted; values are not stored.
        tags: Tags by key. ListFunctions does not answer them: empty if unread.
    """

    function_name: str
    function_arn: str
    runtime: str
    handler: str
    memory_mb: int
    timeout_s: int
    code_size_bytes: int
    code_sha256: str
    last_modified: datetime | None
    description: str
    architectures: tuple[str, ...]
    package_type: str
    region: str
    account_id: str
    kinds: tuple[str, ...] = ()
    environment_names: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    ephemeral_storage_mb: int = 512

    @property
    def architecture(self) -> str:
        """Its architecture; AWS accepts only one."""
        return self.architectures[0] if self.architectures else "x86_64"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDetail(FunctionSummary, Configuration):
    """A function or version as GetFunction answers it.

    Attributes:
        state: "Active", "Pending", "Inactive", "Failed" or a later value of AWS.
        last_update_status: "Successful", "InProgress", "Failed" or a later value of AWS.
        revision_id: Changes with every change, and guards updates.
        environment_error: Why AWS does not show the variables (a KMS key that may not be used).
        code_location: Link to the zip, valid for 10 minutes; empty for a container image. Never printed:
            anyone with the link can read the code.
        image_uri: URI of a container image, as entered. Its tag may be moved to another image.
        resolved_image_uri: The same with the digest of the running image; empty if AWS does not answer it.
        source_kms_key_arn: Customer managed key that encrypts the zip; empty for an AWS owned key. Must be
            sent with every code update, or AWS's own key replaces it.
        s3_object: The S3 object that the function refers to (S3ObjectStorageMode REFERENCE), in which case
            AWS gives no link to the code; None if Lambda has a copy.
        code_error: Why code and reserved concurrency are missing: GetFunction is not allowed and
            GetFunctionConfiguration was used. Names the permission to ask for.
        version: "$LATEST" or a number.
        reserved_concurrency: None if nothing is reserved.
        tags_error: Why AWS does not show the tags, and what to do.
    """

    state: str = ""
    state_reason: str = ""
    last_update_status: str = ""
    last_update_status_reason: str = ""
    revision_id: str = ""
    environment_error: str = ""
    code_location: str = field(default="", repr=False)
    version: str = "$LATEST"
    image_uri: str = ""
    resolved_image_uri: str = ""
    source_kms_key_arn: str = ""
    s3_object: S3Object | None = None
    code_error: str = ""
    vpc_id: str = ""
    reserved_concurrency: int | None = None
    tags_error: str = ""

    @property
    def longest_answer_s(self) -> int:
        """Maximum duration of a synchronous invocation.

        A durable function is invoked several times for one answer, within 15 minutes.
        Source: https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html
        """
        if self.durable_timeout_s is None:
            return self.timeout_s
        return max(self.timeout_s, min(self.durable_timeout_s, LONGEST_DURABLE_ANSWER_S))

    @property
    def running_image_uri(self) -> str:
        """A URI of the running image, by digest if AWS answers it; empty for a zip."""
        return self.resolved_image_uri or self.image_uri

    @property
    def source_key(self) -> dict[str, str]:
        """The member that keeps the KMS key when code is updated; empty for an AWS owned key."""
        return {"SourceKMSKeyArn": self.source_kms_key_arn} if self.source_kms_key_arn else {}

    @property
    def has_tenants(self) -> bool:
        """Whether each invocation needs a tenant ID."""
        return TENANT_ISOLATION in self.kinds

    @property
    def is_managed(self) -> bool:
        """Whether it runs on managed instances, where callers get $LATEST.PUBLISHED instead of $LATEST."""
        return MANAGED_INSTANCES in self.kinds

    @property
    def is_durable(self) -> bool:
        """Whether it is a durable function, which is invoked only by version, alias or $LATEST."""
        return DURABLE in self.kinds

    def invoked_qualifier(self, chosen: str) -> str:
        """The Qualifier for Invoke: the chosen one, or the one for the function itself.

        AWS refuses to invoke a durable function without a qualifier. On managed instances, $LATEST cannot be
        invoked: callers get $LATEST.PUBLISHED.
        Source: https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html

        Args:
            chosen: Version or alias; empty for the function itself.
        """
        if chosen or not self.is_durable:
            return chosen
        return "$LATEST.PUBLISHED" if self.is_managed else "$LATEST"

    @property
    def is_updating(self) -> bool:
        """Whether AWS is applying a change, and would refuse another."""
        return self.state == "Pending" or self.last_update_status == "InProgress"


def summary_of(configuration: Mapping[str, Any], tags: tuple[tuple[str, str], ...] = ()) -> FunctionSummary:
    """A summary from a FunctionConfiguration, which contains no tags.

    Raises:
        WorkbenchError: Its name, account or region is invalid: see `aws/names.py`.
    """
    return FunctionSummary(**_common(configuration), tags=tags)


def detail_of(answer: Mapping[str, Any]) -> FunctionDetail:
    """A detail from GetFunction's answer. Missing members get defaults, since emulators leave many out.

    Raises:
        WorkbenchError: One of its names is invalid: see `aws/names.py`.
    """
    configuration = answer["Configuration"]
    code = answer.get("Code") or {}
    common = _common(configuration)
    settings = read_configuration(configuration, but=common)
    # Functions from before LoggingConfig (November 2023) have none; their log group has the default name.
    settings["log_group"] = settings["log_group"] or f"/aws/lambda/{configuration['FunctionName']}"
    return FunctionDetail(
        **common,
        **settings,
        state=_text(configuration, "State"),
        state_reason=_text(configuration, "StateReason"),
        last_update_status=_text(configuration, "LastUpdateStatus"),
        last_update_status_reason=_text(configuration, "LastUpdateStatusReason"),
        revision_id=_text(configuration, "RevisionId"),
        environment_error=_text((configuration.get("Environment") or {}).get("Error") or {}, "Message"),
        code_location=_text(code, "Location"),
        version=names.version(_text(configuration, "Version") or "$LATEST"),
        image_uri=_text(code, "ImageUri"),
        resolved_image_uri=_text(code, "ResolvedImageUri"),
        source_kms_key_arn=_text(code, "SourceKMSKeyArn"),
        s3_object=_s3_object(code.get("ResolvedS3Object") or {}),
        vpc_id=_text(configuration.get("VpcConfig") or {}, "VpcId"),
        reserved_concurrency=(answer.get("Concurrency") or {}).get("ReservedConcurrentExecutions"),
        tags=tuple(sorted((answer.get("Tags") or {}).items())),
        tags_error=_tags_error(answer),
    )


def _tags_error(answer: Mapping[str, Any]) -> str:
    if not answer.get("TagsError"):
        return ""
    from workbench.aws.errors import left_out  # its tables are built at the first error

    return left_out(answer["TagsError"], "lambda:ListTags")


def parse_moment(text: str) -> datetime | None:
    """A time as Lambda writes it ("2026-11-24T09:30:00.000+0000"), in UTC."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


_SUMMARIZED = {each.name for each in fields(FunctionSummary)}
_IN_SUMMARY = tuple(row for row in SETTINGS if row.name in _SUMMARIZED)


def _common(configuration: Mapping[str, Any]) -> dict[str, Any]:
    # Not with Arn, because thousands of functions are read at once.
    place, resource, _ = str(configuration["FunctionArn"]).partition(":function:")
    parts = place.split(":")
    if not resource or len(parts) != 5:
        raise ValueError(f"not the ARN of a function: {configuration['FunctionArn']!r}")
    name = names.function_name(str(configuration["FunctionName"]))
    return {
        "function_name": name,
        "function_arn": f"{place}:function:{name}",
        **{row.name: row.value_in(configuration) for row in _IN_SUMMARY},
        "code_size_bytes": int(configuration.get("CodeSize") or 0),
        "code_sha256": _text(configuration, "CodeSha256"),
        "last_modified": parse_moment(_text(configuration, "LastModified")),
        "architectures": tuple(configuration.get("Architectures") or ("x86_64",)),
        "package_type": _text(configuration, "PackageType") or "Zip",
        "region": names.region(parts[3]),
        "account_id": names.account_id(parts[4]),
        "kinds": _kinds(configuration),
        "environment_names": tuple(sorted((configuration.get("Environment") or {}).get("Variables") or ())),
    }


def _s3_object(resolved: Mapping[str, Any]) -> S3Object | None:
    if not resolved.get("S3Bucket") or not resolved.get("S3Key"):
        return None
    return S3Object(str(resolved["S3Bucket"]), str(resolved["S3Key"]), _text(resolved, "S3ObjectVersion"))


def _kinds(configuration: Mapping[str, Any]) -> tuple[str, ...]:
    """Kinds in AWS's words, from the members that say so. A function with none of them is plain."""
    marks = (
        ("Image", configuration.get("PackageType") == "Image"),
        (DURABLE, configuration.get("DurableConfig")),
        (MANAGED_INSTANCES, configuration.get("CapacityProviderConfig")),
        (TENANT_ISOLATION, configuration.get("TenancyConfig")),
    )
    return tuple(kind for kind, there in marks if there)


def _text(mapping: Mapping[str, Any], key: str) -> str:
    return str(mapping.get(key) or "")


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
    return owner_of_tags(dict(detail.tags))


def owner_tags(tags: Mapping[str, str]) -> tuple[str, ...]:
    """The tags that name the manager of a function. A copy must not have them."""
    return tuple(
        name
        for name, value in tags.items()
        if name.startswith(_OF_TOOLS) or owner_of_tags({name: value}) is not None
    )


def owner_of_tags(tags: Mapping[str, str]) -> Owner | None:
    """The manager of a resource according to its tags; None if they do not say."""
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

"""What creating a function takes: the wish, the steps with what takes each back, the service model's limits.

Pure but for reading the service model. Must not know: how a step is made.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from workbench.aws.quotas import TextLimit, is_function_name, known_values, text_limit
from workbench.functions.staged import Staged
from workbench.functions.templates import offered_runtimes


class StepKind(Enum):
    """What is done, in this order; undone in reverse."""

    BUCKET = "bucket"
    UPLOAD = "upload"
    ROLE = "role"
    POLICY = "policy"
    FUNCTION = "function"
    WAIT = "wait"


def published_to_callers(request: Mapping[str, Any]) -> dict[str, str]:
    """The member of CreateFunction that lets callers of a function on managed instances get it at once.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html
    """
    return {"PublishTo": "LATEST_PUBLISHED"} if request.get("CapacityProviderConfig") else {}


@dataclass(frozen=True, slots=True)
class NewFunction:
    """A function as a person wants it.

    Attributes:
        architecture: "x86_64" or "arm64", or whatever AWS adds.
        role_arn: The execution role that is there; empty when one is to be made.
        role_name: The role to make (`roles.new_role_name`); empty with a `role_arn`.
        policy: What that role allows, a JSON document; empty with a `role_arn`.
        s3_bucket: Where the code is, in the function's region; empty when it is handed over as a zip.
        s3_key: The object.
        s3_version: Of the object; empty for the newest.
        image_uri: Of a container image, which brings runtime and handler; empty for a zip.
        staging_bucket: Through which bucket of the function's region a package goes that is too large for the
            request; empty for the program's own, which is made if it is not there.
        settings: Other members of CreateFunction's request, as JSON; empty for AWS's defaults. Never
            printed: environment variables are among them.
        source_kms_key_arn: Of the customer managed key that encrypts the zip; empty for AWS's own.
    """

    function_name: str
    runtime: str
    handler: str
    architecture: str
    description: str = ""
    role_arn: str = ""
    role_name: str = ""
    policy: str = ""
    s3_bucket: str = ""
    s3_key: str = ""
    s3_version: str = ""
    image_uri: str = ""
    staging_bucket: str = ""
    settings: str = field(default="", repr=False)
    source_kms_key_arn: str = ""

    @property
    def log_group(self) -> str:
        """Where its logs will go: the group that its settings name, or that of its name."""
        settings = json.loads(self.settings) if self.settings else {}
        named = (settings.get("LoggingConfig") or {}).get("LogGroup")
        return str(named or f"/aws/lambda/{self.function_name}")

    @property
    def brings_package(self) -> bool:
        """Whether the code is handed over with the request."""
        return not self.s3_bucket and not self.image_uri

    def request(self, role_arn: str, package: bytes) -> dict[str, Any]:
        """What CreateFunction is sent.

        Args:
            role_arn: Of the role, which may have been made just now.
            package: The zip; empty unless `brings_package`.
        """
        request: dict[str, Any] = json.loads(self.settings) if self.settings else {}
        request |= {
            "FunctionName": self.function_name,
            "Role": role_arn,
            "Description": self.description,
            "Architectures": [self.architecture],
        }
        request |= published_to_callers(request)
        if self.image_uri:
            return request | {"PackageType": "Image", "Code": {"ImageUri": self.image_uri}}
        request |= {"Runtime": self.runtime, "Handler": self.handler}
        key = {"SourceKMSKeyArn": self.source_kms_key_arn} if self.source_kms_key_arn else {}
        if not self.s3_bucket:
            return request | {"Code": {"ZipFile": package, **key}}
        code = key | {"S3Bucket": self.s3_bucket, "S3Key": self.s3_key}
        if self.s3_version:
            code["S3ObjectVersion"] = self.s3_version
        return request | {"Code": code}

    def is_role(self, role_arn: str) -> bool:
        """Whether an ARN is the role that was chosen, or the one that this makes."""
        return role_arn == self.role_arn if self.role_arn else role_arn.endswith(f"/{self.role_name}")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the plan.

    Attributes:
        kind: What is done.
        call: The request, as in "iam:CreateRole".
        subject: What it is about: a name.
        undo: The request that takes it back; empty when there is nothing to take back.
    """

    kind: StepKind
    call: str
    subject: str
    undo: str = ""


def plan_create(wanted: NewFunction, staged: Staged | None = None) -> tuple[Step, ...]:
    """The steps that make a function.

    Args:
        wanted: What it is to be.
        staged: Where its package is brought first, if that is too large for the request.
    """
    package: tuple[Step, ...] = ()
    if staged is not None:
        package = (Step(StepKind.UPLOAD, "s3:PutObject", staged.bucket, "s3:DeleteObject"),)
        if not staged.exists:
            made = Step(StepKind.BUCKET, "s3:CreateBucket", staged.bucket, "s3:DeleteBucket")
            package = (made, *package)
    role: tuple[Step, ...] = ()
    if not wanted.role_arn:
        role = (
            Step(StepKind.ROLE, "iam:CreateRole", wanted.role_name, "iam:DeleteRole"),
            Step(StepKind.POLICY, "iam:PutRolePolicy", wanted.role_name, "iam:DeleteRolePolicy"),
        )
    name = wanted.function_name
    return (
        *package,
        *role,
        Step(StepKind.FUNCTION, "lambda:CreateFunction", name, "lambda:DeleteFunction"),
        Step(StepKind.WAIT, "lambda:GetFunction", name),
    )


@dataclass(frozen=True, slots=True)
class Choices:
    """What the installed service model lists and allows. AWS may know more: other values can be typed.

    Attributes:
        runtimes: Those with templates, the newest of each language first.
        architectures: "x86_64", "arm64".
        name: Of a function, as the model has it: ARNs pass too, see `accepts_name`.
        description: Of a function.
        role_arn: Of its role.
        handler: Of its code.
        s3_bucket: That its code is in.
        s3_key: Of the object there.
        s3_version: Of that object.
    """

    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]
    name: TextLimit
    description: TextLimit
    role_arn: TextLimit
    handler: TextLimit
    s3_bucket: TextLimit
    s3_key: TextLimit
    s3_version: TextLimit

    def accepts_name(self, name: str) -> bool:
        """Whether a new function may be called that."""
        return is_function_name(name) and self.name.accepts(name)


def load_choices() -> Choices:
    """Reads the service model. The first time it takes 50 ms: not for the main thread."""
    return Choices(
        offered_runtimes(known_values("Runtime")),
        known_values("Architecture"),
        text_limit("FunctionName"),
        text_limit("Description"),
        text_limit("RoleArn"),
        text_limit("Handler"),
        text_limit("S3Bucket"),
        text_limit("S3Key"),
        text_limit("S3ObjectVersion"),
    )

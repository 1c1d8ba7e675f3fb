"""What creating a function takes: the wish, the steps with what takes each back, the service model's limits.

Pure but for reading the service model. Must not know: how a step is made.
"""

from dataclasses import dataclass
from enum import Enum

from workbench.aws.quotas import TextLimit, is_function_name, known_values, text_limit
from workbench.functions.templates import offered_runtimes


class StepKind(Enum):
    """What is done, in this order; undone in reverse."""

    ROLE = "role"
    POLICY = "policy"
    FUNCTION = "function"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class NewFunction:
    """A function as a person wants it.

    Attributes:
        architecture: "x86_64" or "arm64", or whatever AWS adds.
        role_arn: The execution role that is there; empty when one is to be made.
        role_name: The role to make (`roles.new_role_name`); empty with a `role_arn`.
        policy: What that role allows, a JSON document; empty with a `role_arn`.
    """

    function_name: str
    runtime: str
    handler: str
    architecture: str
    description: str = ""
    role_arn: str = ""
    role_name: str = ""
    policy: str = ""

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


def plan_create(wanted: NewFunction) -> tuple[Step, ...]:
    """The steps that make a function."""
    role: tuple[Step, ...] = ()
    if not wanted.role_arn:
        role = (
            Step(StepKind.ROLE, "iam:CreateRole", wanted.role_name, "iam:DeleteRole"),
            Step(StepKind.POLICY, "iam:PutRolePolicy", wanted.role_name, "iam:DeleteRolePolicy"),
        )
    name = wanted.function_name
    return (
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
    """

    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]
    name: TextLimit
    description: TextLimit
    role_arn: TextLimit

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
    )

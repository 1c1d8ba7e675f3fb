"""AWS's names: parsing and building ARNs, and checking names from outside.

Names come from answers, files, templates and the index. An endpoint other than AWS's, and a file from
somebody else, may contain anything. A name that passed one of these checks has no slash and no control
character, and is never "..".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _


@dataclass(frozen=True, slots=True)
class Arn:
    """`arn:partition:service:region:account_id:resource`.

    Attributes:
        resource: Everything after the account, such as "function:hello" or "role/service-role/name". May
            contain colons and slashes.
    """

    partition: str
    service: str
    region: str
    account_id: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn":
        """Parses an ARN. Raises ValueError: the text is not an ARN."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
            raise ValueError(f"not an ARN: {text!r}")
        return cls(*parts[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account_id}:{self.resource}"

    @property
    def resource_type(self) -> str:
        """The type: "function" in "function:hello", "role" in "role/name"; empty for "my-bucket"."""
        kind, __, rest = self.resource.partition(self._separator)
        return kind if rest else ""

    @property
    def resource_id(self) -> str:
        """The part after the type: "hello:7" in "function:hello:7", "path/name" in "role/path/name"."""
        kind, __, rest = self.resource.partition(self._separator)
        return rest or kind

    @property
    def _separator(self) -> str:
        return min(":/", key=lambda mark: self.resource.find(mark) % (len(self.resource) + 1))

    def with_resource(self, resource: str) -> "Arn":
        """Another resource of the same service, region and account."""
        return replace(self, resource=resource)


def unqualified(function_arn: str) -> str:
    """The ARN of a function without its version or alias."""
    return ":".join(function_arn.split(":")[:7])


LATEST = "$LATEST"
"""The version of a function that can be changed."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{1,20}(?:-[a-z0-9]{1,20}){0,5}")
"""Wider than AWS's, because emulators accept any."""
_NAME = r"[A-Za-z0-9_-]{1,140}"
_FUNCTION = re.compile(_NAME)
_FUNCTIONS = re.compile(rf"(?:{_NAME}\n)*")
_VERSION = re.compile(r"\$LATEST(?:\.PUBLISHED)?|[0-9]{1,20}")
_ALIAS = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LAYER_ARN = re.compile(
    rf"arn:[a-zA-Z0-9-]{{1,30}}:lambda:[a-z0-9-]{{0,40}}:(?:[0-9]{{12}}:layer|:awslayer):{_NAME}(?::[0-9]{{1,20}})?"
)
_IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[a-z.]+/[^\s:@]+([:@]\S+)?")
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html"""
_SHOWN_CHARACTERS = 80


_PLAIN = _("It must contain only letters, digits, hyphens and underscores.")


@lru_cache(maxsize=256)  # thousands of functions have the same few
def account_id(text: str) -> str:
    """An account id: 12 digits. Raises WorkbenchError for any other text."""
    return _checked(text, _ACCOUNT, _("“{}” is not an account ID."), _("It must have 12 digits."))


@lru_cache(maxsize=256)
def region(text: str) -> str:
    """A region code such as "eu-central-1". Raises WorkbenchError for any other text."""
    return _checked(
        text,
        _REGION,
        _("“{}” is not a region."),
        _("It must contain only lowercase letters, digits and hyphens."),
    )


def function_name(text: str) -> str:
    """The short name of a function. Raises WorkbenchError for any other text.

    Source: FunctionName in https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    """
    if _FUNCTION.fullmatch(text):  # thousands are read at once
        return text
    return _checked(text, _FUNCTION, _("“{}” is not a function name."), _PLAIN)


def are_function_names(texts: Sequence[str]) -> bool:
    """Whether all of many texts are names of functions; one pass in C, for the index."""
    lines = "\n".join((*texts, ""))
    return lines.count("\n") == len(texts) and _FUNCTIONS.fullmatch(lines) is not None


def version(text: str) -> str:
    """A version of a function: "$LATEST" or a number. Raises WorkbenchError for any other text."""
    return _checked(text, _VERSION, _("“{}” is not a version."), _("It must be a number or $LATEST."))


def alias_name(text: str) -> str:
    """The name of an alias. Raises WorkbenchError for any other text."""
    return _checked(text, _ALIAS, _("“{}” is not an alias name."), _PLAIN)


def layer_name(text: str) -> str:
    """The name of a layer. Raises WorkbenchError for any other text."""
    return _checked(text, _FUNCTION, _("“{}” is not a layer name."), _PLAIN)


def layer_arn(text: str) -> str:
    """The ARN of a layer, or of a version of one. Raises WorkbenchError for any other text.

    Source: LayerVersionArn in https://docs.aws.amazon.com/lambda/latest/api/API_Layer.html
    """
    return _checked(text, _LAYER_ARN, _("“{}” is not a layer ARN."), _("It must begin with arn:aws:lambda."))


def image_region(image_uri: str) -> str:
    """The region of a container image in Amazon ECR; empty for other images, which Lambda cannot run."""
    found = _IMAGE.fullmatch(image_uri)
    return found["region"] if found is not None else ""


def _checked(text: str, pattern: re.Pattern[str], what: str, rule: str) -> str:
    if pattern.fullmatch(text):
        return text
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
    if len(shown) > _SHOWN_CHARACTERS:
        shown = f"{shown[:_SHOWN_CHARACTERS]}…"
    raise WorkbenchError(
        what.format(shown),
        _(
            "{rule} AWS never returns such a value, so it came from another server or from a modified file."
        ).format(rule=rule),
        _("Nothing was changed. Check the endpoint of the profile, or the source of the file."),
    )

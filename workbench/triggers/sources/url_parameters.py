"""What may be set of a function URL, and the settings as AWS takes them. Pure."""

from workbench.aws.quotas import known_values, number_limit
from workbench.triggers.model import Values
from workbench.triggers.parameter import Entry, Parameter
from workbench.triggers.steps.function_url import url_config
from workbench.triggers.values import structured

PUBLIC = "NONE"
PRINCIPAL = "Principal"
"""Not of the URL: who may call it, for the two statements."""
_CORS = (
    "Cors.AllowOrigins",
    "Cors.AllowMethods",
    "Cors.AllowHeaders",
    "Cors.ExposeHeaders",
    "Cors.MaxAge",
    "Cors.AllowCredentials",
)
NAMES = ("AuthType", "InvokeMode", *_CORS)
_METHODS = ("*", "GET", "PUT", "HEAD", "POST", "PATCH", "DELETE")
"""OPTIONS is no choice: the URL answers it itself.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html"""


def url_parameters() -> tuple[Parameter, ...]:
    """Auth type, who may call, invoke mode, CORS."""
    age = number_limit("MaxAge")
    return (
        Parameter(
            "AuthType",
            "Auth type",
            Entry.CHOICE,
            "AWS_IAM",
            required=True,
            choices=known_values("FunctionUrlAuthType"),
            is_open=True,
            help="AWS_IAM: callers sign requests. NONE: anyone on the internet can invoke the function.",
        ),
        Parameter(
            PRINCIPAL,
            "Allowed callers",
            Entry.TEXT,
            pattern=r"\d{12}|arn:[\w-]+:(iam|sts)::\d{12}:\S+",
            help="With AWS_IAM: another account, or the ARN of a user or role in it. Callers in this "
            "account need permissions in their own policies instead.",
        ),
        Parameter(
            "InvokeMode",
            "Invoke mode",
            Entry.CHOICE,
            "BUFFERED",
            choices=known_values("InvokeMode"),
            is_open=True,
            help="RESPONSE_STREAM sends the response while the function is still running.",
        ),
        _listing(
            "Cors.AllowOrigins", "Allow origin", "Web pages that can call the URL: https://example.com, or *."
        ),
        Parameter("Cors.AllowMethods", "Allow methods", Entry.CHOICES, choices=_METHODS, advanced=True),
        _listing("Cors.AllowHeaders", "Allow headers", "Headers that web pages can send."),
        _listing("Cors.ExposeHeaders", "Expose headers", "Headers that web pages can read."),
        Parameter(
            "Cors.MaxAge",
            "Max age",
            Entry.NUMBER,
            minimum=age.minimum,
            maximum=age.maximum,
            unit="s",
            advanced=True,
            help="How long browsers cache the preflight response.",
        ),
        Parameter("Cors.AllowCredentials", "Allow credentials", Entry.FLAG, advanced=True),
    )


def filled(values: Values) -> Values:
    """With AWS's defaults for what is not set."""
    return {"AuthType": "AWS_IAM", "InvokeMode": "BUFFERED"} | {
        name: value for name, value in values.items() if value not in (None, "", ())
    }


def config_of(values: Values) -> dict[str, object]:
    """The settings as they are sent, compared and restored."""
    return url_config(structured(filled(values), NAMES))


def _listing(name: str, label: str, help_text: str) -> Parameter:
    return Parameter(name, label, Entry.CHOICES, is_open=True, advanced=True, help=help_text)

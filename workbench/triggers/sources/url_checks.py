"""The checks of function URLs. Pure.

Since October 2025 a URL needs two statements in the function's policy, lambda:InvokeFunctionUrl and
lambda:InvokeFunction; with one of them it answers 403.
Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from dataclasses import dataclass, field

from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.grants import grant_step
from workbench.triggers.model import FunctionSeen, SourceKind, Values, WantedGrant, Wiring
from workbench.triggers.policy_eval import Answer, allows
from workbench.triggers.sources.url_parameters import PUBLIC, filled, url_parameters
from workbench.triggers.values import check_values

_STREAMING_RUNTIMES = ("nodejs", "provided")
"""Those that can answer in a stream without a layer that translates.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html"""


@dataclass(frozen=True, slots=True)
class UrlSeen:
    """The URL that the function, or the alias, has already.

    Attributes:
        url: Empty when there is none.
        config: Its settings, as steps/function_url.py compares them.
    """

    url: str = ""
    config: Values = field(default_factory=dict)


def check_url(wiring: Wiring, seen: UrlSeen, function: FunctionSeen) -> tuple[Finding, ...]:
    """URL-QUAL, URL-EXISTS, URL-ONEGRANT, URL-PUBLIC, URL-CORS, URL-STREAM."""
    values = filled(wiring.values)
    found = [*check_values(url_parameters(), values), *_qualifier(wiring)]
    if seen.url and not wiring.source_arn:
        found.append(
            Finding(
                "URL-EXISTS",
                Severity.BLOCK,
                f"{target_of(wiring)} already has a URL: {seen.url}",
                "AWS allows one URL for the function and one for each alias.",
                (Fix(FixKind.OPEN_EXISTING, "Open the existing trigger", text=wiring.target_arn),),
            )
        )
    if seen.url:
        found += _one_grant(wiring, seen, function)
    if values["AuthType"] == PUBLIC:
        found.append(
            Finding(
                "URL-PUBLIC",
                Severity.WARN,
                f"Anyone on the internet can invoke {target_of(wiring)} without credentials.",
                "The auth type NONE allows every request. You pay for each of them.",
                (
                    Fix(
                        FixKind.EDIT,
                        "Require signed requests",
                        values={"AuthType": "AWS_IAM"},
                    ),
                ),
                typed_word=wiring.function.function_name,
            )
        )
    return (*found, *_cors(values), *_stream(wiring, values))


def both_grants(principal: str, auth_type: str) -> tuple[WantedGrant, ...]:
    """The two statements that a URL needs."""
    return (
        WantedGrant(principal, "", action="lambda:InvokeFunctionUrl", auth_type=auth_type),
        WantedGrant(principal, "", via_url=True),
    )


def _one_grant(wiring: Wiring, seen: UrlSeen, function: FunctionSeen) -> list[Finding]:
    if seen.config.get("AuthType") != PUBLIC or function.grants is None:
        return []
    wanted = both_grants("*", PUBLIC)
    missing = [each for each in wanted if allows(function.grants, each, wiring.qualifier) is Answer.NO]
    if len(missing) != 1:
        return []
    step = grant_step(SourceKind.URL, missing[0], wiring.function.function_arn, wiring.qualifier)
    return [
        Finding(
            "URL-ONEGRANT",
            Severity.BLOCK,
            f"{seen.url} returns 403: the policy of {target_of(wiring)} lacks {missing[0].action}.",
            "Since October 2025 a URL needs two statements: "
            "lambda:InvokeFunctionUrl, and lambda:InvokeFunction with InvokedViaFunctionUrl.",
            (Fix(FixKind.STEPS, "Add the missing statement", (step,), is_standard=True),),
        )
    ]


def _qualifier(wiring: Wiring) -> list[Finding]:
    if not is_version(wiring.qualifier):
        return []
    return [
        Finding(
            "URL-QUAL",
            Severity.BLOCK,
            f"{target_of(wiring)} cannot have a URL: “{wiring.qualifier}” is a version.",
            "A URL belongs to the unqualified function or to an alias. Choose an alias of this version.",
        )
    ]


def _cors(values: Values) -> list[Finding]:
    origins = values.get("Cors.AllowOrigins") or ()
    if not values.get("Cors.AllowCredentials") or "*" not in _texts(origins):
        return []
    return [
        Finding(
            "URL-CORS",
            Severity.WARN,
            "Browsers reject responses with credentials that allow every origin (*).",
            "List the origins that can send cookies.",
        )
    ]


def _stream(wiring: Wiring, values: Values) -> list[Finding]:
    runtime = wiring.function.runtime
    if values["InvokeMode"] != "RESPONSE_STREAM" or runtime.startswith(_STREAMING_RUNTIMES) or not runtime:
        return []
    return [
        Finding(
            "URL-STREAM",
            Severity.WARN,
            f"{runtime} does not support response streaming natively.",
            "Node.js and custom runtimes do; others need an adapter such as the Lambda Web Adapter.",
        )
    ]


def target_of(wiring: Wiring) -> str:
    """What is run, for sentences."""
    name = wiring.function.function_name
    return f"{name}:{wiring.qualifier}" if wiring.qualifier else name


def is_version(qualifier: str) -> bool:
    """Whether it names a version ($LATEST is one), not an alias."""
    return qualifier.startswith("$") or qualifier.isdigit()


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, tuple | list) else (str(value),)

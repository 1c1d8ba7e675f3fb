"""Function URLs, HTTPS endpoints without an API, and the steps that create, change and delete them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import SYNC_PAYLOAD_LIMIT_BYTES
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import CONFLICT, find
from workbench.triggers.grants import Answer, allows, grant_step, revoke_steps
from workbench.triggers.kinds.api import REQUEST_METHODS, request_event
from workbench.triggers.kinds.source import (
    Source,
    Upstream,
    explain_request,
)
from workbench.triggers.model import (
    Explanation,
    Finding,
    Findings,
    Grant,
    Link,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Values,
    WantedGrant,
    block,
    edit_fix,
    function_request,
    open_fix,
    steps_fix,
    warn,
)
from workbench.triggers.parameter import (
    Entry,
    Parameter,
    check_values,
    choice_parameter,
    flat,
    number_parameter,
    structured,
)
from workbench.triggers.steps import Args, Ensure, Once, Resource, Running, State, Step, StepRun
from workbench.triggers.test_events import NO_TEXTS, TestEvent

PUBLIC = "NONE"
PRINCIPAL = "Principal"
"""Key of a value that no URL has: who may call it, for the two statements."""
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
"""OPTIONS cannot be chosen: the URL answers it itself.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html"""
_STREAMING_RUNTIMES = ("nodejs", "provided")
"""Runtimes that can stream a response without an adapter.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html"""
_URL_CREATE, _URL_CHANGE, _URL_DELETE = "url-create", "url-change", "url-delete"
_BUSY = ((CONFLICT, "update is in progress"), (CONFLICT, "cannot be performed at this time"))
_SETTINGS = ("AuthType", "InvokeMode", "Cors")


def _url_parameters() -> tuple[Parameter, ...]:
    return (
        choice_parameter(
            "AuthType",
            _("Auth type"),
            "AWS_IAM",
            shape="FunctionUrlAuthType",
            required=True,
            help=_("AWS_IAM: callers sign requests. NONE: anyone on the internet can invoke the function."),
        ),
        Parameter(
            PRINCIPAL,
            _("Allowed callers"),
            Entry.TEXT,
            pattern=r"\d{12}|arn:[\w-]+:(iam|sts)::\d{12}:\S+",
            help=_(
                "With AWS_IAM: another account, or the ARN of a user or role in it. Callers in this "
                "account need permissions in their own policies instead."
            ),
        ),
        choice_parameter(
            "InvokeMode",
            _("Invoke mode"),
            "BUFFERED",
            help=_("RESPONSE_STREAM sends the response while the function is still running."),
        ),
        _listing(
            "Cors.AllowOrigins",
            _("Allow origin"),
            _("Web pages that can call the URL: https://example.com, or *."),
        ),
        Parameter("Cors.AllowMethods", _("Allow methods"), Entry.CHOICES, choices=_METHODS, advanced=True),
        _listing("Cors.AllowHeaders", _("Allow headers"), _("Headers that web pages can send.")),
        _listing("Cors.ExposeHeaders", _("Expose headers"), _("Headers that web pages can read.")),
        number_parameter(
            "Cors.MaxAge",
            _("Max age"),
            unit="s",
            advanced=True,
            help=_("How long browsers cache the preflight response."),
        ),
        Parameter("Cors.AllowCredentials", _("Allow credentials"), Entry.FLAG, advanced=True),
    )


def filled(values: Values) -> Values:
    """Fills in AWS's defaults."""
    return {"AuthType": "AWS_IAM", "InvokeMode": "BUFFERED"} | {
        name: value for name, value in values.items() if value not in (None, "", ())
    }


def _config_of(values: Values) -> dict[str, object]:
    """The settings as they are sent, compared and restored."""
    return _url_config(structured(filled(values), NAMES))


def _listing(name: str, label: str, help_text: str) -> Parameter:
    return Parameter(name, label, Entry.CHOICES, is_open=True, advanced=True, help=help_text)


@dataclass(frozen=True, slots=True)
class ObservedUrl:
    """The existing URL of the function or alias.

    Attributes:
        url: Empty if there is none.
        config: The settings, as the steps compare them.
    """

    url: str = ""
    config: Values = field(default_factory=dict)


def _both_grants(principal: str, auth_type: str) -> tuple[WantedGrant, ...]:
    """The two statements that a URL needs."""
    return (
        WantedGrant(principal, "", action="lambda:InvokeFunctionUrl", auth_type=auth_type),
        WantedGrant(principal, "", via_url=True),
    )


def _one_grant(spec: TriggerSpec, observed: ObservedUrl, function: ObservedFunction) -> Iterator[Finding]:
    if observed.config.get("AuthType") != PUBLIC or function.grants is None:
        return
    wanted = _both_grants("*", PUBLIC)
    missing = [each for each in wanted if allows(function.grants, each, spec.qualifier) is Answer.NO]
    if len(missing) != 1:
        return
    step = grant_step(FunctionUrl.kind, missing[0], spec.function.function_arn, spec.qualifier)
    yield block(
        "URL-ONEGRANT",
        _("{url} returns 403: the policy of {function} lacks {action}.").format(
            url=observed.url, function=spec.target_name, action=missing[0].action
        ),
        _(
            "Since October 2025 a URL needs two statements: "
            "lambda:InvokeFunctionUrl, and lambda:InvokeFunction with InvokedViaFunctionUrl."
        ),
        steps_fix(_("Add the missing statement"), step, is_standard=True),
    )


def _qualifier(spec: TriggerSpec) -> Iterator[Finding]:
    if not _is_version(spec.qualifier):
        return
    yield block(
        "URL-QUAL",
        _("{function} cannot have a URL: “{qualifier}” is a version.").format(
            function=spec.target_name, qualifier=spec.qualifier
        ),
        _("A URL belongs to the unqualified function or to an alias. Choose an alias of this version."),
    )


def _cors(values: Values) -> Iterator[Finding]:
    origins = values.get("Cors.AllowOrigins") or ()
    if not values.get("Cors.AllowCredentials") or "*" not in _texts(origins):
        return
    yield warn(
        "URL-CORS",
        _("Browsers reject responses with credentials that allow every origin (*)."),
        _("List the origins that can send cookies."),
    )


def _stream(spec: TriggerSpec, values: Values) -> Iterator[Finding]:
    runtime = spec.function.runtime
    if values["InvokeMode"] != "RESPONSE_STREAM" or runtime.startswith(_STREAMING_RUNTIMES) or not runtime:
        return
    yield warn(
        "URL-STREAM",
        _("{runtime} does not support response streaming natively.").format(runtime=runtime),
        _("Node.js and custom runtimes do; others need an adapter such as the Lambda Web Adapter."),
    )


def _is_version(qualifier: str) -> bool:
    """Whether the qualifier is a version ($LATEST is one) rather than an alias."""
    return qualifier.startswith("$") or qualifier.isdigit()


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, tuple | list) else (str(value),)


class FunctionUrl(Source[ObservedUrl]):
    """The URL of a function or of one of its aliases."""

    kind = SourceKind("url")
    title, icon = "Function URL", "link"
    description = _("Requests to an HTTPS address of the function.")

    removal_text = _("{name} will stop responding. AWS never assigns its address again.")
    makes_its_source = True
    rule = Rule(
        _("function URL"),
        _("Function URL"),
        Model.PUSH_SYNC,
        because=_("A {noun} belongs to its function."),
    )
    upstream = Upstream(1)

    def location(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Location:
        ctx.check()
        return Location.of(spec.function.function_arn)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return _url_parameters()

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedUrl:
        ctx.check()
        if _is_version(spec.qualifier):
            return ObservedUrl()
        name = spec.function.function_name
        failure = _("Could not find the URL of {name}.").format(name=name)
        where = function_request(name, spec.qualifier)
        answer = find(connection, "get_function_url_config", failure, **where)
        return ObservedUrl(str(answer["FunctionUrl"]), _url_config(answer)) if answer else ObservedUrl()

    def check(self, spec: TriggerSpec, observed: ObservedUrl, function: ObservedFunction) -> Findings:
        """Checks URL-QUAL, URL-EXISTS, URL-ONEGRANT, URL-PUBLIC, URL-CORS, URL-STREAM."""
        values = filled(spec.values)
        found = [*check_values(_url_parameters(), values), *_qualifier(spec)]
        if observed.url and not spec.source_arn:
            found.append(
                block(
                    "URL-EXISTS",
                    _("{function} already has a URL: {url}").format(
                        function=spec.target_name, url=observed.url
                    ),
                    _("AWS allows one URL for the function and one for each alias."),
                    open_fix(spec.target_arn),
                )
            )
        if observed.url:
            found += _one_grant(spec, observed, function)
        if values["AuthType"] == PUBLIC:
            found.append(
                warn(
                    "URL-PUBLIC",
                    _("Anyone on the internet can invoke {function} without credentials.").format(
                        function=spec.target_name
                    ),
                    _("The auth type NONE allows every request. You pay for each of them."),
                    edit_fix(_("Require signed requests"), {"AuthType": "AWS_IAM"}),
                    typed_word=spec.function.function_name,
                )
            )
        return (*found, *_cors(values), *_stream(spec, values))

    def grants(self, spec: TriggerSpec, observed: ObservedUrl) -> tuple[WantedGrant, ...]:
        """Two statements for everybody or for one account; none if callers have their own permissions."""
        values = filled(spec.values)
        auth_type = str(values["AuthType"])
        if auth_type == PUBLIC:
            return _both_grants("*", auth_type)
        principal = str(values.get(PRINCIPAL) or "")
        return _both_grants(principal, auth_type) if principal else ()

    def plan(self, spec: TriggerSpec, observed: ObservedUrl) -> Steps:
        args = _where(spec) | {"config": _config_of(spec.values)}
        title = _("Create a function URL for {function}").format(function=spec.target_name)
        region = spec.function.region
        return (
            Step(_URL_CREATE, title, "lambda:CreateFunctionUrlConfig", region, args, _("Delete the URL")),
        )

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        name = function.detail.function_name
        pages = connection.paginate(
            "lambda",
            "list_function_url_configs",
            ctx=ctx,
            failure=_("Could not list the URLs of {name}.").format(name=name),
            FunctionName=name,
        )
        found = []
        for page in pages:
            for each in page.get("FunctionUrlConfigs") or ():
                arn = str(each["FunctionArn"])
                qualifier = arn.split(":")[7] if arn.count(":") >= 7 else ""
                values = flat(_url_config(each), NAMES)
                found.append(
                    Trigger(
                        self.kind,
                        str(each["FunctionUrl"]),
                        str(each["FunctionUrl"]),
                        qualifier,
                        arn,
                        link=_link(values, qualifier, function.grants),
                        values=values,
                        grants=_belonging(function.grants or (), qualifier),
                    )
                )
        return tuple(found)

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: ObservedUrl) -> Steps:
        """Changes the URL; removes the statements for everybody if it is no longer public."""
        config = _config_of(spec.values)
        steps: Steps = ()
        if config != observed.config:
            args = _where(spec) | {"config": config, "seen": dict(observed.config)}
            title = _("Change the URL of {function}").format(function=spec.target_name)
            undo = _("Restore the previous settings")
            step = Step(
                _URL_CHANGE, title, "lambda:UpdateFunctionUrlConfig", spec.function.region, args, undo
            )
            steps = (step,)
        if config["AuthType"] == PUBLIC:
            return steps
        public = [grant for grant in trigger.grants if grant.principal == "*"]
        return (*steps, *revoke_steps(spec.function.function_arn, public))

    def remove(self, trigger: Trigger) -> Steps:
        """Deletes the URL. Its address cannot be restored."""
        if not trigger.identity.startswith("arn:"):
            return ()  # only a statement is left
        parts = trigger.identity.split(":")
        args = {"function_name": parts[6], "qualifier": trigger.qualifier}
        title = _("Delete {source_arn}: the address cannot be restored").format(source_arn=trigger.source_arn)
        return (Step(_URL_DELETE, title, "lambda:DeleteFunctionUrlConfig", parts[3], args),)

    def test_event(
        self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS
    ) -> TestEvent | None:
        if not trigger.identity.startswith("arn:"):
            return None  # it is known only from a statement
        is_public = trigger.values.get("AuthType") == PUBLIC
        region = trigger.identity.split(":")[3]
        return request_event(
            trigger.source_arn,
            REQUEST_METHODS,
            "/",
            mark,
            texts,
            region,
            SYNC_PAYLOAD_LIMIT_BYTES,
            sign_for="" if is_public else "lambda",
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        authorises = _(
            "Callers sign requests (AWS_IAM): callers in this account need permissions in their "
            "own policies; other accounts need two statements in the function's policy."
        )
        if trigger.values.get("AuthType") == PUBLIC:
            authorises = _(
                "The function's policy with two statements: lambda:InvokeFunctionUrl and "
                "lambda:InvokeFunction."
            )
        return explain_request(
            self.upstream,
            function,
            _("They are returned to the caller: a function error is HTTP 502."),
            authorises,
            _("Function URL"),
            _("The Sandbox serves the API under its own address, and does not check the function's policy."),
        )


def _where(spec: TriggerSpec) -> dict[str, object]:
    return {"function_name": spec.function.function_name, "qualifier": spec.qualifier}


def _link(values: Values, qualifier: str, grants: tuple[Grant, ...] | None) -> Link:
    if values.get("AuthType") != PUBLIC:
        return Link.LINKED  # identity policies may allow signed requests
    if grants is None:
        return Link.UNKNOWN
    answers = [allows(grants, each, qualifier) for each in _both_grants("*", PUBLIC)]
    if Answer.NO in answers:
        return Link.MISSING_PERMISSION
    return Link.UNKNOWN if Answer.UNKNOWN in answers else Link.LINKED


def _belonging(grants: tuple[Grant, ...], qualifier: str) -> tuple[Grant, ...]:
    """The public statements and ours. Grants to accounts that others made are left alone."""
    return tuple(
        grant
        for grant in grants
        if grant.qualifier == qualifier
        and not grant.denies
        and (
            "InvokeFunctionUrl" in grant.action
            or "lambda:invokedviafunctionurl=true" in grant.other_conditions
        )
        and (grant.principal == "*" or grant.sid.startswith("wb-url-"))
    )


def _url_config(answer: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a URL as they are compared and restored, including those that AWS leaves out."""
    return {
        "AuthType": answer.get("AuthType", ""),
        "InvokeMode": answer.get("InvokeMode") or "BUFFERED",
        "Cors": {key: value for key, value in (answer.get("Cors") or {}).items() if _is_set(value)},
    }


def _is_set(value: object) -> bool:
    return not (value is None or value is False or value == [])


def _read_url(args: Args, running: Running) -> dict[str, Any]:
    failure = _("Could not read the URL of {function}.").format(function=args["function_name"])
    return running.find("lambda", "get_function_url_config", failure, **_subject(args))


def _subject(args: Args) -> dict[str, Any]:
    return function_request(args["function_name"], args["qualifier"])


def _create_url(args: Args, running: Running) -> Facts:
    """Creates the URL. Facts: url. Such a plan is made only if there is no URL yet.

    Raises:
        WorkbenchError: AWS refused, or another URL was created in the meantime.
    """
    failure = _("Could not create a function URL for {function}.").format(function=args["function_name"])
    now = _read_url(args, running)
    if not now:
        running.note({"added": True})
        request = {key: value for key, value in args["config"].items() if value} | _subject(args)
        now = running.call("lambda", "create_function_url_config", failure, _BUSY, **request)
    elif _url_config(now) != args["config"]:
        raise WorkbenchError(
            failure,
            _("A different URL was created a moment ago: {now}").format(now=now["FunctionUrl"]),
            _("Check that URL first."),
            CONFLICT,
        )
    return {"url": str(now["FunctionUrl"])}


def _delete_created_url(args: Args, facts: Facts, running: Running) -> None:
    """Deletes the URL that this run created, unless it was changed."""
    now = _read_url(args, running) if facts.get("added") else {}
    is_ours = facts.get("url") in (None, now.get("FunctionUrl"))
    if now and is_ours and _url_config(now) == args["config"]:
        _delete_url(args, running)


def _delete_url(args: Args, running: Running) -> Facts:
    """Deletes the URL. There is no undo: a new one would have another address."""
    failure = _("Could not delete the URL of {function}.").format(function=args["function_name"])
    running.find("lambda", "delete_function_url_config", failure, _BUSY, **_subject(args))
    return {}


def _read_config(args: Args, running: Running) -> dict[str, Any] | None:
    found = _read_url(args, running)
    return _url_config(found) if found else None


def _put_config(args: Args, running: Running, config: State, _present: State) -> None:
    settings = {key: config[key] for key in _SETTINGS}  # an empty Cors removes the old one
    failure = _("Could not change the URL of {function}.").format(function=args["function_name"])
    running.call("lambda", "update_function_url_config", failure, _BUSY, **_subject(args), **settings)


RUNS: Mapping[str, StepRun] = {
    _URL_CREATE: Once(_create_url, _delete_created_url),
    _URL_CHANGE: Ensure(Resource(_read_config, _put_config), lambda args, *__: args["config"], planned=True),
    _URL_DELETE: Once(_delete_url),
}

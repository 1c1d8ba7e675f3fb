"""Function URLs: HTTPS without anything between."""

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding
from workbench.triggers.grants import revoke_steps
from workbench.triggers.ledgers import SYNC, sync_ledger, upstream_ledger
from workbench.triggers.model import (
    FunctionSeen,
    Link,
    Place,
    SourceKind,
    TestEvent,
    Trigger,
    Values,
    WantedGrant,
    Wiring,
)
from workbench.triggers.parameter import Parameter
from workbench.triggers.policy import Grant
from workbench.triggers.policy_eval import Answer, allows
from workbench.triggers.sources.source import Source
from workbench.triggers.sources.url_checks import UrlSeen, both_grants, check_url, is_version, target_of
from workbench.triggers.sources.url_parameters import (
    NAMES,
    PRINCIPAL,
    PUBLIC,
    config_of,
    filled,
    url_parameters,
)
from workbench.triggers.step import Step
from workbench.triggers.steps.function_url import (
    URL_CHANGE,
    URL_CREATE,
    URL_DELETE,
    qualified,
    url_config,
)
from workbench.triggers.steps.https_call import https_call
from workbench.triggers.values import flat


class FunctionUrl(Source[UrlSeen]):
    """A function's URL, of its unqualified function or of an alias."""

    kind = SourceKind.URL
    title = "Function URL"
    makes_its_source = True

    def place(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> Place:
        """Its function's."""
        ctx.check()
        return Place.of(wiring.function.function_arn)

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        """Auth type, invoke mode, CORS, and who may call."""
        return url_parameters()

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> UrlSeen:
        """Looks whether there is a URL already. Raises WorkbenchError."""
        ctx.check()
        if is_version(wiring.qualifier):
            return UrlSeen()
        name = wiring.function.function_name
        where = qualified(name, wiring.qualifier)
        answer = find(connection, "get_function_url_config", f"Could not find the URL of {name}.", **where)
        return UrlSeen(str(answer["FunctionUrl"]), url_config(answer)) if answer else UrlSeen()

    def check(self, wiring: Wiring, seen: UrlSeen, function: FunctionSeen) -> tuple[Finding, ...]:
        """Checks URL-QUAL, URL-EXISTS, URL-ONEGRANT, URL-PUBLIC, URL-CORS, URL-STREAM."""
        return check_url(wiring, seen, function)

    def grants(self, wiring: Wiring, seen: UrlSeen) -> tuple[WantedGrant, ...]:
        """Two for everybody, two for a named account, none where callers bring permissions of their own."""
        values = filled(wiring.values)
        auth_type = str(values["AuthType"])
        if auth_type == PUBLIC:
            return both_grants("*", auth_type)
        principal = str(values.get(PRINCIPAL) or "")
        return both_grants(principal, auth_type) if principal else ()

    def plan(self, wiring: Wiring, seen: UrlSeen, function: FunctionSeen) -> tuple[Step, ...]:
        """One call."""
        args = _where(wiring) | {"config": config_of(wiring.values)}
        title = f"Create a function URL for {target_of(wiring)}"
        region = wiring.function.region
        return (Step(URL_CREATE, title, "lambda:CreateFunctionUrlConfig", region, args, "Delete the URL"),)

    def find(
        self, connection: Connection, function: FunctionSeen, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The function's own URL and those of its aliases. Raises WorkbenchError."""
        name = function.detail.function_name
        pages = connection.paginate(
            "lambda",
            "list_function_url_configs",
            ctx=ctx,
            failure=f"Could not list the URLs of {name}.",
            FunctionName=name,
        )
        found = []
        for page in pages:
            for each in page.get("FunctionUrlConfigs") or ():
                arn = str(each["FunctionArn"])
                qualifier = arn.split(":")[7] if arn.count(":") >= 7 else ""
                values = flat(url_config(each), NAMES)
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

    def update(self, trigger: Trigger, wiring: Wiring, seen: UrlSeen) -> tuple[Step, ...]:
        """Sets it; statements for everybody go when it is public no more."""
        config = config_of(wiring.values)
        steps: tuple[Step, ...] = ()
        if config != seen.config:
            args = _where(wiring) | {"config": config, "before": dict(seen.config)}
            title = f"Change the URL of {target_of(wiring)}"
            undo = "Restore the previous settings"
            step = Step(
                URL_CHANGE, title, "lambda:UpdateFunctionUrlConfig", wiring.function.region, args, undo
            )
            steps = (step,)
        if config["AuthType"] == PUBLIC:
            return steps
        public = [grant for grant in trigger.grants if grant.principal == "*"]
        return (*steps, *revoke_steps(wiring.function.function_arn, public))

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """One call; its address never comes back."""
        if not trigger.identity.startswith("arn:"):
            return ()  # only a statement is left of it
        parts = trigger.identity.split(":")
        args = {"function_name": parts[6], "qualifier": trigger.qualifier}
        title = f"Delete {trigger.source_arn}: the address cannot be restored"
        return (Step(URL_DELETE, title, "lambda:DeleteFunctionUrlConfig", parts[3], args),)

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        """A POST to the URL."""
        if not trigger.identity.startswith("arn:"):
            return None  # only a statement tells of it
        is_public = trigger.values.get("AuthType") == PUBLIC
        region = trigger.identity.split(":")[3]
        step = https_call(trigger.source_arn, mark, region, sign_for="" if is_public else "lambda")
        signed = "" if is_public else ", signed with your credentials"
        return TestEvent(f"Sends a POST request to {trigger.source_arn}{signed}.", (step,), mark)

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        """One request, one invocation."""
        is_public = trigger.values.get("AuthType") == PUBLIC
        return Explanation(
            SYNC,
            "None: each request is a separate invocation.",
            upstream_ledger(self.kind),
            sync_ledger(),
            "They are returned to the caller: a function error is HTTP 502.",
            "The function's policy with two statements: lambda:InvokeFunctionUrl and lambda:InvokeFunction."
            if is_public
            else (
                "Callers sign requests (AWS_IAM): callers in this account need permissions in their "
                "own policies; other accounts need two statements in the function's policy."
            ),
            ("Caller", "Function URL", function.detail.function_name, "Caller"),
            "The Sandbox serves the API under its own address, and does not check the function's policy.",
        )


def _where(wiring: Wiring) -> dict[str, object]:
    return {"function_name": wiring.function.function_name, "qualifier": wiring.qualifier}


def _link(values: Values, qualifier: str, grants: tuple[Grant, ...] | None) -> Link:
    if values.get("AuthType") != PUBLIC:
        return Link.LINKED  # who signs may be allowed elsewhere
    if grants is None:
        return Link.UNKNOWN
    answers = [allows(grants, each, qualifier) for each in both_grants("*", PUBLIC)]
    if Answer.NO in answers:
        return Link.MISSING_PERMISSION
    return Link.UNKNOWN if Answer.UNKNOWN in answers else Link.LINKED


def _belonging(grants: tuple[Grant, ...], qualifier: str) -> tuple[Grant, ...]:
    """Those for everybody, and those that were added here. What somebody granted to an account is theirs."""
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

"""Whether a source may invoke a function of another region, account or partition. Pure.

Each kind of source has its own rules (`Source.rule`).
"""

import json

from workbench.core.messages import _
from workbench.triggers.kinds.table import RULES, SOURCES
from workbench.triggers.model import Finding, Fix, FixKind, Location, Rule, Severity, SourceKind, Verdict

PARTITION, REGION, _REGION_OK, ACCOUNT = "GEN-PARTITION", "GEN-REGION", "GEN-REGION-OK", "GEN-ACCOUNT"
_SEVERITIES = {Verdict.WARN: Severity.WARN, Verdict.BLOCK: Severity.BLOCK}
_NAMES = {
    "aws": "AWS's commercial Regions",
    "aws-cn": "AWS China Regions",
    "aws-us-gov": "AWS GovCloud (US)",
    "aws-eusc": "the AWS European Sovereign Cloud",
}


def check_locations(
    kind: SourceKind, source: Location, function: Location, source_arn: str = "", role_arn: str = ""
) -> tuple[Finding, ...]:
    """Compares partition, region and account, in this order; stops at the first mismatch that blocks.

    Args:
        source: The source's location; empty where unknown.
        source_arn: For the texts and the policy to copy.
        role_arn: The execution role, for the policy to copy.

    Returns:
        Empty if the locations are compatible.
    """
    if source == function:
        return ()
    rule = RULES[kind]
    called = SOURCES[kind].resource_name(source_arn) if source_arn else ""
    name = f"the {rule.noun} {called}".strip()
    if source.partition != function.partition:
        return (_partition(name, source, function),)
    found = []
    if source.region != function.region:
        finding = _region(rule, name, source, function)
        if finding.severity is Severity.BLOCK:
            return (finding,)
        found.append(finding)
    if source.account_id and source.account_id != function.account_id:
        found.append(_account(rule, name, source, function, source_arn, role_arn))
    return tuple(found)


def _start(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _partition(name: str, source: Location, function: Location) -> Finding:
    here, there = (_NAMES.get(location.partition, location.partition) for location in (function, source))
    return Finding(
        PARTITION,
        Severity.BLOCK,
        _("{name} is in {there}; the function is in {here}.").format(
            name=_start(name), there=there, here=here
        ),
        _("AWS partitions do not share accounts or networks, so a trigger cannot connect them."),
    )


def _region(rule: Rule, name: str, source: Location, function: Location) -> Finding:
    if not source.region:
        return Finding(
            REGION,
            Severity.WARN,
            _("Could not determine the region of {name}.").format(name=name),
            _("The function is in {region}; AWS rejects a source in another region.").format(
                region=function.region
            ),
        )
    what = _("{name} is in {region}; the function is in {function_region}.").format(
        name=_start(name), region=source.region, function_region=function.region
    )
    if rule.region is Verdict.ALLOW:
        why = _("This source can invoke functions in another region. Cross-region events add latency.")
        return Finding(_REGION_OK, Severity.NOTICE, what, why)
    if rule.region is Verdict.WARN:
        why = _(
            "AWS does not document whether this works across regions. Workbench will show AWS's response."
        )
        return Finding(REGION, Severity.WARN, what, why)
    return Finding(REGION, Severity.BLOCK, what, rule.why_same_region, _fixes(rule.hop, source.region))


def _fixes(hop: SourceKind | None, region: str) -> tuple[Fix, ...]:
    ways = [
        Fix(FixKind.SWITCH_REGION, _("Go to {region}").format(region=region), region=region),
        Fix(FixKind.PICK_FUNCTION, _("Choose a function in {region}").format(region=region), region=region),
        Fix(FixKind.COPY_FUNCTION, _("Copy the function to {region}").format(region=region), region=region),
    ]
    if hop is not None:
        title = _("Forward through a {noun} in {region}").format(noun=RULES[hop].noun, region=region)
        ways.append(Fix(FixKind.OTHER_SOURCE, title, region=region, source_kind=hop))
    return tuple(ways)


def _account(
    rule: Rule, name: str, source: Location, function: Location, source_arn: str, role_arn: str
) -> Finding:
    what = _("{name} belongs to account {account_id}; the function belongs to {function_account}.").format(
        name=_start(name), account_id=source.account_id, function_account=function.account_id
    )
    if rule.account is Verdict.BLOCK:
        return Finding(
            ACCOUNT,
            Severity.BLOCK,
            what,
            _("{title} cannot invoke functions in other accounts.").format(title=rule.title),
        )
    if rule.account is Verdict.WARN:
        why = _(
            "AWS does not document whether this works across accounts. Workbench will show AWS's response."
        )
        return Finding(ACCOUNT, Severity.WARN, what, why)
    if not rule.account_actions:
        why = _("This source can invoke functions in another account if that account's owner allows it.")
        return Finding(ACCOUNT, Severity.NOTICE, what, why)
    policy = _source_policy(rule, source_arn, role_arn)
    return Finding(
        ACCOUNT,
        Severity.NOTICE,
        what,
        _("The owner of the {noun} must allow the function's execution role to read it.").format(
            noun=rule.noun
        ),
        (Fix(FixKind.SHOW_POLICY, _("Show the policy for the {noun}").format(noun=rule.noun), text=policy),),
    )


def _source_policy(rule: Rule, source_arn: str, role_arn: str) -> str:
    """The statement that the source's owner must add to its resource policy."""
    statement = {
        "Sid": "LambdaReads",
        "Effect": "Allow",
        "Principal": {"AWS": role_arn},
        "Action": list(rule.account_actions),
        "Resource": source_arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)

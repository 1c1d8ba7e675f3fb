"""The organisation's policy in the interface: which actions it switches off, and its rules in words."""

from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox

from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _, ngettext
from workbench.core.policy import SET_BY_ORGANISATION, Policy, Rule, TierRule
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.services import Services

_ACTIONS = {
    Rule.SANDBOX: ("sandbox.start", "sandbox.reset"),
    Rule.LOCAL_RUNS: ("function.run_locally", "function.debug", "function.local_credentials"),
    Rule.INSTALLS: ("dependencies.install",),
    Rule.OWN_ENDPOINTS: ("profile.trust_endpoint",),
}
"""The work itself refuses too (`Policy.check`): these are switched off so that nobody tries in vain."""


def set_by_organisation(detail: str = "") -> str:
    """The reason that is shown wherever a rule is in force.

    Args:
        detail: What the rule says, if that does not show.
    """
    return f"{SET_BY_ORGANISATION}: {detail}" if detail else SET_BY_ORGANISATION


def forbid_actions(actions: ActionRegistry, policy: Policy) -> None:
    """Switches off the actions that the policy forbids, and says why wherever they are shown."""
    for rule, names in _ACTIONS.items():
        if policy.forbids(rule):
            for name in names:
                actions.forbid(name, set_by_organisation())


def set_choosable(box: QComboBox, row: int, *, choosable: bool) -> None:
    """Lets a row of a box be chosen, or shows it without letting anybody choose it."""
    model = box.model()
    assert isinstance(model, QStandardItemModel)
    model.item(row).setEnabled(choosable)


def delete_old_data(services: Services) -> None:
    """Deletes, in the background, invocations, packages and deleted functions that are older than allowed."""
    policy = services.policy
    if policy.max_invocation_age_days is None and policy.packages_days is None:
        return

    def run(_ctx: JobContext) -> None:
        from workbench.deploy.journal import Journal
        from workbench.functions.deleted import DeletedStore
        from workbench.ui.shell.invoker import history_of

        folder = services.paths.data_dir / "deleted"
        DeletedStore(folder, services.clock, max_age_days=policy.packages_days).prune()
        Journal(services.paths.data_dir / "deploys", packages_days=policy.packages_days).packages.prune()
        history_of(services).prune()

    title = _("Deleting data older than your organization's limit")
    services.jobs.submit(Job(title, run, quiet=True))


def describe_rules(policy: Policy) -> tuple[tuple[str, str], ...]:
    """The rules in force: what each is about, and what it says."""
    rules: list[tuple[str, str]] = []
    for rule, title, text in (
        (
            Rule.SANDBOX,
            _("Sandbox"),
            _("The Sandbox cannot be started."),
        ),
        (
            Rule.LOCAL_RUNS,
            _("Local runs"),
            _("Functions cannot be run or debugged on this computer outside the Sandbox."),
        ),
        (
            Rule.INSTALLS,
            _("Dependencies"),
            _("Dependencies cannot be installed on this computer."),
        ),
        (
            Rule.OWN_ENDPOINTS,
            _("Servers"),
            _("Requests are sent only to AWS."),
        ),
        (
            Rule.STORED_KEYS,
            _("Access keys"),
            _("Long-lived access keys are neither stored nor handed out by Workbench."),
        ),
    ):
        if policy.forbids(rule):
            rules.append((title, text))
    if policy.forbids(Rule.RAW_KEYS) and not policy.forbids(Rule.STORED_KEYS):
        text = _("Only temporary credentials derived from a stored access key are handed out.")
        rules.append((_("Access keys"), text))
    for tier in policy.tiers:
        rules.append((_("Profiles"), _describe_tier(tier)))
    if text := describe_invocation_rules(policy):
        rules.append((_("Invocations"), text))
    if (days := policy.packages_days) is not None:
        text = ngettext(
            "Old packages and backups of deleted functions are deleted after {count} day.",
            "Old packages and backups of deleted functions are deleted after {count} days.",
            days,
        ).format(count=days)
        rules.append((_("Packages"), text))
    return tuple(rules)


def describe_invocation_rules(policy: Policy) -> str:
    """What holds for the record of invocations; empty when nothing does."""
    if not policy.keeps_payloads:
        return _("Payloads, responses and logs of invocations are not stored.")
    days = policy.max_invocation_age_days
    if days is None:
        return ""
    return ngettext(
        "Invocations are deleted after {count} day.", "Invocations are deleted after {count} days.", days
    ).format(count=days)


def _describe_tier(rule: TierRule) -> str:
    names = ", ".join((*rule.profiles, *rule.accounts))
    if rule.tier == "read-only":
        everyone = _("Every profile is read-only.")
        some = _("Read-only: {names}")
    else:
        everyone = _("Every profile is treated as production.")
        some = _("Treated as production: {names}")
    return some.format(names=names) if names else everyone

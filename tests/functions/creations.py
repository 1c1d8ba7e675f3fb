"""Creations that a crash interrupted."""

from workbench.functions.create import Creation, CreationJournal, NewFunction, StepKind, code_sha256_of


def begun(
    journal: CreationJournal,
    wanted: NewFunction,
    package: bytes,
    account_id: str,
    region: str,
    step: StepKind,
) -> None:
    """Leaves the journal of a creation that a crash ended in a step."""
    creation = Creation(account_id, region, wanted, code_sha256_of(package))
    with journal.begin_creation(creation, package) as file:
        file.before(step.value)

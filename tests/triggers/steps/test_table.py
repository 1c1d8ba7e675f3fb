"""The steps of all modules of triggers/steps."""

from workbench.triggers import execute


def test_no_two_steps_have_the_same_action() -> None:
    assert len(execute.STEP_RUNS) == sum(len(module.RUNS) for module in execute.MODULES)

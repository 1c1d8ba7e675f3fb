"""The figures that Help, How True Is the Sandbox? shows."""

import re
from pathlib import Path

from workbench.sandbox.fidelity import read_fidelity
from workbench.sandbox.launcher import door

# No refusal of theirs was recorded.
_NOT_RECORDED = {"apigatewayv2", "kinesis"}
_RULES = Path(door.__file__).with_name("rules")


def test_the_figures_have_the_shape_that_the_dialog_shows() -> None:
    measured = read_fidelity()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", measured.date)
    assert {"ministack", "moto", "botocore"} <= measured.versions.keys()
    names = [each.service for each in measured.services]
    assert names == sorted(set(names))
    for each in measured.services:
        assert 0 <= each.sandbox <= each.recorded, each
        assert 0 <= each.moto <= each.recorded, each
    for some in (measured.states, measured.fields):
        assert 0 <= some.right <= some.all, some


def test_every_service_that_the_door_has_rules_for_was_measured() -> None:
    with_rules = [path for path in _RULES.glob("[a-z]*.py") if "rules = Rules()" in path.read_text("utf-8")]
    services = {path.stem.split("_")[0] for path in with_rules}
    assert "lambda" in services
    assert services - _NOT_RECORDED <= {each.service for each in read_fidelity().services}

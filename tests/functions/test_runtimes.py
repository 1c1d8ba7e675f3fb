"""The dates of runtimes stand beside the service model's names."""

import botocore.session

from workbench.core.paths import resources_dir
from workbench.functions.fleet import RuntimeDates


def test_each_date_is_of_a_runtime_that_lambda_knows() -> None:
    runtime = botocore.session.get_session().get_service_model("lambda").shape_for("Runtime")
    dates = RuntimeDates.load(resources_dir() / "runtimes.json").deprecated
    assert set(dates) <= set(runtime.metadata["enum"])

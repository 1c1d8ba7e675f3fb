"""The smoke test of a function that separates its tenants."""

from pytestqt.qtbot import QtBot

from workbench.deploy.options import DeployOptions, SmokeTest
from workbench.invoke.events import TestEvent
from workbench.ui.features.deploy.options_form import OptionsForm

WITH_TENANT = DeployOptions(smoke_test=SmokeTest("nothing", "{}", tenant_id="blue"))


def test_a_tenant_is_asked_for_where_the_function_needs_one(qtbot: QtBot) -> None:
    form = OptionsForm(has_tenants=True)
    qtbot.addWidget(form)
    form.show()
    form.show_options(DeployOptions(smoke_test=SmokeTest("nothing", "{}")))
    assert form.tenant.isVisible()
    assert form.fault() == "Enter a tenant ID for the smoke test."
    form.show_options(WITH_TENANT)
    assert form.fault() == ""
    assert form.options().smoke_test == WITH_TENANT.smoke_test


def test_other_functions_have_no_tenants(qtbot: QtBot) -> None:
    form = OptionsForm()
    qtbot.addWidget(form)
    form.show()
    form.show_options(WITH_TENANT)
    form.show_choices([TestEvent("nothing", "{}")], [])
    assert not form.tenant.isVisible()
    assert form.options().smoke_test == SmokeTest("nothing", "{}")

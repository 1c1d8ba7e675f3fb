"""Deploys that are killed on their way; run by tests/mortal.py, in processes of their own."""

import json
from dataclasses import replace
from pathlib import Path

from tests.deploy.bench import deploy
from tests.mortal import die, die_in_a_journal
from tests.sandbox_keys import keys_of
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.code import working_copy
from workbench.code.workspace import Workspace
from workbench.core.codec import convert
from workbench.core.jobs import JobContext
from workbench.deploy.fan_out import FanOutJournal, FanOutPlan, Target, deploy_number
from workbench.deploy.history import history, look, roll_back
from workbench.deploy.journal import Journal
from workbench.deploy.options import DeployOptions
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.invoke.run import invoke


def deploy_until(moment: str, count: int, options: str, configuration: str, *places: str) -> None:
    """Deploys a workspace, and dies.

    Args:
        moment: "amid" or "after" the writing of an event of the journal; or while the package is kept:
            "adopting", "adopted".
        count: Which event.
        options: A DeployOptions, as JSON; empty for none.
        configuration: A Wanted, as JSON; empty for none.
        places: As Bench.places gives them.
    """
    patch = die_in_a_journal(moment, count)
    if moment == "adopting":
        patch.setattr(working_copy, "write_base", die)
    if moment == "adopted":
        patch.setattr(working_copy.PackageFolder, "keep_only", die)
    wanted = convert(json.loads(options), DeployOptions) if options else DeployOptions()
    if configuration:
        wanted = replace(wanted, configuration=convert(json.loads(configuration), Wanted))
    connection, workspace, journal = _open(*places)
    deploy(connection, workspace, journal, JobContext(), options=wanted, invoke=invoke)


def go_back_until(moment: str, count: int, *places: str) -> None:
    """Rolls a function back to the last but one entry of its history, and dies. Args: as `deploy_until`."""
    die_in_a_journal(moment, count)
    connection, workspace, journal = _open(*places)
    entry, ctx = history(journal, workspace.base.function_arn)[1], JobContext()
    plan = look(connection, journal, entry, ctx).plan_code(configuration=False)
    roll_back(connection, plan, workspace, journal, ctx)


def fan_out_until(moment: str, count: int, fan_outs: str, names: str, *places: str) -> None:
    """Deploys a workspace's package to functions, one in each wave, and dies.

    Args:
        moment: "amid" or "after" the writing of an event of the fan-out's journal.
        count: Which event.
        fan_outs: The folder of these journals.
        names: The functions, between commas.
        places: As Bench.places gives them.
    """
    die_in_a_journal(moment, count, Path(fan_outs).name)
    (connection, workspace, deploys), ctx = _open(*places), JobContext()
    file = FanOutJournal(Path(fan_outs)).hold(workspace.package(ctx), "src")
    details = [get_function(connection, name) for name in names.split(",")]
    targets = tuple(
        Target("p", each.region, each.function_name, wave, each.function_arn, each.code_sha256)
        for wave, each in enumerate(details, 1)
    )
    package = file.package
    file.begin(FanOutPlan("src", "", package.code_sha256, package.size_bytes, DeployOptions(), targets))
    for number in range(len(targets)):
        deploy_number(file, number, lambda *_: connection, None, deploys, ctx)
    file.close()


def _open(
    folder: str, deploys: str, endpoint_url: str, region: str, account_id: str
) -> tuple[Connection, Workspace, Journal]:
    connection = Connection.open(Access(None, region, endpoint_url, keys_of(account_id)))
    return connection, Workspace.load(Path(folder)), Journal(Path(deploys))

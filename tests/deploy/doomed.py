"""Deploys that are killed on their way; run by tests/mortal.py, in processes of their own."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.mortal import die
from workbench.aws.access import Access, StaticKeys
from workbench.aws.connection import Connection
from workbench.code import kept_packages, working_copy
from workbench.code.workspace import Workspace
from workbench.core.jobs import JobContext
from workbench.deploy.journal import Entry, Journal
from workbench.deploy.options import DeployOptions
from workbench.deploy.run import deploy
from workbench.functions.configure import Wanted
from workbench.invoke.run import invoke

UNFINISHED_LINE = b'\n{"at": "2026-11-24T12:00'


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
    folder, deploys, endpoint_url, region, account_id = places
    write, left = Entry.write, count

    def counted(self: Entry, event: dict[str, Any]) -> None:
        nonlocal left
        left -= 1
        if left == 0 and moment == "amid":
            self._file.write(UNFINISHED_LINE)
            die()
        write(self, event)
        if left == 0 and moment == "after":
            die()

    patch = pytest.MonkeyPatch()
    patch.setattr(Entry, "write", counted)
    if moment == "adopting":
        patch.setattr(working_copy, "write_base", die)
    if moment == "adopted":
        patch.setattr(kept_packages.KeptPackages, "drop_all_but", die)
    wanted = DeployOptions.from_json(json.loads(options)) if options else DeployOptions()
    if configuration:
        wanted = replace(wanted, configuration=Wanted.from_json(json.loads(configuration)))
    connection = Connection.open(Access(None, region, endpoint_url, StaticKeys(account_id, "sandbox")))
    workspace, journal = Workspace.load(Path(folder)), Journal(Path(deploys))
    deploy(connection, workspace, journal, JobContext(), options=wanted, invoke=invoke)

"""Run Locally, from the window: typing that nobody saved, lines as they come, Cancel, credentials, ledger."""

import io
import json
import os
import signal
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton

from tests.bell import Bell
from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.sandbox_functions import create_function
from tests.ui.pages.seat import HANDLER
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.files import Paths
from workbench.core.settings import Settings
from workbench.invoke.history import HistorySearch, InvocationHistory, InvocationOutcome, Mode
from workbench.profiles.safety import Safety, Tier
from workbench.sandbox import PROFILE_NAME
from workbench.sandbox.processes import LOCAL_RUN_COMMAND, fence_state
from workbench.ui.features.code.language import Language
from workbench.ui.features.local_run import runs as flow
from workbench.ui.features.local_run.runs import NO_CREDENTIALS
from workbench.ui.kit.dialog import Question

ROOT = Path(__file__).parents[2]
Sit = Callable[[str], Desk]
SAMPLE = "hello-http"
KEYS = """
import os
def handler(event, context):
    print('a line')
    return [event, os.environ.get('AWS_ACCESS_KEY_ID')]
"""


def choose_credentials(desk: Desk, row: int) -> None:
    """Answers the question whose credentials a function gets."""
    desk.until(lambda: desk.window.findChild(Question, "localCredentials"))
    question = desk.window.findChild(Question, "localCredentials")
    assert question is not None
    field = question.findChild(QComboBox, "localCredentialsProfile")
    assert field is not None
    field.setCurrentIndex(row)
    yes = question.findChild(QPushButton, "localCredentialsYes")
    assert yes is not None
    yes.click()


def ledger_of(desk: Desk) -> InvocationHistory:
    return InvocationHistory(desk.program.services.paths.data_dir / "ledger.sqlite")


def test_typing_runs_unsaved_with_the_credentials_that_were_chosen_once(
    sit: Sit, access: Access, connection: Connection
) -> None:
    name = create_function(connection, KEYS).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(name)
    desk.type_over("def handler(event, context): return 'typed'")
    desk.write_event('{"a": 1}')
    desk.act("function.run_locally")
    choose_credentials(desk, 0)
    result = desk.window.result
    desk.until(lambda: result.status.text() == "Succeeded locally")
    assert desk.result() == '"typed"'
    desk.rest()
    workspace = desk.code.workspace
    assert workspace is not None
    assert workspace.draft("app.py") is not None, "what was typed is still not saved"

    (entry,) = ledger_of(desk).list(HistorySearch(function_name=name))
    assert (entry.sent.mode, entry.ended.outcome) == (Mode.LOCAL, InvocationOutcome.SUCCEEDED)
    assert entry.sent.code_sha256 == ""
    whole = ledger_of(desk).get(entry.number)
    assert whole
    assert whole.sent.payload == b'{"a": 1}'
    assert "REPORT RequestId" in whole.ended.log

    desk.act("function.run_locally")  # nobody is asked again
    desk.until(lambda: len(ledger_of(desk).list(HistorySearch(function_name=name))) == 2)
    desk.until(lambda: result.status.text() == "Succeeded locally")
    assert desk.window.findChild(Question, "localCredentials") is None


def test_lines_come_while_it_runs_and_cancel_kills_it(
    sit: Sit, access: Access, connection: Connection
) -> None:
    source = "print('at import')\n" + HANDLER
    name = create_function(connection, source, timeout_s=60).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(name)
    with Bell(holds=True) as bell:
        desk.write_event(json.dumps({"began": bell.address}))
        desk.act("function.run_locally")
        choose_credentials(desk, 1)
        desk.until(lambda: bell.rings)
        desk.until(lambda: "at import" in desk.window.result.log.toPlainText())
        assert desk.window.result.status.text() == "Running…"
        (running,) = [job for job in desk.program.services.jobs.active() if name in job.job.title]
        running.cancel()
        desk.until(lambda: "You stopped the local run." in desk.result())
    desk.until(lambda: not list((desk.program.services.paths.cache_dir / "local-runs").iterdir()))
    (entry,) = ledger_of(desk).list(HistorySearch(function_name=name))
    assert entry.ended.outcome is InvocationOutcome.CANCELLED


def test_language_servers_restart_during_a_local_run(
    sit: Sit, access: Access, connection: Connection
) -> None:
    """One that was killed, and all of them by the action; the run goes on, and its result is shown."""
    name = create_function(connection, HANDLER, timeout_s=60).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(name)
    language = desk.program.window.findChild(Language)
    assert language is not None

    def pids() -> set[int]:
        return set(language.service.pids.values()) - {0} if language.service is not None else set()

    desk.until(lambda: len(pids()) == 2)
    with Bell(holds=True) as bell:
        desk.write_event(json.dumps({"began": bell.address}))
        desk.act("function.run_locally")
        choose_credentials(desk, 1)
        desk.until(lambda: bell.rings)
        before = pids()
        os.kill(min(before), signal.SIGKILL)
        desk.until(lambda: len(pids()) == 2 and pids() != before)
        killed = pids()
        desk.act("language.restart")
        desk.until(lambda: len(pids()) == 2 and not pids() & killed)
        desk.type_over("x: int = ''")
        problems = desk.window.problems.list
        desk.until(lambda: problems.topLevelItemCount())
        assert desk.window.result.status.text() == "Running…"
        bell.release()
        desk.until(lambda: desk.window.result.status.text() == "Succeeded locally")
    assert len(pids()) == 2


def test_nobodys_credentials_are_none_and_the_error_leads_to_its_line(
    sit: Sit, access: Access, connection: Connection
) -> None:
    source = "import os\ndef handler(event, context):\n    raise KeyError(os.getenv('AWS_ACCESS_KEY_ID'))\n"
    name = create_function(connection, source).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(name)
    desk.write_event("{}")
    desk.act("function.run_locally")
    choose_credentials(desk, len(desk.program.session.profiles))
    result = desk.window.result
    desk.until(lambda: result.status.text() == "Failed locally: KeyError")
    assert " ms" in result.figures.text()
    assert "$" not in result.figures.text()
    assert "None" in desk.result()
    assert result.open_place.text() == "Open app.py:3"


def test_production_credentials_take_the_functions_name(
    sit: Sit, access: Access, connection: Connection
) -> None:
    name = create_function(connection, KEYS).function_name
    write_profile(access)
    Safety(Settings(Paths.default().config_dir / "settings.json")).set_tier(PROFILE, Tier.PRODUCTION)
    desk = sit(PROFILE)
    desk.open_function(name)
    desk.write_event("{}")
    desk.act("function.run_locally")
    choose_credentials(desk, 0)
    desk.until(lambda: desk.window.findChild(Question, "confirmByName"))
    question = desk.window.findChild(Question, "confirmByName")
    assert question is not None
    assert not question.yes.isEnabled()
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, name)
    question.yes.click()
    desk.until(lambda: desk.window.result.status.text() == "Succeeded locally")


def test_a_read_only_profile_gives_no_function_its_keys(
    sit: Sit, access: Access, connection: Connection
) -> None:
    name = create_function(connection, KEYS).function_name
    write_profile(access)
    Safety(Settings(Paths.default().config_dir / "settings.json")).set_tier(PROFILE, Tier.READ_ONLY)
    desk = sit(PROFILE)
    desk.open_function(name)
    desk.write_event("{}")
    desk.act("function.local_credentials")
    desk.until(lambda: desk.window.findChild(QComboBox, "localCredentialsProfile"))
    field = desk.window.findChild(QComboBox, "localCredentialsProfile")
    assert field is not None
    offered = [field.itemData(row) for row in range(field.count())]
    assert PROFILE not in offered
    assert field.currentData() == NO_CREDENTIALS


def test_layers_go_along(sit: Sit, access: Access, connection: Connection) -> None:
    layer = io.BytesIO()
    with zipfile.ZipFile(layer, "w") as archive:
        archive.writestr("python/shared.py", "VALUE = 7\n")
    published = connection.call(
        "lambda", "publish_layer_version", LayerName="shared", Content={"ZipFile": layer.getvalue()}
    )
    layer_arn = published["LayerVersionArn"]
    source = "import shared\ndef handler(event, context):\n    return shared.VALUE\n"
    name = create_function(connection, source, Layers=[layer_arn]).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(name)
    desk.write_event("{}")
    desk.act("function.run_locally")
    choose_credentials(desk, 0)
    desk.until(lambda: desk.window.result.status.text() == "Succeeded locally")
    assert desk.result() == "7"


def answer_unfenced(desk: Desk, button: str) -> None:
    """Answers the question whether a function is to run without the fence."""
    desk.until(lambda: desk.window.findChild(Question, "runUnfenced"))
    question = desk.window.findChild(Question, "runUnfenced")
    assert question is not None
    found = question.findChild(QPushButton, f"runUnfenced{button}")
    assert found is not None
    found.click()
    desk.until(lambda: desk.window.findChild(Question, "runUnfenced") is None)


@pytest.mark.skipif(not fence_state().is_on, reason="this system has no fence")
def test_a_function_runs_without_a_refused_fence_once_the_user_has_said_so(
    sit: Sit, access: Access, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = (sys.executable, str(ROOT / "tests/security/refusing_kernel.py"), "446")
    monkeypatch.setattr(flow, "LOCAL_RUN_COMMAND", (*refusing, *LOCAL_RUN_COMMAND))
    name = create_function(connection, KEYS).function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(name)
    desk.write_event("{}")
    desk.act("function.run_locally")
    choose_credentials(desk, 0)
    answer_unfenced(desk, "No")
    (entry,) = ledger_of(desk).list(HistorySearch(function_name=name))
    assert entry.ended.outcome is not InvocationOutcome.SUCCEEDED

    desk.act("function.run_locally")
    answer_unfenced(desk, "Yes")
    result = desk.window.result
    desk.until(lambda: result.status.text() == "Succeeded locally")
    assert "running without isolation, with access to all your files" in result.log.toPlainText()
    desk.rest()

    desk.act("function.run_locally")
    desk.until(lambda: len(ledger_of(desk).list(HistorySearch(function_name=name))) == 4)
    desk.until(lambda: result.status.text() == "Succeeded locally")
    assert desk.window.findChild(Question, "runUnfenced") is None


def test_in_the_sandbox_a_local_run_acts_as_the_role_like_the_deployed_function(sit: Sit) -> None:
    """And not as the program, which may do anything there."""
    desk = sit(PROFILE_NAME)
    desk.until(lambda: SAMPLE in desk.names())
    desk.open_function(SAMPLE)
    desk.type_over(
        "lambda_handler = lambda *_: __import__('boto3').client('sts').get_caller_identity()['Arn']"
    )
    desk.act("function.run_locally")
    desk.until(lambda: desk.window.result.status.text() == "Succeeded locally")
    function = desk.window.page.function
    assert function is not None
    role = function.detail.role_arn.rpartition("/")[2]
    account_id = function.detail.function_arn.split(":")[4]
    assert json.loads(desk.result()) == f"arn:aws:sts::{account_id}:assumed-role/{role}/{SAMPLE}"

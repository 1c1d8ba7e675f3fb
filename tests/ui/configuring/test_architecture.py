"""Another architecture, from the form: the same code is sent again, guarded; what will not run is said."""

import io
import struct
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel

from tests.sandbox_functions import create_function, deploy_elsewhere
from tests.ui.configuring.person import Person
from tests.ui.configuring.typing_in import put
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.configure import SettingsConflict, apply, reversed_changes
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.settings import SettingChange
from workbench.ui.features.configuration.dialogs import current_code, incompatible_files

SOURCE = "def handler(event, context):\n    return 'one'\n"
TO_ARM = SettingChange("architecture", "", "x86_64", "arm64")
CTX = JobContext()


def elf(machine: int) -> bytes:
    """The beginning of a shared object for a processor, which is all that is looked at."""
    head = bytearray(64)
    head[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<H", head, 18, machine)
    return bytes(head)


def deploy_compiled(connection: Connection, name: str, **machines: int) -> None:
    """Deploys code with shared objects, each for a machine."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", SOURCE)
        for each, machine in machines.items():
            archive.writestr(f"{each}.so", elf(machine))
    connection.call("lambda", "update_function_code", FunctionName=name, ZipFile=package.getvalue())
    wait_until_updated(connection, name, CTX)


def test_it_is_shown_changed_and_changed_back(person: Person) -> None:
    function = person.page.function
    assert function is not None
    before = get_function(function.connection, function.detail.function_name)
    put(person, "architecture", "arm64")
    person.services.actions["configuration.apply"].trigger()
    dialog = person.dialog("settingsChanges")
    rows = dialog.table.model()
    texts = [rows.index(0, column).data() for column in range(3)]
    assert texts == ["Architecture", "x86_64", "arm64"]
    dialog.apply.click()
    person.rest()
    after = get_function(function.connection, function.detail.function_name)
    assert (after.architectures, after.code_sha256) == (("arm64",), before.code_sha256)
    put(person, "architecture", "x86_64")
    person.apply()
    assert person.now().architecture == "x86_64"
    assert person.errors == []


def test_compiled_files_of_the_other_processor_are_named_before(person: Person) -> None:
    function = person.page.function
    assert function is not None
    deploy_compiled(function.connection, function.detail.function_name, fast=62, fit=183)
    put(person, "architecture", "arm64")
    person.services.actions["configuration.apply"].trigger()
    dialog = person.dialog("settingsChanges")
    warning = dialog.findChild(QLabel, "settingsChangesWarnings")
    assert "fast.so is for x86_64" in warning.text()
    assert "fit.so" not in warning.text()
    dialog.reject()
    assert person.now().architecture == "x86_64"


def test_code_that_fits_and_layers_that_were_not_looked_at(connection: Connection) -> None:
    name = create_function(connection, SOURCE).function_name
    deploy_compiled(connection, name, fit=183)
    detail = get_function(connection, name)
    assert incompatible_files(connection, detail, "arm64", detail.runtime, CTX) == ()
    layered = replace(detail, layers=("arn:aws:lambda:us-east-1:123456789012:layer:tools:4",))
    (words,) = incompatible_files(connection, layered, "arm64", detail.runtime, CTX)
    assert "layers were not checked" in words


def test_together_with_other_settings_and_taken_back(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    memory = SettingChange("memory_mb", "", 128, 512)
    applied = apply(connection, made.function_name, (TO_ARM, memory), CTX, current_code)
    assert (applied.error, applied.left) == (None, ())
    assert {each.name for each in applied.done} == {"architecture", "memory_mb"}
    now = applied.now.detail
    assert (now.architectures, now.memory_mb, now.code_sha256) == (("arm64",), 512, made.code_sha256)
    back = apply(connection, made.function_name, reversed_changes(applied.done), CTX, current_code).now.detail
    assert (back.architectures, back.memory_mb) == (("x86_64",), 128)


def test_an_architecture_that_somebody_else_changed_is_not_overwritten(connection: Connection) -> None:
    name = create_function(connection, SOURCE, Architectures=["arm64"]).function_name
    change = SettingChange("architecture", "", "x86_64", "riscv64")
    with pytest.raises(SettingsConflict):
        apply(connection, name, (change,), CTX, current_code)


def test_code_that_is_deployed_meanwhile_is_not_replaced(connection: Connection) -> None:
    name = create_function(connection, SOURCE).function_name

    def slowly(there: Connection, detail: Any, ctx: JobContext) -> Any:
        members = current_code(there, detail, ctx)
        deploy_elsewhere(connection, name, SOURCE.replace("one", "two"))
        return members

    with pytest.raises(WorkbenchError, match="Other code was deployed in the meantime"):
        apply(connection, name, (TO_ARM,), CTX, slowly)
    assert get_function(connection, name).architectures == ("x86_64",)


def test_what_aws_refuses_is_said_in_its_words(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = create_function(connection, SOURCE).function_name
    real = Connection.call
    words = "Runtime python3.13 doesn't support the architecture."

    def refusing(self: Connection, service: str, method: str, /, **params: Any) -> dict[str, Any]:
        if method == "update_function_code":
            raise WorkbenchError("Could not configure it.", words, "", "InvalidParameterValueException")
        return real(self, service, method, **params)

    monkeypatch.setattr(Connection, "call", refusing)
    with pytest.raises(WorkbenchError, match="support the architecture"):
        apply(connection, name, (TO_ARM,), CTX, current_code)

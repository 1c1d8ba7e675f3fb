"""Two programs on one home: one has the code of a function; the other has it once that is killed."""

from collections.abc import Callable
from pathlib import Path

from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.e2e.test_typing_kill import TEXT, Typist
from tests.sandbox_functions import create_function
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection


def test_the_code_is_another_programs_until_that_is_killed(
    sit: Callable[[str], Desk], access: Access, connection: Connection, tmp_path: Path
) -> None:
    write_profile(access)
    function_name = create_function(connection, TEXT).function_name
    typist = Typist(function_name, tmp_path / "errors")
    try:
        typist.wait_for("typed")
        here = sit(PROFILE)
        here.open_function(function_name)
        here.until(lambda: here.code.workspace is not None and here.code.workspace.read_only)
        uri = here.files.editor.active_uri()
        assert here.files.editor.last_text(uri) == TEXT  # what is saved

        typist.kill()

        here.until(lambda: here.code.workspace is not None and not here.code.workspace.read_only)
        here.until(lambda: here.files.editor.is_dirty(here.files.editor.active_uri()))
        shown = here.files.editor.last_text(here.files.editor.active_uri())
        assert shown.startswith(f"{TEXT}000")  # what was typed there
    finally:
        typist.end()

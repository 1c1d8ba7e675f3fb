"""What a start loads, and what it leaves for later."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

NOT_OURS = {"boto3", "cryptography", "keyring", "msgspec", "numpy", "pathspec", "pyqtgraph", "yaml"}
"""What only windows and pages need that are opened later."""
LATER = re.compile(
    r"workbench\.ui\.(?!kit\.)(features\..+\.window|(.+[._])?dialogs?)"
    r"|workbench\.functions\.template_functions"
    r"|workbench\.ui\.features\.profiles\.(changes|details|editing|portal_roles)"
)


def test_a_start_loads_nothing_of_windows_that_are_opened_later_and_all_of_it_afterwards(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.start_job"],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"HOME": str(tmp_path), "WORKBENCH_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))
    assert {"workbench.ui.assembly", "workbench.ui.editor.view", "botocore.session"} <= loaded
    assert (loaded & NOT_OURS) == set(), "core/lazy_imports.py says how to import what needs these"
    assert not {name for name in loaded if LATER.fullmatch(name)}, (
        "core/lazy_imports.py says how to import these"
    )


def test_features_are_loaded_by_the_job_that_loads_the_window_and_not_on_the_main_thread_later() -> None:
    code = (
        "import json; from workbench.core import lazy_imports; lazy_imports.install();"
        "lazy_imports.load('workbench.ui.assembly'); print(json.dumps(lazy_imports.unloaded()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert [name for name in json.loads(done.stdout) if name.endswith(".feature")] == []


def test_the_window_is_shown_before_the_connection_to_aws_is_loaded() -> None:
    code = (
        "import json; from workbench.core import lazy_imports; lazy_imports.install();"
        "lazy_imports.load('workbench.app'); import sys;"
        "print(json.dumps(sorted(set(sys.modules) - set(lazy_imports.unloaded()))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(json.loads(done.stdout))
    assert "workbench.ui.shell.window" in loaded
    assert not loaded & {"workbench.aws.connection", "workbench.aws.session", "workbench.aws.errors"}

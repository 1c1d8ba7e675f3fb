"""How the tests are run: a test that fails in the crowd gets one more chance, alone, and not in silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CROWDED = "import os\ndef test_crowded(): assert 'PYTEST_XDIST_WORKER' not in os.environ\n"
BROKEN = "import pytest\n@pytest.mark.parametrize('n', range({}))\ndef test_broken(n): assert n < 0\n"


@pytest.mark.parametrize(
    ("tests", "code", "said", "unsaid"),
    [
        ("def test_well(): pass\n", 0, "1 passed", "Trying"),
        (CROWDED, 0, "passed only alone, and need mending: test_it.py::test_crowded", "2 passed"),
        (BROKEN.format(1), 1, "Trying what failed again, alone: test_it.py::test_broken[0]", "mending"),
        (BROKEN.format(4), 1, "4 failed", "Trying"),
    ],
)
def test_what_fails_is_tried_again_alone(
    tmp_path: Path, tests: str, code: int, said: str, unsaid: str
) -> None:
    (tmp_path / "test_it.py").write_text(tests, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "__main__.py"],
        cwd=tmp_path,
        env={**outside, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode == code, told
    assert said in told
    assert unsaid not in told

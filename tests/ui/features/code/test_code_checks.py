"""Looking at the files of the open code: what had no problem is not looked at again until it is written."""

import os
from pathlib import Path

from workbench.ui.pages.code_opening import CleanFiles


def test_clean_files_are_looked_at_once(tmp_path: Path) -> None:
    for name in ("good.py", "bad.py", "notes.txt"):
        (tmp_path / name).write_text("x = 1\n")
    names = ["good.py", "bad.py", "notes.txt", "gone.py"]
    clean = CleanFiles()
    first = clean.without(tmp_path, names, "python3.13", ())
    assert set(first) == {"good.py", "bad.py"}
    clean.learn(first, {"bad.py"})
    assert set(clean.without(tmp_path, names, "python3.13", ())) == {"bad.py"}

    os.utime(tmp_path / "good.py", ns=(1, 1))
    again = clean.without(tmp_path, names, "python3.13", ())
    assert set(again) == {"good.py", "bad.py"}
    clean.learn(again, ())
    assert not clean.without(tmp_path, names, "python3.13", ())
    assert set(clean.without(tmp_path, names, "python3.13", {"good.py"})) == {"good.py"}
    assert set(clean.without(tmp_path, names, "python3.12", ())) == {"good.py", "bad.py"}

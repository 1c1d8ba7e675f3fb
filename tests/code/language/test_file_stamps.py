"""Files that came, changed and went between two looks."""

from pathlib import Path

from workbench.code.language_service import file_changes, file_stamps
from workbench.core.jobs import JobContext


def test_what_came_changed_and_went_is_told(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("app.py", "deep/er/gone.py", "deep/same.pyi", "data.json"):
        (tmp_path / name).write_text("x = 1\n")
    before = file_stamps(tmp_path, JobContext())
    (tmp_path / "app.py").write_text("x = 12\n")
    (tmp_path / "deep" / "er" / "gone.py").unlink()
    (tmp_path / "deep" / "new.py").write_text("")
    (tmp_path / "data.json").write_text("{}")
    now = file_stamps(tmp_path, JobContext())
    assert file_changes(before, now) == [
        ("created", "deep/new.py"),
        ("changed", "app.py"),
        ("deleted", "deep/er/gone.py"),
    ]
    assert file_changes(now, now) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "app.py").write_text("")
    assert set(file_stamps(tmp_path, JobContext())) == {"app.py"}

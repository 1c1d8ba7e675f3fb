"""Where files go."""

from pathlib import Path

from workbench.core.files import Paths, Privacy, resources_dir


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    paths = Paths.default({"WORKBENCH_HOME": str(tmp_path)})
    folders = {paths.data_dir, paths.cache_dir, paths.config_dir, paths.log_dir}
    assert len(folders) == 4
    assert all(folder.parent == tmp_path for folder in folders)


def test_without_it_the_platform_decides() -> None:
    paths = Paths.default({})
    assert all("workbench" in str(folder) for folder in (paths.data_dir, paths.cache_dir, paths.config_dir))


def test_nothing_is_made_by_asking(tmp_path: Path) -> None:
    Paths.default({"WORKBENCH_HOME": str(tmp_path / "home")})
    assert not (tmp_path / "home").exists()


def test_the_resources_of_a_checkout_are_found() -> None:
    assert (resources_dir().parent / "pyproject.toml").is_file()


def test_the_folders_are_made_private_and_a_second_time_nothing_is_said(tmp_path: Path) -> None:
    paths = Paths.below(tmp_path / "home")
    (tmp_path / "home" / "data").mkdir(parents=True)
    (tmp_path / "home" / "data").chmod(0o755)
    assert paths.make_private() == Privacy((paths.data_dir,))
    assert {folder.stat().st_mode & 0o777 for folder in (tmp_path / "home").iterdir()} == {0o700}
    assert paths.make_private() == Privacy()


def test_a_folder_that_cannot_be_private_is_named(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file")
    (problem,) = Paths.below(tmp_path).make_private().problems
    assert str(tmp_path / "log") in problem.what
    assert problem.why
    assert problem.remedy

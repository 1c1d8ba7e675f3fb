"""Where files go."""

from pathlib import Path

from workbench.core.paths import Paths, resources_dir


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

"""A second folder whose files go into the package too: installed dependencies."""

import shutil
import zipfile
from pathlib import Path

import pytest

from tests.code.package.trees import age, write
from workbench.code.package import Packer, Rules, build_package
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

CTX = JobContext()
CODE = {"app.py": "import dep\n", "README.md": "read me\n", "shared/own.py": "mine = 1\n"}
DEPENDENCIES = {
    "dep/__init__.py": "x = 1\n" * 50,
    "dep-1.0.dist-info/RECORD": "dep/__init__.py,,\nshared/theirs.py,,\ndep-1.0.dist-info/RECORD,,\n",
    "shared/theirs.py": "theirs = 1\n",
}


class Two:
    """Code, dependencies, and a packer of both."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.installed = folder, folder / "code", folder / "installed"
        write(self.root, CODE)
        write(self.installed, DEPENDENCIES)
        age(folder)
        self.packer = Packer(self.root, folder / "packages", folder / "state")
        self._fresh = 0

    @property
    def rules(self) -> Rules:
        return Rules(dependencies=str(self.installed))

    def pack(self) -> list[str]:
        """The names in the package, which is what one folder with all of it gives."""
        package = self.packer.pack(CTX, self.rules)
        self._fresh += 1
        one = self.folder / f"one-{self._fresh}"
        shutil.copytree(self.installed, one)
        shutil.copytree(self.root, one, dirs_exist_ok=True)
        fresh = build_package(one, self.folder / f"fresh-{self._fresh}", CTX)
        assert package.path.read_bytes() == fresh.path.read_bytes()
        assert package.contents == fresh.contents
        return zipfile.ZipFile(package.path).namelist()


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


def test_dependencies_go_first_and_the_code_last(two: Two) -> None:
    assert two.pack() == [
        "dep-1.0.dist-info/RECORD",
        "dep/__init__.py",
        "shared/own.py",
        "shared/theirs.py",
        "README.md",
        "app.py",
    ]


def test_where_both_have_a_file_the_codes_goes_in(two: Two) -> None:
    write(two.root, {"dep/__init__.py": "mended = True\n"})
    assert two.pack().count("dep/__init__.py") == 1


def test_an_edit_and_a_newer_set_are_packed_as_from_scratch(two: Two) -> None:
    two.pack()
    write(two.root, {"app.py": "import dep, sys\n"})
    two.pack()
    newer = two.folder / "newer"
    shutil.copytree(two.installed, newer)
    write(newer, {"dep/__init__.py": "x = 2\n", "dep/more.py": "y = 1\n"})
    two.installed = newer
    assert "dep/more.py" in two.pack()


def test_a_watched_tree_keeps_its_dependencies(two: Two) -> None:
    two.packer.watch()
    try:
        two.pack()
        two.pack()  # the watch is complete now
        write(two.root, {"dep/__init__.py": "mended = True\n"})
        two.pack()
        (two.root / "dep/__init__.py").unlink()
        (two.root / "README.md").unlink()
        assert "dep/__init__.py" in two.pack()
    finally:
        two.packer.close()


def test_the_next_run_of_the_program_still_knows_them(two: Two) -> None:
    two.pack()
    two.packer.close()
    two.packer = Packer(two.root, two.folder / "packages", two.folder / "state")
    two.pack()
    two.packer.close()


def test_dependencies_that_are_gone_are_no_reason_to_pack_without_them(two: Two) -> None:
    rules = two.rules
    shutil.rmtree(two.installed)
    with pytest.raises(WorkbenchError) as caught:
        two.packer.pack(CTX, rules)
    assert "no longer on this computer" in caught.value.why
    assert not list((two.folder / "packages").iterdir())

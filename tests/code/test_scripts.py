"""Which scripts of a package an editor is told of, and how much of them."""

import json
from pathlib import Path

import pytest

from workbench.code.syntax import Bounds, is_script, script_texts


def put(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


@pytest.mark.parametrize(
    ("name", "answer"),
    [("index.mjs", True), ("a/b.ts", True), ("c.jsx", True), ("event.json", False), ("app.py", False)],
)
def test_scripts_are_known_by_their_names(name: str, answer: bool) -> None:
    assert is_script(name) is answer


def test_the_functions_own_scripts_and_json_are_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "index.mjs": "export const a = 1;\n",
        "lib/util.ts": "export const b = 2;\r\n",
        "lib/data.json": "{}",
        "app.py": "x = 1\n",
        ".cache/c.js": "hidden",
        "image.js": b"\0\1\2",
    }
    assert script_texts(put(tmp_path, files)) == {
        "index.mjs": "export const a = 1;\n",
        "lib/util.ts": "export const b = 2;\n",
        "lib/data.json": "{}",
    }


def test_of_dependencies_only_what_they_declare(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "package.json": json.dumps({"dependencies": {"@aws/thing": "1"}, "devDependencies": {"plain": "1"}}),
        "node_modules/@aws/thing/index.js": "code",
        "node_modules/@aws/thing/index.d.ts": "thing",
        "node_modules/@aws/thing/node_modules/deep/index.d.ts": "deep",
        "node_modules/@types/plain/index.d.ts": "plain",
        "node_modules/@types/plain/package.json": "{}",
        "node_modules/other/index.d.ts": "nobody asked for it",
    }
    found = script_texts(put(tmp_path, files))
    assert sorted(found) == [
        "node_modules/@aws/thing/index.d.ts",
        "node_modules/@types/plain/index.d.ts",
        "node_modules/@types/plain/package.json",
        "package.json",
    ]


@pytest.mark.parametrize(
    "package",
    [
        "",
        "[1]",
        "nonsense",
        '{"dependencies": 1}',
        '{"dependencies": {"../../outside": "1", "": "1"}}',
        '{"dependencies": {"/etc": "1"}}',
        "[" * 100_000,
    ],
)
def test_a_strange_package_json_leads_nowhere(tmp_path: Path, package: str) -> None:
    root = put(tmp_path / "code", {"package.json": package, "index.js": "1"})
    put(tmp_path, {"outside/index.d.ts": "outside"})
    assert set(script_texts(root)) == {"package.json", "index.js"}


def test_links_are_not_followed(tmp_path: Path) -> None:
    root = put(tmp_path / "code", {"index.js": "1"})
    outside = put(tmp_path / "outside", {"secret.js": "2"})
    (root / "link.js").symlink_to(outside / "secret.js")
    (root / "folder").symlink_to(outside)
    assert set(script_texts(root)) == {"index.js"}


def test_what_is_too_much_is_left_out_the_nearest_first(tmp_path: Path) -> None:
    root = put(tmp_path, {"deep/a.js": "a" * 10, "z.js": "z" * 10, "big.js": "b" * 100})
    assert set(script_texts(root, bounds=Bounds(file_bytes=50))) == {"deep/a.js", "z.js"}
    assert set(script_texts(root, bounds=Bounds(file_bytes=50, own_bytes=15))) == {"z.js"}
    assert set(script_texts(root, bounds=Bounds(file_bytes=50, files=1))) == {"z.js"}


def test_it_can_be_ended_between_files(tmp_path: Path) -> None:
    class Ended(Exception):
        pass

    def check() -> None:
        raise Ended

    with pytest.raises(Ended):
        script_texts(put(tmp_path, {"index.js": "1"}), check)

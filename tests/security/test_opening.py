"""Row 7: of other people's files, only images, PDF and plain text are opened in another program."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from tests.ui.desktop import Desktop, desktop
from workbench.ui.kit import other_programs
from workbench.ui.kit.other_programs import open_in_other_program

__all__ = ["desktop"]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
ELF = b"\x7fELF\2\1\1" + bytes(64)
DESKTOP = b"[Desktop Entry]\nType=Application\nExec=sh -c 'touch /tmp/x'\n"
RTL = "\u202e"

HOSTILE = {
    **{
        f"run.{ending}": b"anything\n"
        for ending in (
            *(
                "jar",
                "desktop",
                "bat",
                "cmd",
                "js",
                "jse",
                "vbs",
                "wsf",
                "hta",
                "lnk",
                "command",
                "app",
                "exe",
            ),
            *(
                "com",
                "scr",
                "pif",
                "msi",
                "ps1",
                "sh",
                "py",
                "pyw",
                "rb",
                "pl",
                "php",
                "reg",
                "url",
                "webloc",
            ),
            *("html", "htm", "svg", "xml", "xhtml", "mht", "chm", "cpl", "inf", "gadget", "appref-ms", "iso"),
            *(
                "docm",
                "xlsm",
                "doc",
                "xls",
                "rtf",
                "csv",
                "slk",
                "one",
                "terminal",
                "workflow",
                "scpt",
                "zip",
            ),
            *(
                "dmg",
                "pkg",
                "deb",
                "rpm",
                "appimage",
                "flatpakref",
                "service",
                "library-ms",
                "search-ms",
                "ini",
            ),
        )
    },
    "none": b"text\n",
    ".desktop": DESKTOP,
    "elf.png": ELF,
    "script.png": b"#!/bin/sh\n",
    "script.txt": b"#!/bin/sh\n",
    "entry.txt": DESKTOP,
    "mz.pdf": b"MZ" + bytes(64),
    "zip.jpg": b"PK\3\4" + bytes(64),
    "page.txt": b"  <!DOCTYPE html><script>1</script>",
    "php.md": b"<?php system('id');",
    "elf.txt": ELF,
    "utf16.txt": "text".encode("utf-16"),
    "picture.png.desktop": PNG,
    "picture.png.": PNG,
    "picture.png ": PNG,
    "picture.png. .": PNG,
    "picture.exe:x.png": PNG,
    "C:picture.png": PNG,
    f"picture{RTL}gnp.exe": PNG,
    f"exe.{RTL}picture.png": PNG,
    "zero\u200bwidth.png": PNG,
    "line\nbreak.png": PNG,
    "mark\ufeff.png": PNG,
    "picture.p\u0274g": PNG,
}
FRIENDLY = {
    "picture.png": PNG,
    "PICTURE.PNG": PNG,
    "photo.jpeg": b"\xff\xd8\xff\xe0" + bytes(32),
    "move.gif": b"GIF89a" + bytes(32),
    "new.webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "paper.pdf": b"%PDF-1.7\n",
    "notes.txt": "Grüße\n".encode(),
    "long.log": ("é" * 5000).encode(),
    "two.dots.md": b"# Title\n",
    "data.json": b"{}",
    "日本語.txt": b"ok",
    "empty.txt": b"",
}


@pytest.fixture
def lying(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def make(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        path.chmod(0o644)
        return path

    return make


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_not_opened(
    lying: Callable[[str, bytes], Path], desktop: Desktop, name: str
) -> None:
    error = open_in_other_program(lying(name, HOSTILE[name]))
    assert desktop.opened == []
    assert error is not None
    assert "Show in Folder" in error.remedy
    assert error.what.isprintable()


@pytest.mark.parametrize("name", FRIENDLY)
def test_a_picture_a_paper_and_a_text_are_opened(
    lying: Callable[[str, bytes], Path], desktop: Desktop, name: str
) -> None:
    path = lying(name, FRIENDLY[name])
    assert open_in_other_program(path) is None
    assert desktop.opened == [str(path)]


def test_links_pipes_folders_and_programs_are_not_opened(tmp_path: Path, desktop: Desktop) -> None:
    (tmp_path / "run.sh").write_text("text")
    (tmp_path / "link.txt").symlink_to(tmp_path / "run.sh")
    (tmp_path / "marked.png").write_bytes(PNG)
    (tmp_path / "marked.png").chmod(0o755)
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")  # and it must not wait for who writes into it
    for name in ("link.txt", "marked.png", "folder.txt", "pipe.txt", "missing.txt"):
        assert open_in_other_program(tmp_path / name) is not None, name
    assert desktop.opened == []


class Web(QObject):
    """Hears which addresses would be opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString())


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    schemes = ("file", "http", "https", "javascript", "ms-msdt", "smb", "ftp", "x-terminal")
    for scheme in schemes:
        QDesktopServices.setUrlHandler(scheme, web, "open")  # type: ignore[arg-type]  # the stub is wrong
    yield web
    for scheme in schemes:
        QDesktopServices.unsetUrlHandler(scheme)


@pytest.mark.parametrize(
    "url",
    [
        "file:///tmp/x.desktop",
        "ms-msdt:/id",
        "javascript:alert(1)",
        "smb://h/x",
        "//h/x",
        "/x",
        "https:x",
        "",
        "x-terminal:",
    ],
)
def test_a_sign_in_opens_web_addresses_only(web: Web, url: str) -> None:
    """An SSO endpoint says where to sign in."""
    open_in_browser = other_programs.open_in_browser  # looked up here: the rest runs without it
    assert not open_in_browser(url)
    assert web.opened == []
    assert open_in_browser("https://device.sso.us-east-1.amazonaws.com/?user_code=AB-CD")
    assert len(web.opened) == 1

"""What a file is that cannot be shown as text: by its first bytes, else by its name. Pure."""

from enum import Enum

from workbench.code.text import HUGE_BYTES


class Format(Enum):
    """The formats that people tell apart."""

    IMAGE = "image"
    ARCHIVE = "archive"
    LIBRARY = "library"  # for the system's loader, or compiled for an interpreter
    PROGRAM = "program"  # which opening may run
    DATABASE = "database"
    DOCUMENT = "document"
    FONT = "font"
    MEDIA = "media"
    DATA = "data"


_HEADS = (
    (b"\x89PNG\r\n\x1a\n", Format.IMAGE),
    (b"\xff\xd8\xff", Format.IMAGE),
    (b"GIF8", Format.IMAGE),
    (b"BM", Format.IMAGE),
    (b"\0\0\1\0", Format.IMAGE),
    (b"PK\3\4", Format.ARCHIVE),
    (b"PK\5\6", Format.ARCHIVE),
    (b"\x1f\x8b", Format.ARCHIVE),
    (b"BZh", Format.ARCHIVE),
    (b"\xfd7zXZ\0", Format.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Format.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Format.ARCHIVE),
    (b"MZ", Format.PROGRAM),
    (b"#!", Format.PROGRAM),
    (b"\xcf\xfa\xed\xfe", Format.LIBRARY),
    (b"\xca\xfe\xba\xbe", Format.LIBRARY),
    (b"\0asm", Format.LIBRARY),
    (b"SQLite format 3\0", Format.DATABASE),
    (b"%PDF-", Format.DOCUMENT),
    (b"wOFF", Format.FONT),
    (b"wOF2", Format.FONT),
    (b"OTTO", Format.FONT),
    (b"ID3", Format.MEDIA),
    (b"OggS", Format.MEDIA),
    (b"fLaC", Format.MEDIA),
)
_ENDINGS = {
    Format.IMAGE: "png jpg jpeg gif bmp ico webp tif tiff avif",
    Format.ARCHIVE: "zip whl jar war gz tgz bz2 xz zst 7z tar egg",
    Format.LIBRARY: "so dll dylib pyd pyc pyo class node wasm a o lib",
    Format.PROGRAM: "exe com msi scr",
    Format.DATABASE: "db sqlite sqlite3 mdb parquet",
    Format.DOCUMENT: "pdf doc docx xls xlsx ppt pptx odt ods",
    Format.FONT: "ttf otf woff woff2 eot",
    Format.MEDIA: "mp3 mp4 ogg wav flac webm mov avi mkv",
    Format.DATA: "bin dat pkl pickle npy npz h5 onnx pb pt",
}
_BY_ENDING = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
_ELF, _ELF_TYPE, _ELF_PROGRAM = b"\x7fELF", 16, 2


def format_of(path: str, head: bytes) -> Format:
    """What a file is that is no text."""
    if head.startswith(_ELF):  # most programs of today are marked as libraries; by their names they are none
        is_program = head[_ELF_TYPE : _ELF_TYPE + 1] == bytes([_ELF_PROGRAM]) or ".so" not in path
        return Format.PROGRAM if is_program else Format.LIBRARY
    if head[:4] == b"RIFF":
        return Format.IMAGE if head[8:12] == b"WEBP" else Format.MEDIA
    if head[4:8] == b"ftyp":
        return Format.MEDIA
    named = format_of_name(path)
    found = next((kind for start, kind in _HEADS if head.startswith(start)), None)
    if found is Format.PROGRAM and named is Format.LIBRARY:
        return Format.LIBRARY  # .dll and .pyd begin as .exe does
    return found or named or Format.DATA


def format_of_name(path: str) -> Format | None:
    """What a file that nobody has looked into surely is; None for what may be text."""
    return _BY_ENDING.get(path.rpartition("/")[2].rpartition(".")[2].lower()) if "." in path else None


def is_no_text(path: str, size_bytes: int) -> bool:
    """Whether a file that nobody has looked into surely cannot be shown as text."""
    return size_bytes > HUGE_BYTES or format_of_name(path) is not None

"""Who may change a file on Windows, and the folder of shared program data. Loaded only on Windows.

Windows describes owner and access list as a text (SDDL), which is parsed here.
Source: https://learn.microsoft.com/en-us/windows/win32/secauthz/security-descriptor-string-format
"""

import re
import sys
from pathlib import Path

from workbench.core.messages import _

_TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
_TRUSTED = frozenset({"BA", "SY", "S-1-5-32-544", "S-1-5-18", _TRUSTED_INSTALLER})
"""The administrators, the system, and its installer."""
_RIGHTS = {
    "GA": 0x1000_0000, "GX": 0x2000_0000, "GW": 0x4000_0000, "GR": 0x8000_0000,
    "SD": 0x1_0000, "RC": 0x2_0000, "WD": 0x4_0000, "WO": 0x8_0000,
    "FA": 0x1F_01FF, "FR": 0x12_0089, "FW": 0x12_0116, "FX": 0x12_00A0,
    "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
}  # fmt: skip
_OWNING = 0x1000_0000 | 0x1_0000 | 0x4_0000 | 0x8_0000
"""Deleting it, or taking every right."""
_CHANGES_FILE = _OWNING | 0x4000_0000 | 0x2 | 0x4
_CHANGES_FOLDER = _OWNING | 0x40
"""For a folder also deleting what is in it. All users may add files below ProgramData, which replaces
none."""
_OWNER = re.compile(r"O:(S-[\d-]+|[A-Z]{2})")
_ENTRY = re.compile(r"\(([^()]*)\)")


def fault_of(descriptor: str, path: Path, *, is_folder: bool) -> str:
    """Does what `fault` does for the text of a security descriptor; empty text if it could not be read."""
    owner = _OWNER.match(descriptor)
    if owner is None:
        return _("The owner of {path} cannot be read.").format(path=path)
    if owner[1] not in _TRUSTED:
        return _("{path} belongs to {owner}. It must belong to the administrators.").format(
            path=path, owner=owner[1]
        )
    access = descriptor.partition("D:")[2].partition("S:")[0]
    if "NO_ACCESS_CONTROL" in access or "(" not in access:
        return _("{path} has no access list.").format(path=path)
    changes = _CHANGES_FOLDER if is_folder else _CHANGES_FILE
    for entry in _ENTRY.findall(access):
        fields: list[str] = [*entry.split(";"), "", "", "", "", ""]
        kind, flags, rights, sid = fields[0], fields[1], fields[2], fields[5]
        if not kind.startswith(("A", "XA")) or "IO" in re.findall("..", flags) or sid in _TRUSTED:
            continue
        if _mask(rights) & changes:
            return _("{path} can be changed by {sid}, not only by the administrators.").format(
                path=path, sid=sid
            )
    return ""


def _mask(rights: str) -> int:
    """Rights as bits; unknown ones count as all."""
    try:
        if rights[:1].isdigit():
            return int(rights, 0)
        mask = 0
        for each in re.findall("..?", rights):
            mask |= _RIGHTS[each]
        return mask
    except (KeyError, ValueError):
        return _RIGHTS["GA"]


if sys.platform == "win32":
    import ctypes
    import uuid

    def program_data_folder() -> Path:
        r"""C:\ProgramData according to Windows. The user may set the variable ProgramData."""
        known = uuid.UUID("62AB5D82-FDC1-4DC3-A9DD-070D1D495D97").bytes_le  # FOLDERID_ProgramData
        found = ctypes.c_wchar_p()
        if ctypes.windll.shell32.SHGetKnownFolderPath(known, 0, None, ctypes.byref(found)) or not found.value:
            return Path(r"C:\ProgramData")
        folder = Path(found.value)
        ctypes.windll.ole32.CoTaskMemFree(found)
        return folder

    def fault(path: Path, *, is_folder: bool) -> str:
        """Why others than the administrators may have changed a file or folder; empty if nobody can have."""
        return fault_of(_descriptor(path), path, is_folder=is_folder)

    def _descriptor(path: Path) -> str:
        owner_and_access, file_object, revision = 0x1 | 0x4, 1, 1
        found, text = ctypes.c_void_p(), ctypes.c_wchar_p()
        security, local = ctypes.windll.advapi32, ctypes.windll.kernel32
        if security.GetNamedSecurityInfoW(
            str(path), file_object, owner_and_access, None, None, None, None, ctypes.byref(found)
        ):
            return ""
        try:
            if not security.ConvertSecurityDescriptorToStringSecurityDescriptorW(
                found, revision, owner_and_access, ctypes.byref(text), None
            ):
                return ""
            descriptor = text.value or ""
            local.LocalFree(text)
            return descriptor
        finally:
            local.LocalFree(found)

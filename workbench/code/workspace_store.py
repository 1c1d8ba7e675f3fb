"""The files of a workspace besides code: location, base, local folder, drafts, and swapping workspaces.

    <function>/base.json     the deployed package that the workspace started from
    <function>/binding.json  the local folder that holds the code, if the user chose one
    <function>/drafts/       unsaved text: one file per edited file, replaced whole and synced each time
    <function>.new           a workspace that is being built; complete once its base.json exists
    <function>.old           the replaced one, until it is removed

A workspace is built next to the current one, then the two are swapped: a kill loses neither.

A draft file is a line of JSON (path, hash of the saved bytes it was typed over, size and hash of the text)
and then the text itself. It is named by the hash of the path, so that no path is too long or invalid. A
damaged one is moved to <function>.damaged-drafts at the next opening.
"""

import contextlib
import hashlib
import logging
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.aws.names import LATEST
from workbench.code.contents import Contents
from workbench.core.clock import SystemClock
from workbench.core.codec import Damaged, Format
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, explaining, path_below, write_atomic
from workbench.core.messages import _

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Draft:
    """Unsaved text.

    Attributes:
        text: As in the editor: lines end with LF only.
        over_sha256: Hash (hexadecimal) of the file's bytes when this was typed; empty if there was no file.
            Differs from the file's hash if something else has written the file since.
    """

    path: str
    text: str
    over_sha256: str


@dataclass(frozen=True, slots=True)
class DamagedDraft:
    """What is left of unsaved text that is not whole.

    Attributes:
        path: Of the file in the code; empty if it is not known.
        text: What can be read of it; never taken for all of it.
        size_bytes: Size of that text.
        whole_bytes: Size of the text as it was typed; -1 if that is not known.
        file: Where it is kept.
    """

    path: str
    text: str
    size_bytes: int
    whole_bytes: int
    file: Path


@dataclass(frozen=True, slots=True)
class _Head:
    """The first line of a draft's file; see `Draft`. Size and hash are those of the text in UTF-8.

    Drafts of earlier versions have neither.
    """

    path: str
    over_sha256: str
    size_bytes: int = -1
    sha256: str = ""


_HEAD = Format(_Head)


class Drafts:
    """The drafts of a workspace. Calls for the same path must not overlap (they share a job lane)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, draft: Draft) -> None:
        """Stores a draft, which from then on survives a kill. The earlier one is kept if this raises."""
        body = draft.text.encode("utf-8", "surrogatepass")
        sha256 = hashlib.sha256(body).hexdigest()
        head = _HEAD.encode(_Head(draft.path, draft.over_sha256, len(body), sha256))
        write_atomic(self._file(draft.path), head + b"\n" + body)

    def get(self, path: str) -> Draft | None:
        return _read(self._file(path), path)

    def __bool__(self) -> bool:
        """Whether there is any, damaged or not."""
        return any(self._folder.glob("*.draft"))

    def set_damaged_aside(self, folder: Path, paths: Iterable[str]) -> tuple[DamagedDraft, ...]:
        """Moves drafts that are not whole to another folder, so that each is told of once.

        Args:
            paths: Of the files in the code: which of them a draft belongs to, if the draft does not say it.

        Raises WorkbenchError if the disk refuses.
        """
        found = []
        for file in sorted(self._folder.glob("*.draft")):
            try:
                _read(file)
            except _NotWhole as error:
                path = error.path or next((path for path in paths if self._file(path) == file), "")
                name = f"{file.stem}-{hashlib.sha256(error.body).hexdigest()[:8]}.txt"
                kept = folder / name
                write_atomic(kept, error.body)
                with explaining(_("A damaged draft could not be moved."), file):
                    file.unlink(missing_ok=True)
                text = error.body.decode("utf-8", "replace")
                found.append(DamagedDraft(path, text, len(error.body), error.whole_bytes, kept))
            except WorkbenchError as error:
                _log.warning("%s", error)
        return tuple(found)

    def base_sha256(self, path: str) -> str | None:
        """The `over_sha256` of the current draft; None if there is none that can be read."""
        try:
            draft = _read(self._file(path), path)
        except WorkbenchError:
            return None  # the next draft replaces it
        return draft.over_sha256 if draft is not None else None

    def drop(self, path: str) -> None:
        """Deletes a draft; no error if there is none."""
        with explaining(_("The draft of {path} could not be removed.").format(path=path), self._folder):
            self._file(path).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[Draft]:
        found = []
        for file in self._folder.glob("*.draft"):
            try:
                if draft := _read(file):
                    found.append(draft)
            except WorkbenchError as error:
                _log.warning("%s", error)  # a damaged draft must not hide the others
        yield from sorted(found, key=lambda draft: draft.path)

    def _file(self, path: str) -> Path:
        return self._folder / f"{hashlib.sha256(path.encode()).hexdigest()[:32]}.draft"


class _NotWhole(WorkbenchError):
    """A draft's file was cut or damaged.

    Attributes:
        path: Of the file in the code, as far as the draft says it.
        body: What is left of its text.
        whole_bytes: Size of its text as it was typed; -1 if that is not known.
    """

    def __init__(self, path: str, file: Path, body: bytes, whole_bytes: int = -1) -> None:
        what = _("The unsaved edits of {path} could not be read.").format(path=path or file.name)
        super().__init__(
            what, _("{file} is damaged.").format(file=file), _("Open the file in another editor.")
        )
        self.path, self.body, self.whole_bytes = path, body, whole_bytes


def _read(file: Path, path: str = "") -> Draft | None:
    """Reads a draft; None if there is none.

    Args:
        path: Of the file in the code, for the error; empty to go by what the draft says.

    Raises:
        _NotWhole: It is damaged.
        WorkbenchError: It cannot be read.
    """
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        what = _("The unsaved edits of {path} could not be read.").format(path=path or file.name)
        raise explain_os_error(error, what, file) from error
    head, line_break, body = data.partition(b"\n")
    try:
        about = _HEAD.decode(head)
    except Damaged as error:
        raise _NotWhole(path, file, body if line_break else data) from error
    if about.sha256 and hashlib.sha256(body).hexdigest() != about.sha256:
        raise _NotWhole(about.path, file, body, about.size_bytes)
    try:
        return Draft(about.path, body.decode("utf-8", "surrogatepass"), about.over_sha256)
    except UnicodeDecodeError as error:
        raise _NotWhole(about.path, file, body, about.size_bytes) from error


_BASE_FILE = "base.json"


@dataclass(frozen=True, slots=True)
class Base:
    """The deployed package that a workspace started from.

    Attributes:
        code_sha256: CodeSha256 (base64) of the zip in packages/, when it was downloaded or deployed.
        revision_id: The function's RevisionId at that time; empty if unknown.
        when: Time of the download or deploy, ISO 8601, UTC.
    """

    function_arn: str
    function_name: str
    version: str
    code_sha256: str
    revision_id: str
    when: str
    contents: Contents


_BASE_FORMAT = Format(Base)


def now() -> str:
    """The current time as in `Base.when`."""
    return SystemClock().now().isoformat()


def read_base(folder: Path) -> Base:
    """Reads the base of a workspace.

    Raises:
        FileNotFoundError: There is none.
        WorkbenchError: It is damaged or cannot be read.
    """
    try:
        return _BASE_FORMAT.read(folder / _BASE_FILE)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise explain_os_error(error, _("The workspace could not be opened."), folder) from error
    except Damaged as error:
        raise WorkbenchError(
            _("The workspace could not be opened."),
            _("{folder} is damaged: {error}.").format(folder=folder, error=error),
        ) from error


def write_base(folder: Path, base: Base) -> None:
    """Replaces the base of a workspace. The old one is kept if this raises WorkbenchError."""
    _BASE_FORMAT.write(folder / _BASE_FILE, base)


@dataclass(frozen=True, slots=True)
class _Binding:
    folder: Path


_BINDING_FILE = "binding.json"
_BINDING_FORMAT = Format(_Binding)


def read_binding(workspace_folder: Path) -> Path | None:
    """The local folder of a workspace; None if it has its own files, or does not exist.

    Raises WorkbenchError if that is damaged or cannot be read.
    """
    try:
        return _BINDING_FORMAT.read(workspace_folder / _BINDING_FILE).folder
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain_os_error(error, _("The workspace could not be opened."), workspace_folder) from error
    except Damaged as error:
        raise WorkbenchError(
            _("The local folder of the function could not be determined."),
            _("{workspace_folder} is damaged.").format(workspace_folder=workspace_folder / _BINDING_FILE),
            _("Choose the folder again, or use the deployed code."),
            action="code.use_folder",
        ) from error


def write_binding(workspace_folder: Path, folder: Path) -> None:
    """Binds a workspace to a local folder. Raises WorkbenchError if the disk refuses."""
    _BINDING_FORMAT.write(workspace_folder / _BINDING_FILE, _Binding(folder))


def drop_binding(workspace_folder: Path) -> None:
    """Removes the binding, if there is one. Raises WorkbenchError if the disk refuses."""
    with (
        explaining(_("The folder is still in use."), workspace_folder),
        contextlib.suppress(FileNotFoundError, NotADirectoryError),
    ):
        (workspace_folder / _BINDING_FILE).unlink()


def drafts_folder(workspace_folder: Path, folder: Path) -> Path:
    """The folder of drafts for a local folder: the same, whichever of its functions is open."""
    name = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return workspace_folder.parents[2] / "local" / name / "drafts"


def sibling_folder(folder: Path, what: str) -> Path:
    """A folder next to a workspace's."""
    return folder.with_name(f"{folder.name}.{what}")  # function names contain no dots


def unused_sibling_folder(folder: Path, what: str) -> Path:
    """A sibling folder that does not exist."""
    number = 1
    while (unused := sibling_folder(folder, f"{what}-{number}")).exists():
        number += 1
    return unused


def swap_in(new: Path, folder: Path, kept: Path | None = None) -> None:
    """Replaces the current workspace by a complete one; the old one is moved to `kept` if given.

    Raises:
        OSError: The current one is unchanged.
    """
    old = kept or sibling_folder(folder, "old")
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    if kept is None:
        shutil.rmtree(old, ignore_errors=True)


def recover_swap(folder: Path) -> None:
    """Finishes or undoes a swap that a kill interrupted. Raises WorkbenchError if the disk refuses."""
    new, old = sibling_folder(folder, "new"), sibling_folder(folder, "old")
    with explaining(_("The workspace could not be opened."), folder):
        if not folder.exists():
            complete = False
            with contextlib.suppress(FileNotFoundError, WorkbenchError):
                complete = bool(read_base(new))
            if complete or old.exists():
                (new if complete else old).rename(folder)
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def keep_damaged(folder: Path) -> Path:
    """Moves a damaged workspace out of the way; returns where it is kept."""
    kept = unused_sibling_folder(folder, "damaged")
    with explaining(_("The workspace could not be opened."), folder):
        folder.rename(kept)
    return kept


@dataclass(frozen=True, slots=True)
class CodeSource:
    """GetFunction's answer about the code of a function.

    Attributes:
        code_location: The link to the zip, valid for 10 minutes. Empty for a container image.
        image_uri: URI of a container image; empty for a zip.
        code_error: Why AWS gives no link; empty if it does, or does not say.
        ca_bundle: The file of trusted certificates for the link (`Connection.ca_bundle`); empty for the
            environment's or the system's.
    """

    function_arn: str
    function_name: str
    region: str
    account_id: str
    code_location: str
    code_sha256: str
    revision_id: str
    version: str = LATEST
    image_uri: str = ""
    code_error: str = ""
    ca_bundle: str = ""

    def base(self, contents: Contents) -> Base:
        """The base of a workspace that starts from a downloaded package of this function."""
        return Base(
            self.function_arn,
            self.function_name,
            self.version,
            self.code_sha256,
            self.revision_id,
            now(),
            contents,
        )


def workspace_folder(root_dir: Path, source: CodeSource) -> Path:
    """The folder of the workspace of a function or version.

    Raises WorkbenchError if one of its names would lead out of `root_dir`.
    """
    name = source.function_name
    if name != name.lower():  # on a disk that ignores case, Orders and orders would be the same
        name += "~" + hashlib.sha256(name.encode()).hexdigest()[:6]
    if source.version != LATEST:
        name += f"@{source.version}"
    return path_below(root_dir, source.account_id, source.region, name)


def bound_workspace_folder(root_dir: Path, source: CodeSource) -> Path:
    """The folder of the workspace that a function has while it is bound to a local folder."""
    return sibling_folder(workspace_folder(root_dir, source), "local")


def refuse_images(source: CodeSource) -> None:
    """Raises WorkbenchError for a function whose code is not a zip, or for which AWS gave no link."""
    if source.image_uri:
        raise WorkbenchError(
            _("The code of {function_name} cannot be opened.").format(function_name=source.function_name),
            _("It uses the container image {image_uri}.").format(image_uri=source.image_uri),
            _("Push another image, then set the image URI on the Configuration tab."),
            action="function.copy_image_uri",
        )
    if not source.code_location:
        raise WorkbenchError(
            _("The code of {function_name} could not be opened.").format(function_name=source.function_name),
            source.code_error or _("AWS did not return a link to it."),
            _("Then refresh the function.")
            if source.code_error
            else _("Refresh the function, then try again."),
            action="function.refresh",
        )

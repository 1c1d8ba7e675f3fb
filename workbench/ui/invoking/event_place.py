"""Where the test events of a function are kept: with Workbench, or in a folder that a person chose."""

from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.functions.model import FunctionDetail
from workbench.invoke.events import EventStore
from workbench.ui.services import Services

_KEY = "events.folders"


def kept_in(services: Services, detail: FunctionDetail) -> Path | None:
    """The folder that a person chose for this function; None for Workbench's own."""
    folders: dict[str, str] = services.settings.get(_KEY, {})
    folder = folders.get(detail.function_arn)
    return Path(folder) if folder else None


def keep_in(services: Services, detail: FunctionDetail, folder: Path | None) -> WorkbenchError | None:
    """Chooses the folder, None for Workbench's own. Returns why it could not be remembered."""
    folders: dict[str, str] = dict(services.settings.get(_KEY, {}))
    folders.pop(detail.function_arn, None)
    if folder is not None:
        folders[detail.function_arn] = str(folder)
    return services.settings.set(_KEY, folders)


def event_store(services: Services, detail: FunctionDetail) -> EventStore:
    """The events of a function."""
    return EventStore(
        services.paths.data_dir / "events",
        detail.account_id,
        detail.region,
        detail.function_name,
        kept_in(services, detail),
    )

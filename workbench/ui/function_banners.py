"""Messages about one function: they close when another function opens."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.ui.banner import BannerStack, ErrorBanner
from workbench.ui.function_page import FunctionPage
from workbench.ui.services import OpenFunction

_ABOUT = "function_arn"


class FunctionBanners(QObject):
    """Shows messages of the window that belong to a function. The window's own go to the BannerStack.

    Args:
        banners: Shows them.
        page: Knows which function is open.
    """

    def __init__(self, banners: BannerStack, page: FunctionPage) -> None:
        super().__init__(banners)
        self._banners, self._page = banners, page
        page.function_shown.connect(self._follow)
        page.function_closed.connect(self._follow)

    def show_error(
        self,
        error: WorkbenchError,
        tone: str = "danger",
        key: str = "",
        function: OpenFunction | None = None,
        *,
        decision: bool = False,
    ) -> ErrorBanner:
        """Shows an error.

        Args:
            error: What to say.
            tone: See ErrorBanner.
            key: See BannerStack.show_error.
            function: Which function it is about; the open one by default. Another one than that is named.
            decision: See BannerStack.show_error.
        """
        opened = self._page.function
        about = function or opened
        if about is not None and opened is not None and _arn(about) != _arn(opened):
            name = about.detail.function_name
            if name not in error.what:
                error.what = f"{name}: {error.what}"
        banner = self._banners.show_error(error, tone, key=key, decision=decision)
        banner.setProperty(_ABOUT, _arn(about))
        return banner

    def show_notice(
        self,
        text: str,
        detail: str = "",
        tone: str = "info",
        key: str = "",
        function: OpenFunction | None = None,
    ) -> ErrorBanner:
        """Shows a notice: something the user should know that is no failure. See `show_error`."""
        return self.show_error(WorkbenchError(text, detail), tone, key, function)

    def notices(self, key: str) -> Callable[[str, str, str], object]:
        """What shows notices under a key of the messages: takes text, detail and tone."""
        return lambda text, detail, tone: self.show_notice(text, detail, tone, key)

    def dismiss(self, key: str) -> None:
        """Closes the message with this key, if it is shown."""
        self._banners.dismiss(key)

    def _follow(self) -> None:
        for banner in self._banners.banners:
            if banner.property(_ABOUT) not in (None, "", _arn(self._page.function)):
                banner.passed.emit()  # nobody may have read it: the list of messages has it


def _arn(function: OpenFunction | None) -> str:
    return function.detail.function_arn if function else ""

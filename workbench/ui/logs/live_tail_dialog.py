"""What Live Tail costs and cannot, said before it is begun."""

from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
from workbench.logs.tail import LIVE_TAIL_FREE_MINUTES, LIVE_TAIL_MINUTE_USD
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import text_label


class LiveTailDialog(Dialog):
    """Its `accepted` is the yes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("liveTailDialog", "", parent)
        self.set_title(_("Follow with Live Tail"))
        price = _(
            "AWS bills about ${live_tail_minute_usd} for each minute of a session, after "
            "{live_tail_free_minutes} free minutes per "
            "account and month. The session ends when you stop following, leave the Logs "
            "tab, or open another function."
        ).format(
            live_tail_minute_usd=f"{LIVE_TAIL_MINUTE_USD:.2f}",
            live_tail_free_minutes=f"{LIVE_TAIL_FREE_MINUTES:,}",
        )
        limits = _(
            "Above 500 lines per second, AWS sends only a sample, and the status bar says "
            "so. A session lasts up to three hours and needs the permission "
            "logs:StartLiveTail. Polling every second is free and complete."
        )
        self.content.addWidget(text_label("liveTailPrice", price))
        self.content.addWidget(text_label("liveTailLimits", limits, "muted"))
        self.finish_layout()
        self.add_button("liveTailCancel", _("Cancel")).clicked.connect(self.reject)
        self.add_button("liveTailStart", _("Start Live Tail"), "primary").clicked.connect(self.accept)

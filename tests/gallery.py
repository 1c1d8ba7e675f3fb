"""`./dev gallery`: all parts of workbench/ui/kit, in light and dark, at 1x and 2x, with short and long texts.

Usage: python -m tests.gallery [FOLDER] [--show [--long]]. Pictures go to FOLDER (build/gallery by default);
with --show the parts stand in a window that can be used.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.files import resources_dir
from workbench.ui.kit.bars import FlowLayout
from workbench.ui.kit.dialog import Dialog, DialogButtons
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.fields import ChoiceEditor, FlagEditor, LinesEditor, NumberEditor, TextEditor, segmented
from workbench.ui.kit.form import Form
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import badge, elided_badge
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, RichLabel, escaped, joined, link, named, text_label
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.banners import BannerStack

WIDTH = 1180
THEMES, SCALES = ("light", "dark"), (1, 2)
_LONG = (
    "that belongs to the team which looks after payments of customers in several countries and their refunds "
)
_WORDS = {False: "of the shop", True: (_LONG * 3).strip()}


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the gallery's tables."""

    name: str
    state: str
    tone: str
    size: int
    share: float | None = None


class Gallery(QWidget):
    """All parts, one below the other.

    Args:
        theme: Of the application.
        long: Whether texts are long.
    """

    def __init__(self, theme: Theme, *, long: bool) -> None:
        super().__init__()
        named(self, "gallery", "Gallery")
        self.setAutoFillBackground(True)
        self._theme, self._icons, self._words = (
            theme,
            Icons(resources_dir() / "editor" / "dist" / "icons", theme),
            _WORDS[long],
        )
        self._owner = QObject(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        parts: tuple[tuple[str, Callable[[], QWidget]], ...] = (
            ("Texts and badges", self._texts),
            ("Buttons", self._buttons),
            ("Form", self._form),
            ("Table", self._tables),
            ("Table without rows, table of long texts", self._other_tables),
            ("Dialog", self._dialogs),
            ("Status", self._status),
        )
        for title, make in parts:
            column.addWidget(named(PlainLabel(title), f"title{title}", role="heading"))
            column.addWidget(make())
        column.addStretch(1)

    def _texts(self) -> QWidget:
        words = self._words
        widget, column = _column()
        column.addWidget(text_label("plain", f"A text {words}."))
        for role in ("muted", "good", "warning", "danger"):
            column.addWidget(text_label(role, f"A text with the role “{role}” {words}.", role))
        about = link("AWS's documentation", "https://docs.aws.amazon.com/lambda/")
        column.addWidget(named(RichLabel(joined(" ", (escaped("A link to"), about))), "rich"))
        row = QWidget()
        flow = FlowLayout(row)
        for tone in ("", "good", "warning", "danger"):
            label = badge(f"badge{tone}", tone or "badge")
            label.setProperty("tone", tone)
            flow.addWidget(label)
        elided = elided_badge("badgeElided")
        elided.show_text(f"A badge {words}")
        column.addWidget(row)
        column.addWidget(elided)
        return widget

    def _buttons(self) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        for text, role in (("Deploy", "primary"), ("Delete", "danger"), ("Export…", "")):
            for enabled in (True, False):
                button = named(QPushButton(text), f"{text}{enabled}", text, role)
                button.setEnabled(enabled)
                row.addWidget(button)
        group = QButtonGroup(widget)
        choices = []
        for text in ("Table", "Chart", "Text"):
            choice = named(QToolButton(), f"show{text}", text)
            choice.setText(text)
            choice.setCheckable(True)
            group.addButton(choice)
            choices.append(choice)
        choices[0].setChecked(True)
        row.addWidget(segmented("shown", "What is shown", choices))
        row.addStretch(1)
        return widget

    def _form(self) -> QWidget:
        words = self._words
        form = Form(dotted=True)
        form.add(
            TextEditor("handler", "Handler", None),
            "Handler",
            name="handler",
            hint=f"The function that Lambda calls {words}.",
        )
        form.add(NumberEditor("timeout", "Timeout", (1, 900), "s"), "Timeout", name="timeout")
        form.add(ChoiceEditor("format", "Log format", [("JSON", "JSON")]), "Log format", name="format")
        form.add(FlagEditor("ipv6", "IPv6", "Allow IPv6 traffic"), "", name="ipv6")
        form.add(TextEditor("key", "Key", None, placeholder="AWS managed key"), "Encryption key", name="key")
        form.add(LinesEditor("subnets", "Subnets", None), "Subnets, one a line", name="subnets", wide=True)
        values = {
            "handler": "app.run",
            "timeout": 3,
            "format": "JSON",
            "ipv6": True,
            "key": "",
            "subnets": (),
        }
        form.show_values(values)
        form.rows["timeout"].field.findChildren(QLineEdit)[0].setText("3000")
        form.rows["timeout"].mark_changed(changed=True)
        form.rows["timeout"].set_message("Enter a whole number from 1 to 900.")
        form.rows["format"].set_message(f"Somebody changed it to Text {words}.", "warning")
        form.rows["key"].setEnabled(False)
        return form

    def _columns(self) -> tuple[Column[Job], ...]:
        return (
            Column(
                "Function",
                lambda job: job.name,
                badge=lambda job: ("Drifted", "warning") if job.tone == "warning" else None,
                icon=lambda job: self._icons.get("server" if job.tone else "", "muted"),
            ),
            Column(
                "State", lambda job: job.state, 200, tone=lambda job: job.tone, share=lambda job: job.share
            ),
            Column("Size", lambda job: f"{job.size:,} kB", 110, key=lambda job: job.size, is_number=True),
            Column(
                "Link", lambda _job: "", 130, badge=lambda job: ("Unknown", "muted") if job.share else None
            ),
            Column("Secret", lambda _job: "hunter2", 110, secret=lambda _job: True),
        )

    def _jobs(self) -> list[Job]:
        words = self._words
        return [
            Job("orders", "Deployed", "good", 12_345),
            Job(f"payments {words}", f"Failed {words}", "danger", 8),
            Job("customers", "Waiting", "muted", 512),
            Job("refunds", "Deploying", "", 77, 0.6),
            Job("invoices", "Changed by somebody else", "warning", 2_048),
        ]

    def _tables(self) -> QWidget:
        table = Table("jobs", "Functions", self._columns(), theme=self._theme, sortable=True, several=True)
        table.set_rows(self._jobs())
        table.resize_to_content()
        table.choose(self._jobs()[1])
        return table

    def _other_tables(self) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        empty = Table[Job]("none", "Functions", self._columns()[:1], empty=f"No functions {self._words}.")
        failed = Table[Job]("failed", "Functions", self._columns()[:1])
        failed.set_message(f"The functions were not read {self._words}.", "danger")
        chosen = {"Upload the package"}
        wrapped = Table(
            "steps",
            "Steps",
            (
                Column[str]("Step", str, checked=lambda step: step in chosen),
                Column[str]("Request", lambda _step: "lambda:UpdateFunctionCode", 190),
            ),
            wraps=True,
        )
        wrapped.set_rows(["Upload the package", f"Publish a version {self._words}"])
        for table in (empty, failed, wrapped):
            table.setFixedHeight(150)
            row.addWidget(table, 2 if table is wrapped else 1)
        return widget

    def _dialogs(self) -> QWidget:
        dialog = Dialog("galleryDialog", f"Delete the function {self._words}?", self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        dialog.content.addWidget(text_label("words", f"This deletes it with all its versions {self._words}."))
        dialog.finish_layout()
        dialog.add_button("yes", "Delete", "danger")
        dialog.add_button("later", "Export First…")
        dialog.add_button("dialogCancel", "Cancel")
        dialog.set_message(f"AWS refused it {self._words}.", "danger")
        busy = QWidget()
        column = QVBoxLayout(busy)
        bar = named(QProgressBar(), "progress", "Progress")
        bar.setValue(60)
        choice = named(QComboBox(), "choice", "Region")
        choice.addItems(["eu-central-1", "us-east-1"])
        column.addWidget(choice)
        column.addWidget(bar)
        column.addWidget(
            DialogButtons(named(QPushButton("Undo"), "undo"), named(QPushButton("Close"), "x0Close"))
        )
        column.addStretch(1)
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        dialog.setWindowFlags(Qt.WindowType.Widget)
        dialog.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row.addWidget(dialog, 2)
        row.addWidget(busy, 1)
        return widget

    def _status(self) -> QWidget:
        widget, column = _column()
        banners = BannerStack(ActionRegistry(self._owner, self._icons), self._icons)
        for tone in ("danger", "warning", "good"):
            banners.show_notice(f"A message with the tone “{tone}” {self._words}.", tone=tone)
        column.addWidget(banners)
        empty = EmptyState(self._icons, "bell", QAction("Create Function", self))
        empty.set_text("No functions yet", f"Create the first one {self._words}.")
        column.addWidget(empty)
        return widget


def _column() -> tuple[QWidget, QVBoxLayout]:
    widget = QWidget()
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    return widget, column


def picture(gallery: Gallery, scale: int) -> QPixmap:
    """The whole gallery as it is drawn on a screen of `scale` px a point."""
    gallery.resize(WIDTH, gallery.sizeHint().height())
    gallery.show()
    for _ in range(3):  # wrapped texts have their height only once they have their width
        QApplication.processEvents()
        layout = gallery.layout()
        assert layout is not None
        gallery.resize(WIDTH, max(layout.totalHeightForWidth(WIDTH), layout.totalMinimumSize().height()))
    QApplication.processEvents()
    pixels = QPixmap(QSize(gallery.width() * scale, gallery.height() * scale))
    pixels.setDevicePixelRatio(scale)
    gallery.render(pixels)
    return pixels


def main(folder: Path, *, show: bool) -> None:
    """Writes the pictures, or shows the parts in a window."""
    application = QApplication.instance() or QApplication(sys.argv)
    assert isinstance(application, QApplication)
    theme = Theme(application)
    theme.dress()
    if show:
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(Gallery(theme, long="--long" in sys.argv))
        scroll.resize(WIDTH + 40, 900)
        scroll.show()
        application.exec()
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in THEMES:
        theme.choose(name)
        for long in (False, True):
            gallery = Gallery(theme, long=long)
            for scale in SCALES:
                file = folder / f"{name}-{scale}x{'-long' if long else ''}.png"
                if not picture(gallery, scale).save(str(file)):
                    raise SystemExit(f"{file} was not written")
            gallery.close()
    print(f"Pictures of every part are in {folder}")


if __name__ == "__main__":
    chosen = [each for each in sys.argv[1:] if not each.startswith("--")]
    main(Path(chosen[0] if chosen else "build/gallery"), show="--show" in sys.argv)

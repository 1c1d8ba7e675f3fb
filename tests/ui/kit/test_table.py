"""A table from declared columns: sorted, filtered, copied, exported, typed into."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSpinBox
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobRunner
from workbench.core.settings import Settings
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import MASK, Column, TableModel
from workbench.ui.kit.theme import Theme


@dataclass(frozen=True, slots=True)
class Fruit:
    name: str
    price: int
    state: str = ""
    secret: str = ""
    taken: bool | None = None


def columns() -> tuple[Column[Fruit], ...]:
    return (
        Column("Name", lambda row: row.name, id="name"),
        Column(
            "Price", lambda row: f"{row.price} €", 80, id="price", key=lambda row: row.price, is_number=True
        ),
        Column("State", lambda row: row.state[:3], 90, id="state", full=lambda row: row.state),
        Column("Code", lambda row: row.secret, 90, id="code", secret=lambda row: bool(row.secret)),
    )


ROWS = (Fruit("pear", 10, "ripening"), Fruit("Apple", 9, "ripe"), Fruit("cherry", 100, "sour", "s3cret"))


@pytest.fixture
def make(qtbot: QtBot, theme: Theme) -> Callable[..., Table[Fruit]]:
    def _make(*own: Column[Fruit], **options: object) -> Table[Fruit]:
        table: Table[Fruit] = Table(
            "fruit",
            "Fruit",
            own or columns(),
            identity=lambda row: row.name,
            theme=theme,
            **options,  # type: ignore[arg-type]
        )
        qtbot.addWidget(table)
        table.resize(600, 200)
        table.set_rows(ROWS)
        return table

    return _make


def texts(table: Table[Fruit], column: int = 0) -> list[str]:
    return [table.rows.index(row, column).data() for row in range(table.rows.rowCount())]


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def test_a_click_on_a_header_sorts_by_the_key_and_names_ignore_case(
    make: Callable[..., Table[Fruit]],
) -> None:
    table = make(sortable=True)
    assert texts(table) == ["pear", "Apple", "cherry"]  # as they were given
    table.horizontalHeader().setSortIndicator(1, Qt.SortOrder.DescendingOrder)
    assert texts(table) == ["cherry", "pear", "Apple"]
    table.horizontalHeader().setSortIndicator(0, Qt.SortOrder.AscendingOrder)
    assert texts(table) == ["Apple", "cherry", "pear"]
    table.rows.add([Fruit("banana", 1)])
    assert texts(table) == ["Apple", "banana", "cherry", "pear"]


def test_the_selection_survives_other_rows_another_order_and_a_filter(
    make: Callable[..., Table[Fruit]], qtbot: QtBot
) -> None:
    table = make(sortable=True, several=True)
    assert table.choose("pear")
    table.rows.sort(0)
    table.set_rows([*ROWS[1:], Fruit("pear", 11), Fruit("banana", 1)])
    table.rows.set_filter(lambda row: row.price > 5)
    assert [row.price for row in table.chosen()] == [11]
    current = table.current()
    assert current == Fruit("pear", 11)
    with qtbot.waitSignal(table.chosen_changed):
        table.rows.set_filter(lambda row: row.name != "pear")
    assert table.current() is None
    assert table.chosen() == ()
    assert not table.choose("pear")


@pytest.mark.parametrize("elide", [Qt.TextElideMode.ElideRight, Qt.TextElideMode.ElideMiddle])
def test_a_text_of_a_hostile_length_does_not_stall_the_window(
    make: Callable[..., Table[Fruit]],
    qtbot: QtBot,
    no_stall: Callable[[], StallWatch],
    elide: Qt.TextElideMode,
) -> None:
    table = make(Column("State", lambda row: row.state, elide=elide))
    table.set_rows(ROWS)
    with qtbot.waitExposed(table):
        table.show()
    with no_stall():
        table.set_rows([Fruit("fig", 1, "x" * 10_000_000), Fruit("date", 2, "word " * 2_000_000)])
        table.repaint()
        table.choose("fig")
        table.repaint()
    table.actions()[0].trigger()
    assert len(clipboard()) == 10_000_000


def test_one_selection_is_told_once(make: Callable[..., Table[Fruit]], qtbot: QtBot) -> None:
    table, told = make(sortable=True, several=True), list[tuple[str, ...]]()
    table.chosen_changed.connect(lambda: told.append(tuple(row.name for row in table.chosen())))
    table.show()
    table.choose("pear")
    table.choose("pear")
    assert told == [("pear",)]
    table.selectRow(1)
    assert told[1:] == [("Apple",)]
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=centre(table, 2))
    assert told[2:] == [("cherry",)]
    QTest.keyClick(table, Qt.Key.Key_Up)
    assert told[3:] == [("Apple",)]
    table.rows.sort(0)  # a reset
    assert told[4:] == [("Apple",)]
    table.set_rows([Fruit("Apple", 2), Fruit("fig", 1)])
    assert told[5:] == [("Apple",)]
    table.rows.remove("Apple")
    table.choose("fig")
    assert told[-1] == ("fig",)
    table.set_rows(ROWS)
    table.choose("pear")
    told.clear()
    control = Qt.KeyboardModifier.ControlModifier
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, control, centre(table, 1))
    assert told == [("cherry", "pear")]


def test_another_row_with_the_number_of_the_chosen_one_is_told(make: Callable[..., Table[Fruit]]) -> None:
    table, told = make(), list[str]()
    table.show()
    table.choose("cherry")
    table.chosen_changed.connect(lambda: told.append(table.chosen()[0].name))
    table.rows.remove("Apple")
    table.rows.add([Fruit("fig", 1)])
    table.selectRow(2)
    assert told[-1] == "fig"


def centre(table: Table[Fruit], row: int) -> QPoint:
    return table.visualRect(table.rows.index(row, 0)).center()


def test_columns_that_share_what_is_left_take_no_more_than_their_titles_need(
    make: Callable[..., Table[Fruit]],
) -> None:
    title = "How it tastes when it is ripe"
    table = make(Column(title, lambda row: row.name), Column("State", lambda row: row.state))
    metrics = table.fontMetrics()
    whole = metrics.horizontalAdvance(title)
    table.show()
    table.resize(2 * whole, 200)
    assert table.columnWidth(0) > whole
    assert table.columnWidth(0) + table.columnWidth(1) == table.viewport().width()
    table.resize(whole, 200)
    assert table.columnWidth(0) > whole
    assert metrics.horizontalAdvance("State") < table.columnWidth(1) < whole / 2
    table.resize(4 * whole, 200)
    assert abs(table.columnWidth(0) - table.columnWidth(1)) <= 1


@pytest.mark.parametrize("width", [300, 500, 700])
def test_no_title_is_cut_off_in_a_narrow_table(make: Callable[..., Table[Fruit]], width: int) -> None:
    table = make(
        Column("When it was", lambda row: row.name, 104),
        Column("Change", lambda row: row.state),
        Column("Cost for each month", lambda row: row.state, 40),
    )
    table.resize(width, 60)  # with a bar to scroll, too
    table.show()
    header = table.horizontalHeader()
    assert all(header.sectionSize(each) >= header.sectionSizeHint(each) for each in range(3))


def test_the_same_rows_again_leave_the_view_as_it_is(make: Callable[..., Table[Fruit]], qtbot: QtBot) -> None:
    table = make()
    with qtbot.assertNotEmitted(table.rows.modelReset), qtbot.assertNotEmitted(table.rows.dataChanged):
        table.set_rows(ROWS)
    with qtbot.assertNotEmitted(table.rows.modelReset), qtbot.waitSignal(table.rows.dataChanged):
        table.set_rows([replace(ROWS[0], price=12), *ROWS[1:]])
    assert texts(table, 1)[0] == "12 €"


def test_one_row_is_updated_and_removed_by_its_identity(make: Callable[..., Table[Fruit]]) -> None:
    table = make()
    table.rows.update(Fruit("Apple", 3))
    table.rows.update(Fruit("unknown", 3))
    assert texts(table, 1) == ["10 €", "3 €", "100 €"]
    table.rows.remove("pear")
    assert texts(table) == ["Apple", "cherry"]
    assert [row.name for row in table.rows.all] == ["Apple", "cherry"]


def test_copying_takes_full_texts_but_the_masks_of_secrets_which_have_no_tool_tip(
    make: Callable[..., Table[Fruit]],
) -> None:
    table = make(several=True)
    table.setCurrentIndex(table.rows.index(0, 2))
    table.actions()[0].trigger()
    assert (texts(table, 2)[0], clipboard()) == ("rip", "ripening")
    assert texts(table, 3) == ["", "", MASK]
    assert table.rows.index(2, 3).data(Qt.ItemDataRole.ToolTipRole) is None
    table.setCurrentIndex(table.rows.index(2, 3))
    table.actions()[0].trigger()
    assert clipboard() == MASK
    table.selectAll()
    table.actions()[1].trigger()
    assert clipboard().splitlines() == [
        "pear\t10 €\tripening\t",
        "Apple\t9 €\tripe\t",
        f"cherry\t100 €\tsour\t{MASK}",
    ]


def test_copy_value_copies_the_secret_of_a_row_and_says_that_it_is_one(
    make: Callable[..., Table[Fruit]],
) -> None:
    table = make()
    copy = table.findChild(QAction, "fruit.copyValue")
    assert copy is not None
    assert copy in table.actions()
    QGuiApplication.clipboard().setText("before")
    copy.trigger()  # no row is current
    table.choose("pear")
    copy.trigger()  # has no secret
    assert clipboard() == "before"
    table.choose("cherry")
    copy.trigger()
    assert clipboard() == "s3cret"
    hint = QGuiApplication.clipboard().mimeData().data("x-kde-passwordManagerHint")
    assert hint.data() == b"secret"
    assert make(columns()[0]).findChild(QAction, "fruit.copyValue") is None


def test_exported_are_the_shown_rows_and_columns_without_secrets_and_formulas(
    make: Callable[..., Table[Fruit]], jobs: JobRunner, tmp_path: Path, qtbot: QtBot
) -> None:
    table = make(sortable=True)
    table.set_rows([*ROWS, Fruit("=1+1", 50), Fruit("plum", 1)])
    table.rows.sort(1, Qt.SortOrder.DescendingOrder)
    table.rows.set_filter(lambda row: row.price > 1)
    table.setColumnHidden(2, True)
    file, errors = tmp_path / "fruit.csv", list[WorkbenchError]()
    with qtbot.waitSignal(table.exported) as exported:
        table.export(file, jobs, errors.append)
    assert exported.args == [file]
    with file.open(encoding="utf-8-sig", newline="") as text:
        assert list(csv.reader(text)) == [
            ["Name", "Price", "Code"],
            ["cherry", "100 €", MASK],
            ["'=1+1", "50 €", ""],
            ["pear", "10 €", ""],
            ["Apple", "9 €", ""],
        ]
    table.export(tmp_path / "none" / "fruit.csv", jobs, errors.append)
    qtbot.waitUntil(lambda: [error.what for error in errors] == ["The table was not exported."])


def test_columns_that_the_user_chose_and_the_order_are_there_again(
    make: Callable[..., Table[Fruit]], settings: Settings, qtbot: QtBot
) -> None:
    wide = [replace(column, width=120) for column in columns()]
    table = make(*wide, settings=settings, settings_key="fruit", sortable=True)
    assert texts(table) == ["pear", "Apple", "cherry"]
    table.columns_menu.actions()[2].setChecked(False)
    table.horizontalHeader().moveSection(1, 0)
    table.setColumnWidth(1, 77)
    table.horizontalHeader().setSortIndicator(1, Qt.SortOrder.DescendingOrder)
    qtbot.waitUntil(lambda: settings.get("fruit.columns", [])[:2] == [["price", 77], ["name", 120]])
    assert settings.get("fruit.sort", []) == ["price", True]
    again = make(*wide, settings=settings, settings_key="fruit", sortable=True)
    assert again.horizontalHeader().logicalIndex(0) == 1
    assert (again.columnWidth(1), again.isColumnHidden(2)) == (77, True)
    assert texts(again) == ["cherry", "pear", "Apple"]


def test_the_last_column_stays(make: Callable[..., Table[Fruit]], settings: Settings) -> None:
    table = make(*[replace(each, width=99) for each in columns()], settings=settings, settings_key="fruit")
    for action in table.columns_menu.actions():
        action.setChecked(False)
    assert [table.isColumnHidden(number) for number in range(4)] == [True, True, True, False]
    assert table.columns_menu.actions()[3].isChecked()


def test_settings_of_another_form_are_left_out(make: Callable[..., Table[Fruit]], settings: Settings) -> None:
    settings.set("fruit.columns", [["gone", 5], "name", ["price", "wide"], ["state", 1]])
    settings.set("fruit.sort", ["gone", True])
    table = make(*columns(), settings=settings, settings_key="fruit", sortable=True)
    assert [table.isColumnHidden(number) for number in range(4)] == [True, True, False, True]


def test_enter_and_a_double_click_open_a_row(make: Callable[..., Table[Fruit]], qtbot: QtBot) -> None:
    table = make()
    opened: list[Fruit] = []
    table.opened.connect(opened.append)
    QTest.keyClick(table, Qt.Key.Key_Return)  # there is no current row
    table.choose("cherry")
    QTest.keyClick(table, Qt.Key.Key_Return)
    table.show()
    spot = table.visualRect(table.rows.index(1, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert [row.name for row in opened] == ["cherry", "Apple"]


def test_cells_are_typed_into_and_ticked(make: Callable[..., Table[Fruit]], qtbot: QtBot) -> None:
    table = make(
        Column(
            "Name",
            lambda row: row.name,
            checked=lambda row: row.taken,
        ),
        Column(
            "Price",
            lambda row: str(row.price),
            80,
            value=lambda row: row.price,
            edit=lambda row, value: replace(row, price=int(value)),
            limits=(1, 50),
        ),
    )
    table.set_rows([replace(ROWS[0], taken=False), ROWS[1]])
    price = table.rows.index(0, 1)
    with qtbot.waitSignal(table.rows.edited) as edited:
        assert table.rows.setData(price, 7)
    assert edited.args == [Fruit("pear", 7, "ripening", taken=False)]
    assert table.rows.row(0).price == 7
    table.show()
    table.edit(price)
    field = table.findChild(QSpinBox, "fruitField")
    assert field is not None
    assert (field.minimum(), field.maximum(), field.value()) == (1, 50, 7)
    table.rows.can_edit = False
    assert not table.rows.setData(price, 8)
    box = Qt.ItemDataRole.CheckStateRole
    with qtbot.waitSignal(table.rows.ticked) as ticked:
        assert table.rows.setData(table.rows.index(0, 0), Qt.CheckState.Checked, box)
    assert ticked.args[1] is True
    assert not table.rows.setData(table.rows.index(1, 0), Qt.CheckState.Checked, box)  # it has no box
    assert table.rows.index(0, 0).data(box) == Qt.CheckState.Unchecked  # its owner decides


def test_rows_that_are_not_enabled_cannot_be_selected(qtbot: QtBot, theme: Theme) -> None:
    model = TableModel(columns(), lambda row: row.name, theme, enabled=lambda row: row.price < 50)
    table = Table("fruit", "Fruit", model=model)
    qtbot.addWidget(table)
    table.set_rows(ROWS)
    assert model.flags(model.index(2, 0)) == Qt.ItemFlag.NoItemFlags
    assert model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsSelectable


def test_it_says_that_it_is_reading_what_went_wrong_and_that_there_is_nothing(
    make: Callable[..., Table[Fruit]],
) -> None:
    table = make(empty="No fruit. Buy some.")
    table.show()
    message = table.viewport().children()[-1]
    assert not message.isVisible()  # type: ignore[attr-defined]
    table.set_rows([])
    table.grab()
    assert (message.isVisible(), message.text()) == (True, "No fruit. Buy some.")  # type: ignore[attr-defined]
    table.set_message("The shop is closed.", "danger")
    assert (message.text(), message.property("role")) == ("The shop is closed.", "danger")  # type: ignore[attr-defined]
    table.set_message("")
    assert (message.text(), message.property("role")) == ("No fruit. Buy some.", "muted")  # type: ignore[attr-defined]


def _colors(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_tones_badges_and_shares_are_painted_in_the_themes_colours_selected_or_not(
    make: Callable[..., Table[Fruit]], dressed: Theme, theme: Theme
) -> None:
    table = make(
        Column("Name", lambda row: row.name, tone=lambda row: "danger" if row.name == "pear" else ""),
        Column("Sold", lambda _row: "sold", 150, badge=lambda _row: ("new", "good")),
        Column("Share", lambda _row: "", 100, share=lambda row: row.price / 100),
    )
    table.show()

    def cell(row: int, column: int) -> set[str]:
        return _colors(table.viewport().grab(table.visualRect(table.rows.index(row, column))).toImage())

    colors = theme.colors
    assert colors.danger in cell(0, 0)
    assert colors.danger not in cell(1, 0)
    assert colors.good in cell(0, 1)
    assert colors.accent in cell(0, 2)
    table.choose("pear")
    assert colors.danger in cell(0, 0)
    assert {colors.selection, colors.inactive_selection} & cell(0, 0)
    index = table.rows.index(0, 0)
    assert index.data(Qt.ItemDataRole.ForegroundRole) == QColor(colors.danger)
    assert table.rows.index(0, 1).data(Qt.ItemDataRole.AccessibleTextRole) == "sold new"


@pytest.mark.usefixtures("dressed")
def test_the_arrow_of_the_sorting_covers_no_title(make: Callable[..., Table[Fruit]]) -> None:
    def text(row: Fruit) -> str:
        return row.name

    table = make(Column("Errors", text, 76, id="errors", is_number=True), sortable=True)
    table.show()
    header = table.horizontalHeader()

    def title() -> tuple[QImage, QImage]:
        """What is above the title's letters, and the letters."""
        shown, letters = header.grab().toImage(), header.fontMetrics().height()
        top = (header.height() - letters) // 2 + header.fontMetrics().descent()
        return shown.copy(0, 0, shown.width(), top), shown.copy(0, top, shown.width(), letters)

    header.setSortIndicatorShown(False)
    plain = title()
    header.setSortIndicatorShown(True)
    for order in Qt.SortOrder:
        table.rows.sort(0, order)
        table.show_sorting()
        assert title()[0] != plain[0]
        assert title()[1] == plain[1]


def test_rows_wrap_at_whatever_width(qtbot: QtBot) -> None:
    words = "Let the topic of another account and of another region run the function by its alias"
    table = Table(
        "plan", "Plan", (Column[str]("Step", str), Column[str]("Call", lambda _row: "sns", 120)), wraps=True
    )
    qtbot.addWidget(table)
    table.set_rows([words, "Short"])  # before it has a width
    table.resize(1000, 300)
    table.show()
    qtbot.waitUntil(lambda: table.columnWidth(0) > 700)
    wide = table.rowHeight(0)
    assert wide == table.rowHeight(1)  # one line
    table.resize(360, 300)
    qtbot.waitUntil(lambda: table.rowHeight(0) > wide)
    table.resize(1000, 300)
    qtbot.waitUntil(lambda: table.rowHeight(0) == wide)


def test_only_cells_in_sight_are_read(qtbot: QtBot) -> None:
    read: set[int] = set()

    def text(row: int) -> str:
        read.add(row)
        return str(row)

    table = Table("numbers", "Numbers", (Column[int]("Number", text),))
    qtbot.addWidget(table)
    table.resize(300, 400)
    table.set_rows(range(100_000))
    table.show()
    table.grab()
    assert 0 < len(read) < 100
    table.scrollTo(table.rows.index(50_000, 0))
    table.grab()
    assert 50_000 in read
    assert len(read) < 200


def test_it_is_as_high_as_its_rows(make: Callable[..., Table[Fruit]]) -> None:
    table = make()
    table.resize_to_content()
    three = table.height()
    table.resize_to_content(most=2)
    assert table.height() < three
    table.resize_to_content(least=5)
    assert table.height() > three


def test_the_column_that_takes_what_is_left_is_never_narrower_than_its_title(
    make: Callable[..., Table[Fruit]], qtbot: QtBot
) -> None:
    title = "How it tastes when it is ripe"
    table = make(Column("Name", lambda row: row.name, 300), Column(title, lambda row: row.state))
    table.show()
    whole = table.fontMetrics().horizontalAdvance(title)
    assert table.columnWidth(1) == table.viewport().width() - 300 > whole
    table.resize(340, 200)
    assert table.columnWidth(1) >= whole
    qtbot.waitUntil(lambda: table.horizontalScrollBar().maximum() > 0)
    table.resize(700, 200)
    assert table.columnWidth(1) == table.viewport().width() - 300


def test_a_width_that_the_user_gave_stays_where_there_is_not_room_for_all(
    make: Callable[..., Table[Fruit]],
) -> None:
    table = make(
        Column("Name", lambda row: row.name, 200),
        Column("How it tastes", lambda row: row.state),
        Column("Origin", lambda row: row.state, 300),
    )
    table.show()
    table.resize(560, 200)
    table.horizontalHeader().resizeSection(1, 260)
    table.resize(550, 200)
    table.horizontalHeader().resizeSection(2, 310)
    assert [table.columnWidth(number) for number in range(3)] == [200, 260, 310]
    table.resize(900, 200)
    assert table.columnWidth(1) == table.viewport().width() - 510


def test_a_row_that_grows_with_its_text_shows_all_of_it(make: Callable[..., Table[Fruit]]) -> None:
    text = "word " * 700
    table = make(Column("State", lambda row: row.state, 300), wraps=True)
    table.set_rows([Fruit("fig", 1, text)])
    assert table.rows.index(0, 0).data() == text


def test_a_sentence_without_spaces_loses_its_end(qtbot: QtBot) -> None:
    table = Table[str]("words", "Words", (Column("Words", str, 140),))
    qtbot.addWidget(table)
    looks = []
    for end in ("最初", "次の"):
        table.set_rows([f"関数が見つかりませんでした。もう一度別のリージョンで試してください。{end}"])
        looks.append(table.grab().toImage())
    assert looks[0] == looks[1]


def test_a_word_that_does_not_fit_is_elided_where_its_end_can_be_seen(qtbot: QtBot) -> None:
    table = Table[str]("arns", "ARNs", (Column("ARN", str, 140),))
    qtbot.addWidget(table)
    looks = []
    for text in (
        "arn:aws:sqs:eu-central-1:123456789012:first",
        "arn:aws:sqs:eu-central-1:123456789012:other",
    ):
        table.set_rows([text])
        looks.append(table.grab().toImage())
    assert looks[0] != looks[1]

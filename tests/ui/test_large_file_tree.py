"""The file tree in a view: what is expanded stays so, and 20,000 files keep the window moving."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QTreeView
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from workbench.code.tree import EntryKind, FileChange, TreeEntry
from workbench.ui.files.tree import PATH_ROLE, FileTreeModel, Marks, build_nodes, news_for
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.theme import Theme


def file(path: str, change: FileChange = FileChange.SAME) -> TreeEntry:
    return TreeEntry(path, EntryKind.FILE, 1, change=change)


@pytest.fixture
def view(qtbot: QtBot, icons: Icons, theme: Theme) -> QTreeView:
    view = QTreeView(uniformRowHeights=True)
    qtbot.addWidget(view)
    view.setModel(FileTreeModel(icons, theme, view))
    return view


@pytest.fixture
def model(view: QTreeView) -> FileTreeModel:
    model = view.model()
    assert isinstance(model, FileTreeModel)
    return model


def test_a_new_mark_leaves_expanded_what_is_expanded(view: QTreeView, model: FileTreeModel) -> None:
    model.show_nodes(build_nodes((file("lib/util.py"), file("app.py"))))
    view.expand(model.index_of("lib"))
    view.setCurrentIndex(model.index_of("lib/util.py"))

    model.show_nodes(build_nodes((file("lib/util.py", FileChange.CHANGED), file("app.py"))))

    assert view.isExpanded(model.index_of("lib"))
    assert view.currentIndex().data() == "util.py"
    assert view.currentIndex().siblingAtColumn(1).data() == "M"


def test_where_only_marks_differ_only_those_are_news(view: QTreeView, model: FileTreeModel) -> None:
    model.show_nodes(build_nodes((file("app.py"), file("lib/a.py"), file("lib/b.py"))))
    view.expand(model.index_of("lib"))

    news = news_for(model.root, (file("app.py"), file("lib/a.py", FileChange.CHANGED), file("lib/b.py")))
    assert isinstance(news, Marks)
    assert [node.path for node, _ in news.changed] == ["lib/a.py"]
    model.show_marks(news)

    assert view.isExpanded(model.index_of("lib"))
    assert model.index_of("lib/a.py").siblingAtColumn(1).data() == "M"
    assert model.index_of("lib/b.py").siblingAtColumn(1).data() == ""


@pytest.mark.parametrize(
    "now",
    [
        (file("app.py"),),
        (file("app.py"), file("other.py")),
        (file("app.py"), TreeEntry("lib", EntryKind.FOLDER)),
    ],
)
def test_where_files_came_or_went_the_tree_is_another(
    model: FileTreeModel, now: tuple[TreeEntry, ...]
) -> None:
    model.show_nodes(build_nodes((file("app.py"), file("lib"))))
    assert not isinstance(news_for(model.root, now), Marks)


def test_marks_of_a_tree_that_has_gone_are_not_shown(model: FileTreeModel) -> None:
    model.show_nodes(build_nodes((file("app.py"),)))
    news = news_for(model.root, (file("app.py", FileChange.CHANGED),))
    assert isinstance(news, Marks)
    model.show_nodes(build_nodes((file("app.py"), file("new.py"))))
    model.show_marks(news)
    assert model.index_of("app.py").siblingAtColumn(1).data() == ""


def test_a_file_that_becomes_a_folder_is_shown_as_one(model: FileTreeModel) -> None:
    model.show_nodes(build_nodes((file("lib"),)))
    model.show_nodes(build_nodes((TreeEntry("lib", EntryKind.FOLDER),)))
    assert model.index_of("lib").data(PATH_ROLE) is None


@pytest.mark.parametrize("name", ["<b>bold<b>.py", "ünïcödé.py", "a b\tc.py", "%1.py", "日本語.py"])
def test_a_hostile_name_is_shown_as_it_is(model: FileTreeModel, name: str) -> None:
    model.show_nodes(build_nodes((file(name),)))
    assert model.index_of(name).data() == name


def test_twenty_thousand_files_keep_the_window_moving(
    view: QTreeView, model: FileTreeModel, qtbot: QtBot, no_stall: Callable[..., StallWatch]
) -> None:
    paths = [f"node_modules/package{number % 400}/file{number}.js" for number in range(20_000)]
    # In the program a job builds the nodes.
    before = build_nodes(tuple(map(file, paths)))
    after = build_nodes(tuple(file(path, FileChange.CHANGED) for path in paths))
    with qtbot.waitExposed(view):
        view.show()
    with no_stall():
        model.show_nodes(before)
        view.expand(model.index_of("node_modules"))
        view.expand(model.index_of("node_modules/package7"))
    with no_stall():
        model.show_nodes(after)
    folder = model.index_of("node_modules/package7")
    assert view.isExpanded(folder)
    assert model.rowCount(folder) == 50
    assert {model.index(row, 1, folder).data() for row in range(50)} == {"M"}
    view.hide()

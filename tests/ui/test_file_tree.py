"""The tree of a function's files: folders first, a mark for each change, and what is expanded stays so."""

import pytest
from PySide6.QtCore import QModelIndex, QObject, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.code.tree import EntryKind, FileChange, TreeEntry
from workbench.ui.files.tree import (
    DEPENDENCIES,
    PATH_ROLE,
    FileTree,
    FileTreeModel,
    Marks,
    build_nodes,
    news_for,
)
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.theme import Theme


def file(path: str, change: FileChange = FileChange.SAME, *, has_draft: bool = False) -> TreeEntry:
    return TreeEntry(path, EntryKind.FILE, 1, change=change, has_draft=has_draft)


def lines(model: FileTreeModel, parent: QModelIndex | None = None, depth: int = 0) -> list[str]:
    """The tree as text: two blanks a level, the mark behind the name."""
    parent = parent or QModelIndex()
    found = []
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        mark = str(model.index(row, 1, parent).data())
        found.append(f"{'  ' * depth}{index.data()} {mark}".rstrip())
        found += lines(model, index, depth + 1)
    return found


@pytest.fixture
def model(qapp: QApplication, icons: Icons, theme: Theme) -> FileTreeModel:
    owner = QObject(qapp)
    model = FileTreeModel(icons, theme, owner)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    return model


def test_folders_come_first_and_case_does_not_sort(model: FileTreeModel) -> None:
    entries = (file("Zebra.py"), file("app.py"), file("lib/b.py"), file("lib/deep/a.py"), file("bin/run"))

    model.show_nodes(build_nodes(entries))

    assert lines(model) == ["bin", "  run", "lib", "  deep", "    a.py", "  b.py", "app.py", "Zebra.py"]


def test_each_change_has_its_mark_and_words(model: FileTreeModel) -> None:
    entries = (
        file("added.py", FileChange.ADDED),
        file("changed.py", FileChange.CHANGED),
        file("deleted.py", FileChange.DELETED),
        file("draft.py", FileChange.CHANGED, has_draft=True),
        file("same.py"),
    )

    model.show_nodes(build_nodes(entries))

    assert lines(model) == ["added.py A", "changed.py M", "deleted.py D", "draft.py ●", "same.py"]
    said = [model.index(row, 1).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(5)]
    assert said == [
        "Added, not deployed",
        "Changed, not deployed",
        "Deleted, still deployed",
        "Unsaved",
        "",
    ]
    assert model.index(2, 0).data(Qt.ItemDataRole.FontRole).strikeOut()


def test_the_handlers_file_is_marked_wherever_it_is(model: FileTreeModel) -> None:
    model.show_nodes(build_nodes((file("src/app.py"), file("app.py"))))

    def marked() -> list[str]:
        said = Qt.ItemDataRole.AccessibleTextRole
        return [path for path in ("app.py", "src/app.py") if model.index_of(path).data(said)]

    assert marked() == []
    model.set_handler("src/app.py")
    assert marked() == ["src/app.py"]
    assert (
        model.index_of("src/app.py").data(Qt.ItemDataRole.AccessibleTextRole) == "app.py, the handler's file"
    )
    assert "Lambda calls" in model.index_of("src/app.py").data(Qt.ItemDataRole.ToolTipRole)
    model.show_nodes(build_nodes((file("src/app.py"), file("app.py"), file("new.py"))))
    assert marked() == ["src/app.py"]
    model.set_handler("app.py")
    assert marked() == ["app.py"]
    model.set_handler("")
    assert marked() == []


def test_a_path_leads_to_its_row_and_back(model: FileTreeModel) -> None:
    model.show_nodes(build_nodes((file("lib/deep/a.py"), file("app.py"))))

    index = model.index_of("lib/deep/a.py")
    assert index.data(PATH_ROLE) == "lib/deep/a.py"
    assert index.parent().data() == "deep"
    assert index.parent().data(PATH_ROLE) is None
    assert not model.index_of("lib/none.py").isValid()


def test_new_marks_keep_the_rows_and_a_new_file_renews_them(model: FileTreeModel) -> None:
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    model.show_nodes(build_nodes((file("lib/a.py"), file("app.py"))))
    resets.clear()

    model.show_nodes(build_nodes((file("lib/a.py", FileChange.CHANGED), file("app.py"))))
    assert resets == []
    assert lines(model) == ["lib", "  a.py M", "app.py"]

    model.show_nodes(build_nodes((file("lib/a.py", FileChange.CHANGED), file("app.py"), file("new.py"))))
    assert resets == [True]
    assert lines(model) == ["lib", "  a.py M", "app.py", "new.py"]


def test_what_stays_out_of_every_package_is_pale(model: FileTreeModel, theme: Theme) -> None:
    model.show_nodes(build_nodes((file("app.py"), TreeEntry(".env", EntryKind.FILE, 1, packed=False))))
    role = Qt.ItemDataRole.ForegroundRole
    assert model.index_of(".env").data(role).name() == theme.colors.muted
    assert model.index_of("app.py").data(role) is None


OUTSIDE = "/store/key/tree/python"
INSTALLED = (
    TreeEntry("node_modules", EntryKind.FOLDER, installed=True),
    TreeEntry("node_modules/left.js", EntryKind.FILE, 1, installed=True),
    TreeEntry(f"{OUTSIDE}/lib", EntryKind.FOLDER, installed=True),
    TreeEntry(f"{OUTSIDE}/lib/__init__.py", EntryKind.FILE, 1, installed=True),
    TreeEntry(f"{OUTSIDE}/six.py", EntryKind.FILE, 1, installed=True),
)


def test_installed_packages_are_apart_from_the_code(model: FileTreeModel) -> None:
    model.show_nodes(build_nodes((file("zebra.py"), file("lib/own.py"), *INSTALLED)))
    assert lines(model) == [
        "lib",
        "  own.py",
        "zebra.py",
        "Dependencies",
        "  lib",
        "    __init__.py",
        "  node_modules",
        "    left.js",
        "  six.py",
    ]
    assert model.files() == ["lib/own.py", "node_modules/left.js", "zebra.py"]
    group = model.index_of(DEPENDENCIES)
    assert group.parent() == QModelIndex()
    assert model.index_of(f"{OUTSIDE}/lib/__init__.py").parent().parent() == group
    assert model.index_of("lib").parent() == QModelIndex()


def test_without_installed_packages_there_is_no_group(model: FileTreeModel) -> None:
    model.show_nodes(build_nodes((file("app.py"),)))
    assert lines(model) == ["app.py"]
    news = news_for(model.root, (file("app.py"), *INSTALLED))
    assert not isinstance(news, Marks)
    model.show_nodes(news)
    assert isinstance(news_for(model.root, (file("app.py"), *INSTALLED)), Marks)
    # The same files, but a list says by now that they are installed.
    model.show_nodes(build_nodes((file("lib/a.py"),)))
    now = news_for(model.root, (TreeEntry("lib/a.py", EntryKind.FILE, 1, installed=True),))
    assert not isinstance(now, Marks)
    model.show_nodes(now)
    assert lines(model) == ["Dependencies", "  lib", "    a.py"]


def test_what_is_outside_the_code_can_be_opened_and_not_changed(
    qtbot: QtBot, icons: Icons, theme: Theme
) -> None:
    tree = FileTree(icons, theme)
    qtbot.addWidget(tree)
    tree.nodes.is_editable = True
    tree.show_nodes(build_nodes((file("app.py"), *INSTALLED)))
    assert not tree.isExpanded(tree.nodes.index_of(DEPENDENCIES))
    outside = f"{OUTSIDE}/six.py"
    changes = Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled
    for path in (DEPENDENCIES, f"{OUTSIDE}/lib", outside):
        index = tree.nodes.index_of(path)
        assert not index.flags() & changes
        tree.setCurrentIndex(index)
        assert (tree.selected(), tree.folder()) == ([], "")
    with qtbot.waitSignal(tree.chosen) as chosen:
        tree.activated.emit(tree.nodes.index_of(outside))
    assert chosen.args == [outside]
    assert tree.nodes.index_of("node_modules/left.js").flags() & changes == changes

"""The shadow copy of an open document: when its markers have to be shown again."""

from workbench.ui.editor.surface import Document, Marker

WRONG = (Marker(1, 1, 1, 4, "wrong"),)


def test_the_same_markers_are_shown_once() -> None:
    document = Document("file:///app.py", "x", "x")
    assert not document.mark(())
    assert document.mark(WRONG)
    assert not document.mark(WRONG)
    assert document.mark(())
    assert not document.mark(())
    assert document.mark(WRONG)
    assert document.markers == WRONG


def test_markers_are_shown_again_where_typing_may_have_moved_them() -> None:
    document = Document("file:///app.py", "x", "x")
    document.mark(WRONG)
    document.text = "\nx"
    assert document.mark(WRONG)
    assert not document.mark(WRONG)
    document.mark(())
    document.text = "x"
    assert not document.mark(())

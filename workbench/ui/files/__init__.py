"""The files of the open code on the screen: tree, tabs, editor, and what is typed in them."""

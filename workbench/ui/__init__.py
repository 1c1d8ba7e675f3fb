"""The window. The only room that knows Qt; it holds no AWS calls, only jobs that make them."""

import sys

import PySide6.QtCore  # noqa: F401 - puts the hook in place


def stop_reading_sources() -> bool:
    """Lets a module be imported without its source being read and kept.

    PySide can give modules another spelling of Qt's names (`from __feature__ import snake_case`). To know
    which modules that concerns, it looks for its own name in the source of each one that is imported, numpy's
    and botocore's too; Python then keeps the sources: 24 MB for 720 modules, and 0.07 s of the start
    (measured). Nothing here asks for another spelling, so the answer may be the same for all.

    Returns:
        Whether PySide still has what is put out of work here.
    """
    # WORKAROUND PYSIDE-2029: remove when PySide looks for its name without reading sources.
    feature = sys.modules.get("shibokensupport.feature")
    names = vars(feature) if feature is not None else {}
    if "_mod_uses_pyside" not in names:
        return False
    names["_mod_uses_pyside"] = _uses_no_feature
    return True


def _uses_no_feature(_module: object) -> bool:
    return False


stop_reading_sources()

"""The window. The only room that knows Qt; it holds no AWS calls, only jobs that make them."""

from workbench.ui.import_hook import stop_reading_sources

stop_reading_sources()

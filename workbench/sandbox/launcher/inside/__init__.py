"""Files that run inside a handler's own interpreter (Python 3.10 or newer), never inside the launcher.

They are started by path and must import nothing but the standard library and what LAMBDA_RUNTIME_DIR holds.
"""

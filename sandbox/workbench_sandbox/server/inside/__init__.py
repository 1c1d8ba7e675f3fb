"""Files that run in a handler's own interpreter (Python 3.10 or newer), never in the server.

They are started by path and may import only the standard library and the content of LAMBDA_RUNTIME_DIR.
"""

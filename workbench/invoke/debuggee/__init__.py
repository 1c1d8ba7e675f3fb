"""The folder on the path of a debugged function. Never imported by Workbench."""

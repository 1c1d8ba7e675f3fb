"""The folder that is put on the path of a debugged function. Never imported by Workbench."""

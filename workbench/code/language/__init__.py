"""What knows Python well enough to complete, check, rename and format it: ty and ruff, as language servers.

Owns: their processes, their protocol, what is on their paths. Must not know: Qt, the editor.
"""

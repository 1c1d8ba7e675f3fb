"""A function's code on this machine: download, unpack, edit, pack. Knows core and aws, no other room."""

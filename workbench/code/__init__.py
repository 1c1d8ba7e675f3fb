"""A function's code on this machine: downloading, unpacking, editing, packing."""

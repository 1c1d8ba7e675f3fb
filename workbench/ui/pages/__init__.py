"""The tabs of the function page, one file each."""

"""The fence around programs that read or run what others have written, on Linux."""

"""Lists the operations that a crash or a failure interrupted, and finishes, undoes or discards them."""

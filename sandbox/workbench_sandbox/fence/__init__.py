"""What keeps a process from files, memory and network that are not its own."""

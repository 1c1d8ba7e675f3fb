"""What the Help menu shows of the program: shortcuts, policy, permissions, fidelity, version."""

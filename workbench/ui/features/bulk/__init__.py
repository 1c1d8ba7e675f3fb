"""Several functions changed at once: the choice, the plan, and watching it run."""

"""Getting Started: the four steps of the main job, and the guide to it."""

"""The screens of a deploy: the dialog with the plan, its progress, and the badge of undeployed changes."""

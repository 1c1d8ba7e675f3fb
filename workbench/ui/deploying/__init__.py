"""What a person sees of a deploy beside the button: the dialog with the plan, and how far it is."""

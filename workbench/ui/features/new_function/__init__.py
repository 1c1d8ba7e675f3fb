"""New Function…: the dialog, what it shows of the plan, and what happens after its yes."""

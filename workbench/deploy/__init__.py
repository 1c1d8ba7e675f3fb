"""From working files to a running function: plan (pure), execute (journalled), recover."""

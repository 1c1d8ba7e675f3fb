"""What the window can do: one folder a capability, begun by `activate(context)` in its feature.py."""

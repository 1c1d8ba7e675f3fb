"""Power tuning in the window: choosing sizes and an event, time against cost, applying one, cleaning up."""

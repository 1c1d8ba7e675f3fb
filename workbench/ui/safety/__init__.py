"""Protection against changes in the wrong account: the production frame, confirmations, locks."""

"""What is done to the versions and aliases of a function: dialogs, and the work behind them."""

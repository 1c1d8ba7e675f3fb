"""The window. The only room that knows Qt; it holds no AWS calls, only jobs that make them."""

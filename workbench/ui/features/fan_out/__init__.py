"""One package to several functions, in the window: choosing them, and seeing where each stands."""

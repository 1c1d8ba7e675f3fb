"""Dependencies of a function: what is declared, installing it for Lambda, and what a package consists of."""

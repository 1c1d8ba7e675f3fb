"""Functions and templates: a function as a template, and the functions that a template describes."""

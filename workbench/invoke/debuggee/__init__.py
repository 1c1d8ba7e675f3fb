"""What is put beside a function that is debugged. Never imported by Workbench."""

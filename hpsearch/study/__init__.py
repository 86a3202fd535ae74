"""A study: its file, read and validated, and the plan of its runs."""

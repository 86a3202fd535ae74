"""Level of the comparisons' tests, in a module of its own: a plan stores it, and processes that train import plans."""

ALPHA = 0.03
"""Level of each verdict's test, after Holm's correction."""

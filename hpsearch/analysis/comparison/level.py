"""Significance level of the comparisons. A separate module, since worker processes import it and should start fast."""

ALPHA = 0.03
"""Level of each verdict's test, after Holm's correction."""

"""Comparison of strategies: pairings, compared values and verdicts."""

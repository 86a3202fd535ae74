"""Statistics of plain arrays: intervals, tests, corrections, variance decomposition."""

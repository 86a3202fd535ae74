"""Claims of a source, and the measures that they and figures are about."""

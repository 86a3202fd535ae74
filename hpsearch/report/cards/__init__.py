"""Cards that notebooks show of results: the answer, one small figure, a small table."""

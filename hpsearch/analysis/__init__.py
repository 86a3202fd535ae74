"""Pure functions over data frames of trials, which compute the contents of reports."""

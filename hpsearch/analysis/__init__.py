"""Pure functions over data frames of trials: they compute what a report shows, and never draw or store."""

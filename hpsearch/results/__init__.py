"""What storages hold, as data frames: of studies of hpsearch, and of Optuna studies that others made."""

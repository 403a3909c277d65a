"""Sessions on disk: one sqlite file for each."""

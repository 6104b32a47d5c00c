"""The mini edition: generated rows of each task's schema, and data sources that are good, bad and forbidden."""

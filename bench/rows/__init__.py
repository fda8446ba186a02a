"""Groups of rows. Each has `NAMES` and `measure(rounds, wanted)`."""

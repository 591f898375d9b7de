"""Arrays in, numbers out: aggregation, metrics, intervals, tests."""

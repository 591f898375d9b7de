"""Models that are fitted on rows which are not held in memory."""

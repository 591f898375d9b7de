"""Models that come with the package, or are made once of GTZAN: chosen, tested, fitted on all of it."""

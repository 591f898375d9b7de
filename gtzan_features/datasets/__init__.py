"""What a track is: catalogue, facts on GTZAN, splits, synthetic data."""

"""The order of steps, from audio to report."""

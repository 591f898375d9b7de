"""Audio features and honest genre classification for GTZAN and for any folder of music."""

__version__ = "0.1.0"

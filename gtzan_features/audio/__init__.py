"""Bytes to samples: decoding, repair, segments."""

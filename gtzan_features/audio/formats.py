"""Which files are audio, by their endings; without importing a decoder."""

from __future__ import annotations

OWN_SUFFIXES = (
    *(".wav", ".wave", ".au", ".snd", ".aif", ".aiff", ".aifc", ".flac", ".ogg", ".oga", ".opus"),
    *(".mp3", ".mp2", ".caf", ".w64", ".rf64"),
)
"""Endings that libsndfile reads, in lower case."""

FFMPEG_SUFFIXES = (
    *(".m4a", ".m4b", ".mp4", ".aac", ".wma", ".webm", ".mka", ".ape", ".wv", ".tta", ".mpc", ".ac3", ".amr"),
    *(".m4r", ".3gp", ".spx", ".dsf"),
)
"""Endings that need ffmpeg on the PATH, in lower case."""

LOSSY_SUFFIXES = (
    *(".mp3", ".mp2", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".mp4", ".aac"),
    *(".wma", ".webm", ".mka", ".mpc", ".ac3", ".amr"),
)
"""Endings of what mostly holds a copy from which something was left out, in lower case."""

AUDIO_SUFFIXES = (*OWN_SUFFIXES, *FFMPEG_SUFFIXES)
"""Endings of all files that count as audio, in lower case: everywhere, in every command.

The ending only says which files of a folder are meant; what a file holds is found by its content.
"""

"""What a person gives, as the steps below take it: paths, feature sets and row lengths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gtzan_features.config import FeatureConfig, SegmentConfig
from gtzan_features.errors import ConfigError
from gtzan_features.storage import is_remote, is_url, location

if TYPE_CHECKING:
    from collections.abc import Sequence


def place(path: Any) -> Path:  # noqa: ANN401 - whatever a person gives
    """Return a path with ``~`` in its beginning as the home folder, as pandas takes it; or an address.

    Raises
    ------
    ConfigError
        If it is no path, or an address that cannot be read here.

    Examples
    --------
    >>> place("music/song.wav").as_posix()
    'music/song.wav'
    >>> place(3)
    Traceback (most recent call last):
        ...
    gtzan_features.errors.ConfigError: 3 is no path: give a str or a Path
    """
    if is_remote(path) or is_url(path):
        return location(path)
    if not isinstance(path, str | os.PathLike):
        msg = f"{path!r} is no path: give a str or a Path"
        raise ConfigError(msg)
    return Path(os.path.expanduser(os.fspath(path)))  # noqa: PTH111 - Path.expanduser fails without a home


def feature_config(features: Any) -> FeatureConfig:  # noqa: ANN401
    """Return the configuration of a feature set by its name.

    Raises
    ------
    ConfigError
        If it is no name.
    """
    if not isinstance(features, str):
        msg = f'features={features!r} is no feature set: give "kaggle", "full" or "full:-rhythm", for example'
        raise ConfigError(msg)
    return FeatureConfig(feature_set=features)


def row_length(segments: Any) -> SegmentConfig:  # noqa: ANN401
    """Return the length of a row, given as ``"3s"`` or as a number of seconds.

    Raises
    ------
    ConfigError
        If it is neither, or out of range.

    Examples
    --------
    >>> row_length("3s") == row_length(3)
    True
    """
    return SegmentConfig.parse(str(segments))


def given_words(words: str | Sequence[str]) -> tuple[str, ...]:
    """Return words that are given as one text with commas, as on the command line, or as several texts.

    Examples
    --------
    >>> given_words("noise-20,mp3-64"), given_words(["robust"]), given_words(())
    (('noise-20', 'mp3-64'), ('robust',), ())
    """
    texts = [words] if isinstance(words, str) else [str(word) for word in words]
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())

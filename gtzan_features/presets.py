"""Feature sets of this package with their versions: what each version was, and names such as ``full@3``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gtzan_features.errors import ConfigError
from gtzan_features.text import meant

if TYPE_CHECKING:
    from collections.abc import Mapping

_KAGGLE = ("57 columns: the features of the Kaggle GTZAN CSVs by their recipe, to the last digits.",)
_FULL_1 = (
    "3682 columns in ten families, those of kaggle among them. Floors of levels are fixed, so that a gain "
    "changes some columns."
)
_FULL_2 = (
    "3669 columns. A gain changes none: floors and references of levels follow the signal, mel_level takes "
    "the place of mfcc1, and rms, harmony and perceptr are left out."
)
_FULL_3 = (
    "3660 columns. All are computed of the spectrum as it is heard, between 40 Hz and 8 kHz over a floor "
    "that moves with the music, so that values under the names of version 2 are others; the zero-crossing "
    "rate is left out."
)
HISTORY: Mapping[str, tuple[str, ...]] = {"kaggle": _KAGGLE, "full": (_FULL_1, _FULL_2, _FULL_3)}
"""What each version of each set is, the first one first; the last is the one that is computed."""

NEWEST: Mapping[str, int] = {name: len(versions) for name, versions in HISTORY.items()}
"""The version of each set that this program computes."""


PRESETS = tuple(f"{name}@{version}" for name, version in NEWEST.items())
"""Names of the sets that this program computes, each with its version."""


def preset(name: str, version: int) -> str:
    """Return a part of a feature set with its version; features of plugins have none.

    Examples
    --------
    >>> preset("full", 2), preset("spectral_flux", 1)
    ('full@2', 'spectral_flux')
    """
    return f"{name}@{version}" if name in NEWEST else name


def preset_name(feature_set: str, version: int) -> str:
    """Return a feature set with its version.

    Examples
    --------
    >>> preset_name("full+spectral_flux:-rhythm", 3)
    'full@3+spectral_flux:-rhythm'
    """
    names, colon, families = feature_set.partition(":")
    return "+".join(preset(name, version) for name in names.split("+")) + colon + families


def without_versions(feature_set: str) -> tuple[str, int]:
    """Return the name of a feature set without versions, and the version that it asks for; 0 for none.

    A name without a version means the newest one.

    Raises
    ------
    ConfigError
        If there is no such version, it is an older one, which this program does not compute, or a version
        is asked of something that has none.

    Examples
    --------
    >>> without_versions("full@3+spectral_flux:-rhythm"), without_versions("kaggle")
    (('full+spectral_flux:-rhythm', 3), ('kaggle', 0))
    """
    names, colon, families = feature_set.partition(":")
    parts = [part.partition("@") for part in names.split("+")]
    asked = [_checked(name.strip(), version.strip()) for name, at, version in parts if at]
    return "+".join(name for name, _, _ in parts) + colon + families, max(asked, default=0)


def _checked(name: str, version: str) -> int:
    """Return the version that is asked for; ConfigError where it is not the one that is computed."""
    if name not in NEWEST:
        msg = f"{name}@{version}: only {' and '.join(NEWEST)} have versions. Leave out @{version}."
        raise ConfigError(msg + meant(name, NEWEST))
    newest = NEWEST[name]
    if version == str(newest):
        return newest
    if version in [str(older) for older in range(1, newest)]:
        msg = f"{name}@{version} is an older version. {computed_again(name)}"
        raise ConfigError(msg)
    known = ", ".join(f"{name}@{one}" for one in range(1, newest + 1))
    msg = (
        f"{name}@{version}: there is no such version. There are {known}; the last is the one that is computed"
    )
    raise ConfigError(msg)


def computed_again(feature_set: str, options: str = "") -> str:
    """Say which version of a set this program computes, with the command that computes features again.

    `options` are further ones of the command, such as ``--segments 3s``.

    Examples
    --------
    >>> print(computed_again("kaggle:-rhythm"))
    This program computes kaggle@1: gtzan features extract AUDIO_DIR --features kaggle@1 --overwrite (what
    changed: gtzan features describe --features kaggle@1)
    """
    names = feature_set.partition(":")[0].split("+")
    new = "+".join(preset(name, NEWEST.get(name, 0)) for name in names)
    words = ["gtzan features extract AUDIO_DIR", f"--features {new}", options, "--overwrite"]
    return (
        f"This program computes {new}: {' '.join(filter(None, words))} "
        f"(what changed: gtzan features describe --features {new})"
    )

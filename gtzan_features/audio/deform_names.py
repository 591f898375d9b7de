"""Deformations by the words that a person gives: their names, and one word for several."""

from __future__ import annotations

from gtzan_features.audio.deform import DEFORMATIONS, ROBUST, Deformation, deformations

ROBUST_WORD = "robust"
"""Stands for the deformations of `deform.ROBUST`."""


def without_word(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names with those of `deform.ROBUST` in the place of ``robust``, each once, in their order.

    Examples
    --------
    >>> set(without_word(("noise-10", "robust", "noise-10"))) == {"noise-10", *ROBUST}
    True
    """
    whole = [one for name in names for one in (ROBUST if name == ROBUST_WORD else (name,))]
    return tuple(dict.fromkeys(whole))


def named_deformations(names: tuple[str, ...]) -> tuple[Deformation, ...]:
    """Return deformations by name or by ``robust``, each once, in the order of `deform.DEFORMATIONS`.

    Raises
    ------
    ConfigError
        If there is none of this name.

    Examples
    --------
    >>> [one.name for one in named_deformations(("speed+3", "noise-10", "speed+3"))]
    ['noise-10', 'speed+3']
    >>> named_deformations(())
    ()
    """
    if not names:
        return ()
    chosen = set(deformations(without_word(names)))
    return tuple(one for one in DEFORMATIONS if one in chosen)

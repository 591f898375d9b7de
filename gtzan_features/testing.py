"""Contracts that every feature and every model keeps, for those of plugins too."""

from gtzan_features.plugins import temporary as temporary_plugins

__all__ = ["temporary_plugins"]

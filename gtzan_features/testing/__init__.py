"""Contracts that every feature and every model keeps, to run over those of a plugin, too.

In a test of your own::

    from gtzan_features.testing import check_feature, check_model

    import my_features, my_models  # they register what they define

    def test_my_feature():
        check_feature("bass_share")

    def test_my_model():
        check_model("hist-gb")
"""

from typing import TYPE_CHECKING

import lazy_loader

from gtzan_features.plugins import temporary as temporary_plugins

if TYPE_CHECKING:
    from gtzan_features.testing.features import check_feature
    from gtzan_features.testing.models import check_model

# Whoever checks a feature does not wait for what fits models.
_attach = {"features": ["check_feature"], "models": ["check_model"]}
__getattr__, __dir__, _names = lazy_loader.attach(__name__, submod_attrs=_attach)

__all__ = ["check_feature", "check_model", "temporary_plugins"]

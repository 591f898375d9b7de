"""Contracts that every feature and every model keeps, to run over those of a plugin, too.

In a test of your own::

    from gtzan_features.testing import check_feature, check_model

    import my_features, my_models  # they register what they define

    def test_my_feature():
        check_feature("bass_share")

    def test_my_model():
        check_model("hist-gb")
"""

from gtzan_features.plugins import temporary as temporary_plugins
from gtzan_features.testing.features import check_feature
from gtzan_features.testing.models import check_model

__all__ = ["check_feature", "check_model", "temporary_plugins"]

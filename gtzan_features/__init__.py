"""Audio features and honest genre classification for GTZAN and for any folder of music.

Every public name is listed in the stub beside this file and loaded when it is first used, so that
``import gtzan_features as gf`` takes milliseconds.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader

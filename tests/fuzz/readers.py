"""All readers."""

from __future__ import annotations

from tests.fuzz.reader import by_name
from tests.fuzz.readers_audio import AUDIO
from tests.fuzz.readers_models import MODELS
from tests.fuzz.readers_tables import TABLES
from tests.fuzz.readers_text import TEXT

READERS = by_name((*AUDIO, *TABLES, *MODELS, *TEXT))

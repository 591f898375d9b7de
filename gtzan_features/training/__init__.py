"""From rows and a protocol to predictions, a model and its manifest."""

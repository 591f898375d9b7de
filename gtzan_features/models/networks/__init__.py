"""Small networks without torch, and their training."""

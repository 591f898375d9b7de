"""Measurements as commands: the ablation table, and robustness to deformed audio."""

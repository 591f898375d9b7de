"""Estimators and transformers with scikit-learn's interface."""

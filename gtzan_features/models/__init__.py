"""Classifiers with the scikit-learn interface, and their storage."""

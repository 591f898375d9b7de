"""Stored models applied to rows, without scikit-learn."""

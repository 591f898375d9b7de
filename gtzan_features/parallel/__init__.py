"""The only place that knows joblib."""

"""Functions on many items, in workers; the only place that knows joblib and Dask."""

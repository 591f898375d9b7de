"""Feature tables in Parquet, and Kaggle's CSV format."""

"""From run folders to the report."""

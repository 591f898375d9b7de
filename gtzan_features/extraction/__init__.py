"""From a folder of music to tables of rows, in parallel and resumable."""

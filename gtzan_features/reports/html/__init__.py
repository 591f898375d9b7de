"""The report as one self-contained page: no network, no script but its own."""

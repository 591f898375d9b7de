"""Feature sets: named columns with units, computed from shared spectra."""

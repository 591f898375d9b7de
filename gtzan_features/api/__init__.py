"""What `import gtzan_features` gives: the names of the Python face, and how they are made."""

"""What is chosen or combined on inner folds: families, ensembles."""

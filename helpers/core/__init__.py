"""What every other room may use: errors, names, results, progress, cancelling, whole files."""

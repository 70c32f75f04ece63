"""What every other room may use: errors, names, results, progress events, atomic writes."""

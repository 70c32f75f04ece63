"""What every floor may use: errors, names, tables, values, progress, this machine, whole files."""

"""What every room may use: errors, lazy names, files and locks, tables of rules, random numbers without state."""

"""What the machine has and lacks, and getting the rest. The standard library alone."""

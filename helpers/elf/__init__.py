"""What an ELF binary needs before it can start, read from its headers; nothing is run."""

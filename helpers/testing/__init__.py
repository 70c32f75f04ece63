"""Running every test, and seeing that nothing of it is left behind."""

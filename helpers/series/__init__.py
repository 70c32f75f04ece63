"""The notebooks as files: executing them, the rules that they keep, the table of results."""

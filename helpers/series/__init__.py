"""The notebooks as files: executing and checking them, copies for learners, results, the book."""

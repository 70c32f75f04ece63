"""Base images: which there are, where each comes from, and how a stand-in is made."""

"""Builds images from Dockerfiles, and explains builds that fail."""

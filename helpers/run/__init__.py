"""Runs images in containers, and looks into containers that have no tools."""

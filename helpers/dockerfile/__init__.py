"""Dockerfiles as text: their instructions, what `.dockerignore` leaves out, what changed."""

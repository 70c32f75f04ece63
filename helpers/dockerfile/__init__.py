"""Dockerfiles as text: parsing, rewriting, marking changes, `.dockerignore`. Needs no engine."""

"""Symbolic operations, one family a file."""

"""Nouns and pure decisions. Standard library only: no clock, no input or output."""

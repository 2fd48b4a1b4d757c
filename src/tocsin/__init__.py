"""Tocsin: the odds of named scenarios, kept up to date from graded observations."""

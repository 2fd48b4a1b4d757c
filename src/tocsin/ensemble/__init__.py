"""Weighted draws and everything computed from them, with NumPy alone."""

"""Sampling: the only place that knows PyMC, PyTensor, nutpie, Numba and ArviZ."""

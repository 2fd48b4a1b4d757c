"""Composition roots: where adapters are put behind the ports."""

"""Reads models/ and indicators/: every problem at once, with file, line and what would be accepted."""

from tocsin.catalog.kit import find_kit
from tocsin.catalog.read import Catalog, read_catalog

__all__ = ["Catalog", "find_kit", "read_catalog"]

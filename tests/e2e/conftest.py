"""What the tests of the command line share."""

from support.command import run  # noqa: F401 - a fixture for all

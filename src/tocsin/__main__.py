"""`python -m tocsin` is `tocsin`."""

from tocsin.cli.app import main

main()

"""`python -m tagmart`."""

from tagmart.cli import main

main()

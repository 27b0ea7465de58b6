"""`python -m optbench`."""

from optbench.cli import main

main()

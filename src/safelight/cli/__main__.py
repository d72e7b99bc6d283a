"""python -m safelight.cli is the safelight command."""

from safelight.cli.start import main

main()

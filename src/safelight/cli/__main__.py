"""python -m safelight.cli is the safelight command."""

from safelight.cli.main import main

main()

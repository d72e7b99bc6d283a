"""The laboratory: draws pictures, trains the built-in models on them, writes them out."""

import sys
from pathlib import Path

# Its own environment does not have the project installed.
sys.path.append(str(Path(__file__).resolve().parents[1] / "src"))

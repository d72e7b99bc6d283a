"""Components: every part of this installation, with its version and under which terms."""

"""Reports: what this program knows, as pages that people sign, print and add their own part to."""

"""The parts of the operation upscale: strips in, tiles through the net, colour merged, rows out.

Loaded by apply alone, so that a recipe without upscale imports no numpy.
"""

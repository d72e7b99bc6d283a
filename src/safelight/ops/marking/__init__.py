"""Marks on pictures: letters from a font that ships inside, and pictures, mixed into what is there.

The font is DejaVu Sans Bold 2.37, unchanged; its licence lies beside it.
"""

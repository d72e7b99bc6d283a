"""Pillow in the tab: letters as masks, and nothing more; the browser draws them."""

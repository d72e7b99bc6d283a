"""What restore looks at before it decides: how much noise a picture has, and whether it was a JPEG.

Both look at a sample of bounded size and know nothing of the nets.
"""

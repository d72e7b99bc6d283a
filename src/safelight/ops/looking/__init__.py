"""Looking: a picture as a model may ask for it, and what was seen as lines, points and words."""

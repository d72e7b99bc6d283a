"""embed: a vector for look-alikes and near duplicates."""

from __future__ import annotations

from lab.embedding import EmbedRecipe

recipe = EmbedRecipe()

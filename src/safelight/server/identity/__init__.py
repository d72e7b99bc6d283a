"""Who asks: tokens, pairing, links, sessions, and what each may do."""

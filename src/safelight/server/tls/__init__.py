"""TLS 1.3: the own authority, its certificates, and where they are trusted."""

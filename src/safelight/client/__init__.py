"""Client: what the server offers, as a typed Python interface, for the one server that the user
named."""

"""Doors for clients of others: one file each, there only where `serve --compat` names it.

Fields, names and answers are those that the clients know; the work is ours, with our limits, our
tokens and our receipts. None of them opens an address for who asks.
"""

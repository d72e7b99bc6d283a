"""What a request carries and what an answer does: from the socket into memory, and back."""

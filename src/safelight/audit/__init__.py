"""The book: signed receipts, chained in the journal."""

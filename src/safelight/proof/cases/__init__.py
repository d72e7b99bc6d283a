"""Cases: a folder of originals that stay as they were, what was made of copies of them, and who did
what, when and why, in a signed chain of events.
"""

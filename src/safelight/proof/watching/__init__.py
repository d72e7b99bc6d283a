"""Watch a program of ours: which sockets it asks the kernel for, which files it opens to write."""

"""One file for each kind of question; see asking."""

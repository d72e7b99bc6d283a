"""What crosses between the front end and the back end."""

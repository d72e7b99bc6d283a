"""Client: the server that the user named, asked over HTTP. The one place that connects to it.

`call` describes one request, `steps` what several of them do together; `sync` and `asynchronous`
carry both out. So nothing is said twice, and the two clients cannot drift apart.
"""

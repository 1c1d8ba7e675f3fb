"""Rules of AWS: the server keeps them, and so does a client that checks a request before it sends it."""

"""Forms of the leadership package: they parse and explain; the services decide."""

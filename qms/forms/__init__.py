"""Forms parse and explain; rules live in services."""

"""The API tried by its own description."""

"""The JSON API: reading records of every kind, and what each package takes in. Tokens only, never a session."""

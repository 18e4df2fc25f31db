"""One module of addresses per concept."""

"""Every change of the foundation goes through a function in here."""

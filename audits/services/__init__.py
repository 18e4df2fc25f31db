"""Every change of this package goes through a function in here."""

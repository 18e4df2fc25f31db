"""The moments the leadership package's records have besides their due and review days, and its letters."""

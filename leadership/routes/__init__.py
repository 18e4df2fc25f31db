"""Addresses of the leadership package, one module a concept; urls.py joins them."""

"""What the documentation needs; no part of the product."""

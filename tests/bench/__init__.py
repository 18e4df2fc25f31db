"""Speed, as ratios measured in one run on PostgreSQL: ``make bench``. No test asserts a time."""

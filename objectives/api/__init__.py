"""What programs send in to plan and improve: measurements, ideas, cost postings."""

"""What programs send in about leading: activities."""

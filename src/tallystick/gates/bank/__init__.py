"""What banks send and take."""

"""What is said of a whole bill: from its exact amounts to the lines that adjust it."""

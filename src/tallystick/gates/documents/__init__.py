"""Documents: what leaves the house for a customer to read, pay and keep."""

"""The HTTP door of online charging: JSON in, one decision, JSON out."""

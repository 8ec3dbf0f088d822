"""Network elements: what switches services on and off."""

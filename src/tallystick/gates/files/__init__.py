"""Files at the door: opened, unpacked, cut into chunks and handed to a decoder."""

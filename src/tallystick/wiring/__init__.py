"""Settings, the database and the command: binds every part to its surroundings; imports all."""

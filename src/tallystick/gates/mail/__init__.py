"""Mail: reminders and documents on their way to customers."""

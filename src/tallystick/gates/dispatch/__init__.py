"""Ways out for documents: a mail server, a web address, a folder."""

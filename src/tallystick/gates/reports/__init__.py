"""Reports that leave the house: the journal for an accountant, the audit file for an authority."""

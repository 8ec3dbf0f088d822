"""Payment processors: who takes money from cards and bank accounts for us."""

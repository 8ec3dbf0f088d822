"""From business events to balanced journal entries: the rules are data, debits are positive."""

"""Being a good guest on the machine: what it is like here, and what is written down about us."""

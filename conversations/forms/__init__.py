"""Everything an agent or admin enters passes a form."""

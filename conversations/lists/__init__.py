"""What lists of conversations read: views, rows, their words."""

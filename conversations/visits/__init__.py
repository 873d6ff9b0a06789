"""What a visitor's panel is shown and promised, and how often it may ask."""

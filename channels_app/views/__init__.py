"""What admins see and decide of channels."""

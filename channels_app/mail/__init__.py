"""Mail without a server: bytes in, dataclasses out, and back. Nothing here knows Django, the database or the network."""

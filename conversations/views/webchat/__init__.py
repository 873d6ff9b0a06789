"""The visitors' side: the loader, the panel's frame, and what the panel asks for."""

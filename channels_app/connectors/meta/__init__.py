"""What WhatsApp, Messenger and Instagram have in common: Meta's web hooks, its Graph API, its errors."""

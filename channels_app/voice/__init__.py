"""Telephone calls without any provider's words: a flow that an admin has built, and what comes next in it. All pure."""

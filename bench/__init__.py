"""Measurements, each beside the physical floor of the same run. How to run them, and what they gave: docs/performance.md."""

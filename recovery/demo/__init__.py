"""The demo: complaints walk the ten steps under a fast clock, played by a desk of seeded people."""

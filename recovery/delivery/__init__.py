"""From a decision to a message that has left: rendering, channels, and settling what was sent."""

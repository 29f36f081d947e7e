"""Reading: what the log tells about cases, for reports and for people."""

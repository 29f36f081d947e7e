"""Speed, shown as ratios against programs without an engine, measured in the same run."""

"""Stories of those who spent, and praise: what a house tells itself of its recoveries (domain.md §4, §7)."""

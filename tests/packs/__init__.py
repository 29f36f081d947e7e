"""The regulation packs: nothing in them may change unnoticed."""

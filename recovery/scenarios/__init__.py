"""Scenarios: what a workflow is to do, told as stories that run under a simulated clock."""

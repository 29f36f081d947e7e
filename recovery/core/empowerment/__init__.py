"""Empowerment: compensations within limits, approvals above them, and the ledger's lines (domain.md §4)."""

"""Completions come in: kept first, judged afterwards, applied to activity records when everything about them is known."""

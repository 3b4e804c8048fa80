"""Signing: who may sign, attestations (JWS), keys and the ledger that chains them."""

"""The transparency log: a Merkle tree over a tenant's ledger, with signed checkpoints and proofs that are checked offline."""

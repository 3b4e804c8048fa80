"""What a worker does round after round: statements out to other LRSs, and in from them."""

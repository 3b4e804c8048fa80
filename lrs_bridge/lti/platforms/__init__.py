"""Learning platforms that launch us: their registration, deployments and keys."""

"""The keys of learning systems: who may do what in the LRS, and what each has asked of it."""

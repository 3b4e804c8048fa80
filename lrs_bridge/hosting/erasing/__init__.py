"""What is kept of a learner's attempts, erased when the learner asks for it."""

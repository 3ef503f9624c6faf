"""Other shapes of the same answers: made from what a route answers, so that they can say nothing else."""

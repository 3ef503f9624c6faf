"""What the functions share, and nothing else."""

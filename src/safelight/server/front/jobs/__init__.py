"""The queue, the jobs, what they tell, and who may see them."""

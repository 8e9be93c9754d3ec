"""What is set for the LMI container: properties, variables, model directories, and what follows from them."""

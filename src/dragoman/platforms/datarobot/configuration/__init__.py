"""What is set for DataRobot: a custom model's files, its runtime parameters, DRUM's variables, and what follows."""

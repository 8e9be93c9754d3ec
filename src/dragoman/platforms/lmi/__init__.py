"""The LMI container of DJL Serving, as AWS SageMaker runs it."""

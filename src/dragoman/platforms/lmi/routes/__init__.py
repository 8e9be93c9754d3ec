"""What answers on the routes of a model server."""

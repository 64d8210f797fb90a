"""What the officers' first page shows."""

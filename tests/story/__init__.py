"""The client's manual played from beginning to end."""

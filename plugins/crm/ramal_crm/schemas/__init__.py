"""What the API and the forms take and give."""

"""The JSON of the plugin's API."""

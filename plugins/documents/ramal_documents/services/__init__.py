"""Use cases of the plugin, one file a topic."""

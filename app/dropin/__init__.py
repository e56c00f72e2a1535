"""APIs of systems that Linkwright replaces, so that their clients move by changing a base URL."""

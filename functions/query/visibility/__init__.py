"""What a request may see: by its key's limits, and by how the settings show people."""

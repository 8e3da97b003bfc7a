"""What the chapters share and the module does not need."""

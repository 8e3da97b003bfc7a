"""What latent variables and spectra tell of a structure, and what the ensemble adds."""

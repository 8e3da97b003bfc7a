"""The methods of the paper as scikit-learn estimators on standardised arrays, a file each."""

"""From structures to the input features x of the networks."""

import numpy as np

H2O_FEATURES = ("H-O-H angle", "O-H length 1", "O-H length 2")


def h2o_features(ds):
    """Features of the water molecule: H-O-H angle (degree) and the two O-H lengths (angstrom).  ds -> (n, 3)

    Section II of the paper.  The order is that of `H2O_FEATURES`; nothing is standardised here.
    """
    return np.column_stack([ds.hoh_angle, ds.oh_length])

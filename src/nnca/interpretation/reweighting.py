"""The same snapshots as another ensemble: weights for another temperature, or for the widths of a quantum oscillator.

Coordinates of water are (r1, r2, angle) in angstrom and radian; energies in eV, masses in atomic mass units.
"""

import numpy as np
from scipy.constants import angstrom, atomic_mass, e, hbar, k
from scipy.linalg import eigh
from scipy.optimize import minimize
from scipy.special import logsumexp

BOLTZMANN = k / e  # eV / K
MASS = {"O": 15.999, "H": 1.008}  # u
# A force constant in eV over a mass in u angstrom^2 is the square of an angular frequency; hbar times it in eV.
QUANTUM = hbar / e * np.sqrt(e / (atomic_mass * angstrom**2))  # eV per sqrt(eV / (u angstrom^2))


def boltzmann(energy, sampled, wanted):
    """Weights that turn a classical sample at one temperature (K) into one at another.  (n,) eV -> (n,), sum 1"""
    return _normalised(-np.asarray(energy, float) / BOLTZMANN * (1 / wanted - 1 / sampled))


def matched(Q, covariance):
    """Weights that give a sample another covariance and leave its mean: those that change it least (maximum entropy).

    (n, d), (d, d) -> (n,), sum 1.  Their logarithm is a polynomial of second degree in Q, which minimises the convex
    dual.  Raises ValueError for a covariance that no weights reach.
    """
    z, scale, (one, other) = Q - Q.mean(axis=0), Q.std(axis=0), np.triu_indices(Q.shape[1])
    z = z / scale
    terms = np.hstack([z, z[:, one] * z[:, other]])
    goal = np.r_[np.zeros(Q.shape[1]), (covariance / np.outer(scale, scale))[one, other]]

    def dual(tilt):
        return logsumexp(terms @ tilt) - tilt @ goal, _normalised(terms @ tilt) @ terms - goal

    found = minimize(dual, np.zeros(len(goal)), jac=True, method="BFGS", options={"gtol": 1e-8})
    if np.abs(found.jac).max() > 1e-4:
        raise ValueError("no weights give the sample this covariance: it is too narrow, or has too few rows")
    return _normalised(terms @ found.x)


def effective_size(weights):
    """How many equal weights are worth as much (Kish).  (n,) -> float from 1 to n"""
    return float(weights.sum() ** 2 / (weights**2).sum())


def resample(weights, size, random_state):
    """Row numbers drawn with replacement in proportion to their weights.  (n,) -> (size,)"""
    return np.random.default_rng(random_state).choice(len(weights), size, p=weights / weights.sum())


def quantum_covariance(covariance, G, sampled, wanted=0.0):
    """Covariance of harmonic quantum nuclei, from the classical one at `sampled` K.  (d, d) -> (d, d), (d,) eV

    Wilson's method: the classical covariance gives force constants F = k T C^-1, F and G give normal modes, and a mode
    of frequency w at `wanted` K spreads as a classical one whose k T is (hbar w / 2) coth(hbar w / 2 k T).  The
    quanta hbar w (eV) of the modes, rising, come with it.
    """
    force = BOLTZMANN * sampled * np.linalg.inv(covariance)
    square, modes = eigh(force, np.linalg.inv(G))  # modes modes^T = G
    quanta = QUANTUM * np.sqrt(square)
    heat = quanta / 2 if wanted == 0 else quanta / 2 / np.tanh(quanta / (2 * BOLTZMANN * wanted))
    return modes * (heat / square) @ modes.T, quanta


def water_g_matrix(length, angle):
    """Wilson's G matrix of water at its mean structure, for r1, r2, angle.  angstrom, radian -> (3, 3), 1/u"""
    h, o, c, s = 1 / MASS["H"], 1 / MASS["O"], np.cos(angle), np.sin(angle)
    cross = -o * s / length
    bend = 2 * (h + o * (1 - c)) / length**2
    return np.array([[h + o, o * c, cross], [o * c, h + o, cross], [cross, cross, bend]])


def _normalised(log_weights):
    """Weights of sum 1 from their logarithms, none too large for a number.  (n,) -> (n,)"""
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()

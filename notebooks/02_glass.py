# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The glass: what eight numbers say of a Ge atom
#
# **Question.** Germanium dioxide is squeezed, and its spectrum changes. How much of a site's surroundings does the
# spectrum know?
#
# > **In this chapter**
# > - **You will** see what pressure does to GeO₂, make spectra and their [moments](#term-moments), describe a site by 153
# >   numbers, and learn how well these numbers determine the spectrum.
# > - **You need** [the water data](01_water.ipynb) for the three kinds of spectra.
# > - **Time** about 25 minutes.

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
geo2_data = None  # path of a GeO2 data file of your own; None: this project's
geo2_shift = None  # eV, added to the energies of your own GeO2 data; None: nothing
geo2_windows = None  # eV, where moments of your own GeO2 data are taken: [Kβ″, Kβ₂], a pair each; None: as ours
sites = None  # GeO2 sites used, 200 or more; None: the preset's number
gauss = 2.5  # Gaussian part of a line's width, 0.5 to 5 eV
seed = 0  # of the split into training and test data, 0 or more

# %% tags=["hide-input"]
import numpy as np
from sklearn.kernel_ridge import KernelRidge

from nnca.book import data_checks_results, glass_results as results, verdicts
from nnca.book.say import begin, claim, say, show, table
from nnca.data import load_geo2
from nnca.features import coulomb_features, coulomb_matrix, distances_from_coulomb
from nnca.figures import glass as figures
from nnca.glass import coordination, glasses, typical
from nnca.metrics import covered_variance
from nnca.problem import glass_problem
from nnca.spectra import LORENTZ, geo2_moments, geo2_spectra, moment_windows, voigt_width

# %% [markdown]
# ## The light of one atom in a glass
#
# At ambient pressure every Ge in the glass has four O around it. Squeezed, it takes six. The spectrum that we ask about
# is [K-beta](#term-K-beta) emission: a valence electron falls into a hole in the 1s shell of one Ge atom $a$,
#
# $$
# I_n^{(a)} \propto \bigl|\langle 1s_a \,|\, \mathbf r \,|\, \psi_n\rangle\bigr|^2, \qquad
# E_n^{(a)} = \varepsilon_n - \varepsilon_{1s}^{(a)} .
# \tag{kbeta}
# $$
#
# Two lines matter. **Kβ″** comes from bands made of O 2s. **Kβ₂** comes from O 2p mixed with Ge 4s and 4p. A band shines
# only as far as it has p character at the Ge nucleus. One calculation of a simulation box gives the bands $\psi_n$, and
# with them the spectrum of every [site](#term-site) in the box.

# %%
p = begin(globals())
own = {"shift": p.geo2_shift, "windows": p.geo2_windows}
whole = load_geo2(p.geo2_data, **own)
glass = load_geo2(p.geo2_data, at_most=p.sites, **own)  # evenly over all pressures
dict(glass.sizes)

# %% [markdown]
# How were these data made? Classical molecular dynamics in LAMMPS
# ([Thompson et al. (2022)](https://doi.org/10.1016/j.cpc.2021.108171)) makes the structures. For each simulation box one
# ground-state calculation follows, by density functional theory in the local density approximation with atomic orbitals,
# in GPAW ([Mortensen et al. (2024)](https://doi.org/10.1063/5.0182685),
# [Larsen et al. (2009)](https://doi.org/10.1103/PhysRevB.80.195112)). `make simulate-geo2` repeats all of it.
#
# > **Deviation 6: glasses from a pair potential.** The paper takes its structures from ab initio molecular dynamics
# > ([Du and Tse (2017)](https://doi.org/10.1021/acs.jpcc.7b09357)), probably in boxes of 216 atoms. Ours are classical, in
# > more and smaller boxes.
#
# > **Deviation 7: spectra of the ground state.** The paper takes its spectra from earlier work
# > ([Vladyka et al. (2023)](https://doi.org/10.1039/d2cp05420e),
# > [Spiekermann et al. (2023)](https://doi.org/10.1021/acs.jpclett.3c00017)). Ours use orbitals of the ground state, the
# > usual choice for emission. The hole that the electron leaves in the valence band is not treated. Energies count from
# > the valence-band top of quartz-type GeO₂ in the same kind of calculation. They are not aligned to any measurement.

# %% tags=["remove-input"]
say(results.recipe(whole))
say(data_checks_results.order_in_words(data_checks_results.boxes(whole)))
say("How we know, and what else was checked, stands in [the appendix](90_data_checks.ipynb).")

# %% [markdown]
# ## What pressure does to the structure
#
# [Figure glass](#fig-glass) holds our boxes against measurements. Coordination is from diffraction
# ([Guthrie et al. (2004)](https://doi.org/10.1103/PhysRevLett.93.115502)), the density from the review of
# [Micoulaut et al. (2006)](https://arxiv.org/abs/cond-mat/0609730). Absorption finds the bonds longest near 20 GPa
# ([Hong et al. (2014)](https://doi.org/10.1088/0953-8984/26/3/035104)). Emission and absorption see no more than six O to
# beyond 100 GPa ([Spiekermann et al. (2019)](https://doi.org/10.1103/PhysRevX.9.011025),
# [absorption to 158 GPa (2025)](https://arxiv.org/abs/2507.04076)). In the paper's own glasses coordination changes
# gradually, over a broad range of pressures ([Du and Tse (2017)](https://doi.org/10.1021/acs.jpcc.7b09357)).

# %% tags=["remove-input"]
structure = glasses(whole)
show(
    figures.against_pressure(structure),
    "glass",
    "The structure against pressure; grey, measurements. (a) [Coordination](#term-coordination), with the standard error "
    "over boxes. (c) The mean Ge–O bond (blue), and the six nearest O one by one (thin): a fifth and a sixth O come in "
    "from outside, and bonds become longer while they do. The grey band is a rough summary of measurements that differ.",
    alt="Four panels against pressure. Coordination of Ge rises from four to about six. The share of four-fold sites falls "
    "and that of six-fold sites grows. The Ge-O distance first grows, then shrinks. Density rises.",
)
say(results.described(structure))

# %% tags=["remove-input"]
show(
    figures.local_structures(results.examples(glass)),
    "sites",
    "Typical sites: for each coordination, the one whose bonds are nearest to the mean of its kind. The central Ge "
    "(indigo), its O (rose), and the Ge that share them (pale).",
    alt="Drawings in space of an indigo central Ge with four, five and six rose O, each O bonded on to further, paler Ge.",
)

# %% [markdown]
# ## From sticks to eight moments
#
# The file stores sticks, a line of energy $E_n$ and strength $I_n$ for each band. The hole in Ge 1s lives so briefly that
# it alone makes every line a Lorentzian $L$ about 2 eV wide. A Gaussian $G$ stands for the spectrometer and for the
# motion of the atoms. Together,
#
# $$
# S(E) = \sum_n I_n \, (L * G)(E - E_n) .
# \tag{voigt}
# $$
#
# As in the paper, the spectrum is then condensed to four moments for each line, inside a fixed window: with
# $\langle f \rangle = \int f S \,\mathrm dE / \int S \,\mathrm dE$,
#
# $$
# \begin{aligned}
# \mu &= \langle E \rangle, \\
# \sigma^2 &= \langle (E - \mu)^2 \rangle, \\
# \gamma &= \langle (E - \mu)^3 \rangle / \sigma^3, \\
# \kappa &= \langle (E - \mu)^4 \rangle / \sigma^4 - 3 .
# \end{aligned}
# \tag{moments}
# $$
#
# > **Deviation 8: width and windows.** Both are this book's choice, made on training sites by physics and kernel ridge
# > regression. No network had a say. Around the minimum between the lines a strip is left out.

# %%
S = geo2_spectra(glass, gauss=p.gauss)  # Eq. (voigt): (site, energy)
moments = geo2_moments(glass, gauss=p.gauss)  # Eq. (moments): (site, 8)
moments[0].to_series().round(2)

# %% tags=["remove-input"]
show(
    figures.spectra_by_pressure(S, glass.pressure.values, moment_windows(glass)),
    "kbeta",
    "The counterpart of the paper's Fig. 2 d: mean (black), one standard deviation to either side (grey, cut at zero), the "
    "mean at each pressure (colours), and the two windows (dashed).",
    alt="Ge K-beta spectra of GeO2. A black mean spectrum with a small line near -17 eV and a large one near -4 eV inside a "
    "grey band; coloured mean spectra, one for each pressure; dashed lines mark two windows.",
)
say(f"A stick becomes {voigt_width(p.gauss, LORENTZ):.1f} eV wide. {results.windows_in_words(glass, S)}")

# %% tags=["remove-input"]
fallen = results.falls(glass, moments, p.seed)
claim(
    "spectrum-follows-pressure",
    "The GeO₂ spectrum visibly depends on pressure",
    "visible in the mean spectra, by eye",
    "from the lowest to the highest pressure the means fall by "
    + " and ".join(f"{fall:.2f} eV ({low:.2f} to {high:.2f})" for fall, low, high in fallen),
    verdicts.above(*fallen),
    results.WHY_FALLS,
)

# %% tags=["remove-input"]
show(
    figures.moments_by_pressure(moments, glass.pressure.values),
    "moments",
    "The eight targets of the coming chapters: median and the middle two thirds of the sites. Pressure moves them. But "
    "sites at one pressure differ as much, and that is what a description of the structure has to explain.",
    alt="Eight panels, four moments for each of two lines, against pressure. Lines show medians, bands the middle two "
    "thirds of the sites.",
)
caption = "By how much the mean energies of the lines move (eV)."
table(results.shifts(glass, moments).map("{:+.2f}".format), "shifts", caption)

# %% [markdown]
# Does a line follow coordination? [Table shifts](#tab-shifts) warns. From one crystal to the other, across pressures, and
# inside one box, the step from four to six neighbours comes with other changes of distance, density and surroundings. The
# three rows need not even agree in sign. Coordination is not all that acts on a line.
#
# ## The descriptor
#
# A network needs numbers that neither a rotation of the glass nor a renaming of its atoms can change. The paper's choice
# is the [Coulomb matrix](#term-Coulomb_matrix) ([Rupp et al. (2012)](https://doi.org/10.1103/PhysRevLett.108.058301)) of
# the site's atoms,
#
# $$
# M_{ij} = \frac{Z_i Z_j}{|\mathbf R_i - \mathbf R_j|} \quad (i \neq j) .
# \tag{coulomb}
# $$
#
# The atoms of each species stand in the order of their distance from the central Ge. What lies above the diagonal is the
# input of the networks.
#
# > **Deviation 9: which atoms, how many sites.** 153 numbers mean 18 atoms. The paper does not say which; the central Ge
# > with its 8 nearest Ge and 9 nearest O is our choice. The paper has 13,896 sites; how many there are here, the first
# > cell above says.

# %%
x = coulomb_features(glass)  # Eq. (coulomb): (site, 153)
site = typical(glass, int(np.median(coordination(glass))))
distances = distances_from_coulomb(x[[site]], results.atoms_of(glass))[0]
distances[-9:].round(2)  # and back: the nine nearest O, in angstrom

# %% tags=["remove-input"]
show(
    figures.descriptor(coulomb_matrix(glass.isel(site=[site]))[0], distances, results.atoms_of(glass)),
    "descriptor",
    "A site as the networks see it. (a) Bright is close or heavy: the charges make the Ge–Ge block outshine the rest. "
    "(b) The first row alone gives the distances from the centre back. Dashed, the cutoff that counts as a bond.",
    alt="Left, a symmetric image in logarithmic colours, in blocks for the central Ge, eight Ge and nine O. Right, "
    "distances of O and Ge from the centre against their rank.",
)

# %% tags=["remove-input"]
say(results.jumps_in_words(whole))

# %% [markdown]
# ## How much can be learnt?
#
# Before any bottleneck: how well does the descriptor determine the moments? Kernel ridge regression gives a first answer,
# without layers. A prediction is a weighted sum over training sites, and near sites count most,
#
# $$
# \hat{\mathbf y}(\mathbf x) = \sum_i \mathbf a_i \, e^{-\gamma \lVert \mathbf x - \mathbf x_i \rVert^2} .
# \tag{ridge}
# $$

# %%
problem = glass_problem(glass, p.seed, gauss=p.gauss)
X, Y = problem.train  # (site, 153) and (site, 8), standardised
ridge = KernelRidge(kernel="rbf", gamma=0.001, alpha=0.03).fit(X[::8], Y[::8])
round(covered_variance(problem.test[1], ridge.predict(problem.test[0])), 3)

# %% [markdown]
# Now with $\gamma$ and the ridge chosen by cross-validation, for ever more training sites. Test sites are drawn in two
# ways. *By site*, as in the paper, a test site may have neighbours in the training set. The strict split holds back whole
# simulation boxes, or whole families of boxes where several were made from one glass.
#
# > **Deviation 10: a strict split, too.** The paper splits by site. We keep that for every comparison and show the strict
# > split beside it.

# %%
found = results.curves(glass, p.seed, gauss=p.gauss)  # by site and strictly

# %% tags=["remove-input"]
show(
    figures.learnability({name: curve for name, (_, curve) in found.items()}, moments.moment.values),
    "learn",
    "What kernel ridge learns. (a) $R^2$ of each moment with all training sites. (b) Covered variance of all eight.",
    alt="Left, horizontal bars of the R2 of the eight moments for two splits. Right, covered variance against the number of "
    "training sites for both splits, still rising slowly at the right end.",
)
caption = "Kernel ridge on the test set. In the last column a guess that knows nothing but the pressure."
table(results.learnt(glass, found, p.seed), "learnt", caption)

# %% tags=["remove-input"]
each = results.moment_scores(found["by site"][1], moments.moment.values)
say(
    f"The {each.index[0]} is learnt best ({each.iloc[0]:.2f}), the {each.index[-1]} worst ({each.iloc[-1]:.2f}). "
    "What a score has beyond the last column are differences between sites at one pressure. A network may do better than "
    "kernel ridge. But what 18 atoms do not hold, such as the field of the box beyond them, no network can learn from them."
)

# %% tags=["remove-input"]
pieces = results.parts(glass, p.seed, gauss=p.gauss)
say("Which part of the descriptor does the work? Kernel ridge sees one part at a time.")
caption = f"Covered variance by site, at most {results.PARTS_TRAINED_ON:,} training sites; in brackets how many features."
table(pieces.map("{:.3f}".format), "parts", caption)
say(results.parts_in_words(*pieces.iloc[:, 0]))

# %% [markdown]
# ## Exercises

# %% [markdown]
# ### Exercise: a far oxygen
#
# No Python needed. Kβ″ comes from bands of O 2s, and Eq. [(kbeta)](#eq-kbeta) asks for p character at the Ge nucleus. What
# happens to its strength as an O moves away from the Ge?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# It fades. An O 2s orbital has p character at the Ge only because it overlaps with the Ge 4p orbitals, and the overlap
# falls quickly with distance. [The appendix](90_data_checks.ipynb#fig-observables) shows strength against bond length.

# %% [markdown]
# ### Exercise: turn it, rename it
#
# Rotate the first 20 sites and shuffle their eight outer Ge. Call the result `moved`, a Dataset like `glass`. Show that
# its features, `again`, are those of the sites before.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
rng = np.random.default_rng(0)
rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
germanium = 1 + np.flatnonzero(glass.species.values[1:] == "Ge")
shuffled = np.arange(glass.sizes["atom"])
shuffled[germanium] = rng.permutation(germanium)
moved = glass.isel(site=slice(20), atom=shuffled)
moved = moved.assign(position=(moved.position.dims, moved.position.values @ rotation))
again = coulomb_features(moved)
float(np.abs(again - x[:20]).max())

# %% tags=["solution", "check"]
assert isinstance(moved, type(glass)) and moved.sizes["site"] == 20, "moved: a Dataset of the first 20 sites."
assert np.shape(again) == (20, 153), "again: 153 features for each of the 20 sites."
before, after = (np.linalg.norm(one.position.values[:20], axis=-1) for one in (glass, moved))
assert np.allclose(np.sort(before), np.sort(after), atol=1e-4), "moved: distances changed. Is the matrix a rotation?"
assert np.abs(before - after).max() > 0.01, "moved: every atom has its old place in the list. Were the Ge shuffled?"
assert np.allclose(again, x[:20], rtol=1e-4), "again: features changed. Which atoms may exchange their names?"

# %% [markdown] tags=["solution"]
# Distances know nothing of a rotation. The order by distance puts renamed atoms back in their places.

# %% [markdown]
# ### Exercise: coordination at one pressure
#
# Take the pressure at which coordinations differ most, by their standard deviation, and call it `mixed`. Correlate the
# coordination of the sites there with each of the eight moments. Call the eight correlations `r`. Which moment tells
# coordinations apart best?

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
import pandas as pd

number = pd.Series(coordination(glass))
mixed = float(number.groupby(glass.pressure.values).std().idxmax())
here = glass.pressure.values == mixed
r = [np.corrcoef(number[here], column)[0, 1] for column in moments.values[here].T]
mixed, pd.Series(r, index=moments.moment.values).round(2)

# %% tags=["solution", "check"]
pressures, neighbours = glass.pressure.values, coordination(glass)
spreads = {level: np.std(neighbours[pressures == level]) for level in np.unique(pressures)}
assert mixed in spreads, "mixed: one of the pressures of glass."
assert spreads[mixed] > 0.95 * max(spreads.values()), "mixed: at another pressure coordinations differ more."
assert np.shape(r) == (8,) and np.max(np.abs(r)) <= 1, "r: a correlation for each of the eight moments."
chosen = np.c_[neighbours, moments.values][pressures == mixed]
assert np.allclose(r, np.corrcoef(chosen.T)[0, 1:], atol=1e-3), "r: which sites took part? Only those at one pressure."

# %% [markdown] tags=["solution"]
# The correlation that is largest in size belongs to the moment to watch. No single one settles the coordination.

# %% [markdown]
# ### Exercise: a better spectrometer
#
# Halve `gauss`. Does Kβ₂ become narrower by half? Guess first. Call the mean standard deviation of Kβ₂ (eV), with the
# chapter's `p.gauss` and with half of it, `widths`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
sharp = geo2_moments(glass, gauss=p.gauss / 2)
widths = [float(m.sel(moment="standard deviation of K-beta2").mean()) for m in (moments, sharp)]
widths

# %% tags=["solution", "check"]
assert np.shape(widths) == (2,), "widths: two numbers, the chapter's gauss first."
assert np.isclose(widths[0], moments.values[:, 5].mean(), rtol=1e-3), "widths: the sixth moment is the one asked for."
assert widths[1] < widths[0], "widths: can a line become wider with a better spectrometer?"
assert widths[1] > 0.6 * widths[0], "widths: compute the second one. Are there other widths in a line than gauss?"

# %% [markdown] tags=["solution"]
# Far from it. A line is a whole band of sticks, and the lifetime of the hole stays.

# %% [markdown]
# ### Exercise: three questions on the glass
#
# 1. Pressure brings two more O to each Ge. Why may the mean Ge–O bond become longer?
# 2. Why do networks see Coulomb matrices and not the positions of the atoms?
# 3. Test sites share their boxes with training sites. Does this make a score too high or too low?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# 1. Six O need more room around a Ge than four. Each bond is longer although the glass is denser
#    ([Figure glass](#fig-glass)).
# 2. Rotate a glass, and all positions change while the spectrum does not. A network would have to learn this first.
# 3. Too high, if sites of one box are alike: a network may know the box and not the physics. Hence the strict split.

# %% [markdown]
# ## Summary

# %% tags=["remove-input"]
say(
    f"- The data are {glass.sizes['site']:,} sites, of {structure.index[0]:g} to {structure.index[-1]:g} GPa.\n"
    "- A site is described by its Coulomb matrix, its spectrum by eight moments.\n"
    "- Plain kernel ridge covers "
    + " and ".join(f"{curve.scores[-1]:.2f} {name}" for name, (_, curve) in found.items())
    + ". That is the mark to hold the networks against."
)
say("**Next:** [a network with a bottleneck](03_ednn.ipynb), first for water.")

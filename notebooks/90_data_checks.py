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
# # Appendix: checks of the data
#
# **Question.** Every score in this book rests on two simulators. How far can they be trusted?
#
# > **In this chapter**
# > - **You will** see what was checked of the water and of the glass, what passed, and what did not.
# > - **You need** [the water data](01_water.ipynb) and [the glass](02_glass.ipynb).
# > - **Time** about 20 minutes.

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
geo2_data = None  # path of a GeO2 data file of your own; None: this project's
snapshots = None  # water snapshots used at most, 100 or more; None: the preset's number
seed = 0  # of the random numbers in the exercises, 0 or more

# %% tags=["hide-input"]
import numpy as np

from nnca.book import data_checks_results as results, glass_checks
from nnca.book.say import begin, say, show, table
from nnca.data import load_geo2, load_h2o
from nnca.figures import data as water_figures
from nnca.figures import glass as figures
from nnca.glass import glasses, order
from nnca.spectra import geo2_moments, geo2_spectra
from nnca.uncertainty import autocorrelation

# %% [markdown]
# ## Water: are the snapshots independent?
#
# Snapshots of one trajectory remember each other. The autocorrelation $\rho_l$ of a quantity, $l$ snapshots apart, says
# how much. It also says how many independent snapshots would carry as much information,
#
# $$
# n_\mathrm{eff} = \frac{n}{1 + 2 \sum_l \rho_l} ,
# \tag{neff}
# $$
#
# where the sum runs over positive correlations.

# %%
p = begin(globals())
water = load_h2o(p.data, at_most=p.snapshots)
in_a_run = int(water.attrs.get("snapshots_per_trajectory", 25))
autocorrelation(water.hoh_angle.values, in_a_run, lags=3).round(3)  # of the angle

# %% tags=["remove-input"]
memory, interval = results.memory(water), water.attrs.get("frame_interval_fs", np.nan)
show(
    water_figures.autocorrelations(memory, interval),
    "memory",
    "Memory between snapshots of one trajectory, for two lengths and two lines. The snapshots are taken at the markers.",
    alt="Autocorrelation of the angle, one O-H length, the O 1s energy and the 1b1 energy against time; all start at one "
    "and fall towards zero within a few snapshots.",
)
n, effective = water.sizes["snapshot"], results.independent(memory, water.sizes["snapshot"])
say(f"The {n:,} snapshots are worth at least {effective:,.0f} independent ones.")

# %% [markdown]
# ## Water: are the two hydrogens equal?
#
# Nothing distinguishes them. Their lengths must have one mean and one spread, and a line must feel both alike.

# %% tags=["remove-input"]
lengths, errors = results.hydrogens(water)
table(lengths, "hydrogens", "The two O–H bonds over all snapshots.")
say(f"The mean lengths differ by {errors:.1f} standard errors.")
failed = water.attrs.get("failed")
say(
    f"The file counts {failed} snapshots that failed to converge or fell apart, and were replaced. The test suite "
    "computes some snapshots once more from their geometries and holds them against the stored sticks."
)

# %% [markdown]
# ## GeO₂: crystals, where the truth is known
#
# Quartz-type GeO₂ is four-fold (Smith and Isaacs 1964), rutile-type is six-fold (Bolzan et al. 1997). The pair potential
# is asked for its own crystals ([Table crystals](#tab-crystals)). Then both crystals get spectra, in their *measured*
# structures and through the same code as the glasses, in two bases of atomic orbitals ([Table crystal-lines](#tab-crystal-lines)).

# %% tags=["remove-input"]
report = glass_checks.load_validation()
table(results.crystals_table(report), "crystals", "Crystals, measured and in the pair potential.")
table(results.lines_table(report), "crystal-lines", "Mean line energies and gap of the crystals in two bases (eV).")
say(results.bases_in_words(report))

# %% [markdown]
# ## GeO₂: settings of the calculation
#
# Stored boxes were computed again, with one setting changed at a time. [Table settings](#tab-settings) shows the worst
# that each change did: correlation $r$ over the sites of a box and mean difference (bias) of each line's mean, and the
# lowest correlation of any of the eight moments.

# %% tags=["remove-input"]
table(results.settings_table(report), "settings", "The worst that each change of the settings did.")
say(results.settings_in_words(report))
if (again := glass_checks.recomputed(report)) is not None:
    table(again.map("{:.3g}".format), "recomputed", "Stored boxes computed once more: the largest differences.")

# %% [markdown]
# ## GeO₂: is the box large enough?
#
# The paper's boxes probably hold 216 atoms, ours fewer. [Table sizes](#tab-sizes) sets a few larger boxes beside all small
# ones at the same pressure.

# %% tags=["remove-input"]
sizes = results.side_by_side(glass_checks.box_sizes(report))
table(sizes, "sizes", "Moments of sites: small boxes (mean ± scatter between boxes); larger ones.")
say(results.sizes_in_words(report))
if (structures := glass_checks.box_structures(report)) is not None:
    caption = "Structure: small boxes (mean ± scatter between boxes); larger ones."
    table(results.side_by_side(structures), "structures", caption)

# %% [markdown]
# ## GeO₂: is it a glass?
#
# A glass has no lattice. Coordination, density and bond lengths do not tell: a strained crystal can have them all right.
# What tells is the structure factor of the $N$ Ge of a box at its wave vectors $\mathbf k$. We call its highest peak the
# order of the box,
#
# $$
# \max_{\mathbf k} \frac{1}{N^2} \Bigl| \sum_j e^{i \mathbf k \cdot \mathbf r_j} \Bigr|^2 .
# \tag{order}
# $$
#
# It is 1 for a perfect crystal. For atoms at random places it is small, and falls with $N$ about as $\ln N / N$.

# %%
glass = load_geo2(p.geo2_data)
whole = "frame_position" in glass  # a file of sites alone has no boxes
round(order(*results.germanium(glass, box=0)), 3) if whole else None  # Eq. (order)

# %% tags=["remove-input"]
boxes, structure = results.boxes(glass), glasses(glass)
say(results.order_in_words(boxes))
if whole:
    show(
        figures.soundness(boxes, structure),
        "soundness",
        "Three things to look for. (a) Order: a dot for each box, the median as a line. (b) Ge nearer to another than in "
        "elemental germanium. (c) O that have neither two Ge, as in a network of tetrahedra, nor three, as in octahedra.",
        alt="Three panels against pressure: order of each box with median and limit; Ge in contact; O by its Ge.",
    )
    table(results.by_pressure(boxes), "order", "Order and contacts of the boxes at each pressure.")

# %% tags=["remove-input"]
if whole:
    show(
        figures.structure_factors(*results.structure_factors(glass)),
        "factor",
        "Structure factor of the Ge at some pressures, averaged over boxes and directions. A glass has broad humps around "
        "one. Narrow high peaks are the reflections of a lattice.",
        alt="Structure factor of Ge against the length of the wave vector, one coloured curve for each pressure.",
    )

# %% [markdown]
# > **How a crystal passed for a glass.** The first boxes of this project were annealed for long, each at its own pressure.
# > Coordination, density and bonds came out near experiment, and so nothing looked wrong. The Ge had settled on a lattice
# > all the same, helped by a potential that lets them come close. The check that found it takes a moment for each box. It
# > has since become a gate of the simulator: a box that is ordered, or has Ge in contact, is thrown away with its chain.

# %% tags=["remove-input"]
caption = "The glass, in brackets what was measured (references in the chapter on the glass)."
table(results.experiment_table(structure), "experiment", caption)
if whole:
    show(
        figures.pair_distributions(*results.pair_distributions(glass), results.marks(report)),
        "pairs",
        "How far apart atoms are, at each pressure. Dotted, shortest distances in the measured crystals.",
        alt="Pair distributions of Ge-O, Ge-Ge and O-O, a coloured curve for each pressure; crystals as dotted lines.",
    )

# %% [markdown]
# ## GeO₂: what the lines feel
#
# [Spiekermann et al. (2019)](https://doi.org/10.1103/PhysRevX.9.011025) read coordination and mean Ge–O distance from two
# observables, the energy of Kβ″ and its strength. [Figure observables](#fig-observables) shows both for our sites.

# %% tags=["remove-input"]
moments = geo2_moments(glass)
seen = results.observables(glass, geo2_spectra(glass), moments)
show(
    figures.observables(seen),
    "observables",
    "Energy and strength of Kβ″ against the mean bond of a site, coloured by coordination.",
    alt="Two scatter plots against the mean Ge-O bond: mean energy of K-beta'' and its share of the spectrum, coloured by "
    "coordination four, five and six.",
)
say(results.strengths_in_words(seen))
say(results.contacts_in_words(glass, moments))

# %% [markdown]
# ## Exercises

# %% [markdown]
# ### Exercise: the order of a lattice
#
# Put atoms on a simple cubic lattice that fits into a box, and the same number at random places in this box. What is the
# `order` of each? Call the two `found`, a dictionary with the keys `"lattice"` and `"random"`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
cube, corners = np.full(3, 12.0), np.stack(np.meshgrid(*3 * [range(4)]), axis=-1).reshape(-1, 3)
lattice, thrown = 3.0 * corners, np.random.default_rng(p.seed).uniform(0, 12, corners.shape)
found = {"lattice": order(lattice, cube), "random": order(thrown, cube)}
found

# %% tags=["solution", "check"]
assert isinstance(found, dict), "found: a dictionary."
assert set(found) == {"lattice", "random"}, "found: a number for each of the keys lattice and random."
assert found["lattice"] > 0.999, "found: a lattice has the highest order there is. Is it whole across the box's faces?"
assert 0 < found["random"] < 0.6, "found: atoms at random places have little order. Are there enough of them?"

# %% [markdown] tags=["solution"]
# A lattice scatters everything into its reflections. Chance alone leaves a little order, less with more atoms.

# %% [markdown]
# ### Exercise: what would you have checked?
#
# No Python needed. A colleague's compressed glass has the density, coordination and bond lengths of experiment. Name two
# pictures that you would ask for before you believe it.

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# A structure factor: a lattice shows as narrow peaks. And distances between atoms that should not touch: means over all
# bonds hide a few impossible ones.

# %% [markdown]
# ### Exercise: a memory that is known
#
# Make random walks that keep the share 0.5 of their last value at each step. Their correlations are 0.5, 0.25, 0.125 and so
# on. Does `autocorrelation` find them? Call what it finds `rho`, from no step to eight. What is $n_\mathrm{eff} / n$ by
# Eq. [(neff)](#eq-neff)? Call it `worth`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
walk = np.random.default_rng(p.seed).normal(size=(400, 125))
for step in range(1, 125):
    walk[:, step] += 0.5 * walk[:, step - 1]
rho = autocorrelation(walk[:, 25:].ravel(), 100, lags=8)
worth = 1 / (1 + 2 * rho[1:].clip(0).sum())
rho.round(3), round(worth, 3)

# %% tags=["solution", "check"]
assert np.shape(rho) == (9,), "rho: nine numbers, from no step apart to eight."
assert np.isclose(rho[0], 1), "rho: every value is like itself."
assert np.allclose(rho[1:4], [0.5, 0.25, 0.125], atol=0.05), "rho: how much does a walk keep? How many values are there?"
assert isinstance(worth, float), "worth: a number."
again = worth * (1 + 2 * np.sum(rho[1:], where=rho[1:] > 0))
assert abs(again - 1) < 0.05, "worth: Eq. (neff) begins with one step apart, and it counts each memory twice."

# %% [markdown] tags=["solution"]
# In theory it is one third: each value is worth a third of an independent one.

# %% [markdown]
# ### Exercise: three questions on data
#
# 1. A thousand snapshots remember each other. What does this change: the mean, its error, or both?
# 2. Density and bond lengths of a glass agree with experiment. Why does this not prove that it is a glass?
# 3. A result agrees with measurement before anything was checked. Why check at all?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# 1. The error of the mean. There are fewer independent values than snapshots, so the error is larger than it looks.
# 2. A strained crystal can have both. Order must be looked for by itself ([Figure factor](#fig-factor)).
# 3. Errors can cancel, and one number can be right for a wrong reason. The first boxes of this project were such a case.

# %% [markdown]
# ## Summary

# %% tags=["remove-input"]
say(
    f"- The water's {n:,} snapshots are worth at least {effective:,.0f} independent ones, and its hydrogens are equal "
    f"within {max(errors, 1):.1f} standard errors."
)
say(f"- {results.crystals_in_words(report)} Their lines depend on the basis, so the larger one is used.")
say(f"- {results.summary(boxes)}")
say("**Back to** [the first page](../intro.md).")

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
# # Water: a molecule and three spectra
#
# **Question.** A water molecule bends and stretches, and its X-ray spectra change. What does this look like, before any
# network sees it?
#
# > **In this chapter**
# > - **You will** meet the three spectroscopies of
# >   [Passilahti et al. (2024)](https://arxiv.org/abs/2406.14044), make spectra from calculated lines, compare them with
# >   experiment, and train the first network.
# > - **You need** to know what an orbital is. Python is optional: every number and figure is already computed.
# > - **Time** about 20 minutes.

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
shift = None  # eV, added to the energies of your own water data: [XPS, XES, XAS]; None: nothing
windows = None  # eV, where your own water spectra begin and end: [[low, high], ...], three; None: as ours
snapshots = None  # water snapshots used at most, 100 or more; None: the preset's number
fwhm = 1.0  # full width at half maximum of a line, 0.1 to 5 eV
scheme = "ip"  # energies of the XES lines: "ip" or "ks", see Deviation 5
seed = 0  # of the split into training and test data, 0 or more

# %% tags=["hide-input"]
from nnca import Emulator, PolynomialEmulator
from nnca.book import water_results as results
from nnca.book.say import begin, claim, explore, say, show, table
from nnca.data import load_h2o
from nnca.explorer import Width
from nnca.features import h2o_features
from nnca.figures import data as figures
from nnca.problem import water_problem
from nnca.spectra import XAS_THRESHOLD, h2o_spectra

# %% [markdown]
# ## What the three spectroscopies ask
#
# All three begin at the 1s orbital of oxygen. It is compact and sits at the nucleus, so it probes what is near.
#
# - [XPS](#term-XPS) removes the 1s electron. It gives one number for a molecule: the ionisation energy
#   $E_\mathrm{IP} = E[1s^{-1}] - E[\text{ground}]$.
# - [XES](#term-XES) fills the hole from an occupied orbital $v$, and a photon leaves. There is one line for each valence
#   orbital.
# - [XAS](#term-XAS) lifts the 1s electron into an empty orbital $a$ instead.
#
# The strengths of the lines are
#
# $$
# \begin{aligned}
# \text{XES:} \quad I_v &\propto \omega_v^3 \, \bigl|\langle 1s \,|\, \mathbf r \,|\, v\rangle\bigr|^2 , \\
# \text{XAS:} \quad I_a &\propto \omega_a \, \bigl|\langle 1s \,|\, \mathbf r \,|\, a\rangle\bigr|^2 .
# \end{aligned}
# \tag{strengths}
# $$
#
# So XPS feels the electric potential at the nucleus, XES the occupied orbitals around it, and XAS the empty ones. How
# much of the molecule's shape survives in each is the question of the next chapters.

# %% [markdown]
# ## How these data were made
#
# A molecule moves on the GFN2-xTB energy surface ([Bannwarth et al. (2019)](https://doi.org/10.1021/acs.jctc.8b01176)),
# in contact with a heat bath. Every now and then its geometry is taken: a [snapshot](#term-snapshot). Density functional
# theory ([Sun et al. (2020)](https://doi.org/10.1063/5.0006074)) then gives the lines of each snapshot. Four calculations
# are needed: the ground state, the full core hole for XPS, half a core hole, and from its density the empty orbitals for
# XAS ([Triguero et al. (1998)](https://doi.org/10.1103/PhysRevB.58.8097)). `make simulate-h2o` repeats all of this.
#
# > **Deviation 1: our own data.** The paper uses published snapshots from ab initio molecular dynamics. They were not
# > within reach here, so we computed our own. Every score in this book is *ours on our data*, beside the paper's. All
# > deviations and their reasons are on [one page](../deviations.md).
#
# > **Deviation 2: a hot classical molecule.** A proton in a bond is a quantum object. Even at rest it spreads over more
# > bond lengths and angles than a classical proton does at room temperature. Our molecule is classical and hot, so that it
# > spreads about as widely. The temperature was chosen by that argument and not by any score.

# %%
p = begin(globals())
water = load_h2o(p.data, at_most=p.snapshots, shift=p.shift, windows=p.windows)  # read and checked
x = h2o_features(water)  # a row each: angle (degree), two lengths (angstrom)
x[:3].round(3)

# %% [markdown]
# These three numbers are all that the networks will know of a molecule ([Figure features](#fig-features)).

# %% tags=["remove-input"]
show(
    figures.feature_distributions(x),
    "features",
    f"The three features in all {len(x):,} snapshots. The two lengths share one distribution and hardly know of each "
    "other. [The appendix](90_data_checks.ipynb) tests whether the snapshots are independent and the hydrogens equal.",
    alt="Three panels. Left, a bell-shaped histogram of the H-O-H angle. Middle, overlapping histograms of the two O-H "
    "lengths. Right, a round joint distribution of the two lengths.",
)

# %% tags=["remove-input"]
table(results.card(water), "card", "What the data file tells about its making.")

# %% [markdown]
# ## From sticks to spectra
#
# The file holds [sticks](#term-stick): an energy $E_l$ and a strength $I_l$ for every line. A spectrum is what a reader
# makes of them. Each stick becomes a Gaussian of a chosen width, and all of them are added,
#
# $$
# S(E) = \sum_l \frac{I_l}{\sqrt{2\pi}\,\sigma_l} \, e^{-(E - E_l)^2 / 2\sigma_l^2},
# \qquad \sigma_l = \frac{\mathrm{FWHM}_l}{\sqrt{8\ln 2}} .
# \tag{broadening}
# $$

# %%
kinds = ("xps", "xes", "xas")
S = {kind: h2o_spectra(water, kind, p.fwhm, scheme=p.scheme) for kind in kinds}
{kind: spectra.shape for kind, spectra in S.items()}  # snapshots, channels

# %% [markdown]
# The width is the one free number of Eq. [(broadening)](#eq-broadening). It decides how much of the sticks a spectrum
# still shows ([Figure broadening](#fig-broadening)). Move it with your own hand in [Figure width](#fig-width).

# %% tags=["remove-input"]
show(
    figures.broadening(*results.broadened(water, p.fwhm, p.scheme)),
    "broadening",
    "XES at three widths. (a) For one molecule the width is everything; grey, the sticks. (b) In the mean it matters "
    "less, for the motion of the atoms has spread the lines already. (c) A wide line leaves less variation between "
    "molecules, and it is variation that the networks learn from.",
    alt="Three panels with curves for three line widths. Left, one snapshot: separate lines at the smallest width merge "
    "at the largest. Middle, the mean over snapshots. Right, the standard deviation relative to the peak, smallest at "
    "the largest width.",
)

# %% tags=["remove-input"]
explore(
    Width(water, p.scheme, p.fwhm),
    "width",
    "Choose a width yourself: the sticks of one molecule, its spectrum, and mean and spread of many.",
)

# %% tags=["remove-input"]
say(
    "> **Deviation 3: XAS from half a core hole.** The paper's spectra come with its data. Our XAS is computed with half a "
    f"core hole. Above the ionisation threshold ({XAS_THRESHOLD:g} eV) no set of bound orbitals describes the continuum. "
    "There the lines widen with energy, and the shape of the spectrum is indicative only."
)

# %% [markdown]
# > **Deviation 4: grid and width.** Channels and line width are our choice, and parameters of this chapter. The paper
# > takes them with its data.
#
# ## What structure does to a spectrum

# %% tags=["remove-input"]
show(
    figures.mean_spectra(S, results.measured_lines()),
    "mean-spectra",
    "The counterpart of the paper's Fig. 2 a–c: mean spectrum (black) and one standard deviation to either side (grey, "
    "cut at zero). Marks below the axes: lines measured in the gas phase. The grey band is what structure does to the "
    "spectrum. Everything in this book tries to explain that band.",
    alt="Three panels, XPS, XES and XAS of water: each a black mean spectrum inside a grey band of one standard "
    "deviation, with short marks at measured line positions below the axis.",
)

# %% tags=["remove-input"]
told, verdict = results.depends(S)
why = "How wide a band is depends on the width of a line as well."
claim("spectra-vary", "Structure visibly changes all three spectra of water", "by eye", told, verdict, why)

# %% [markdown]
# The shapes are the paper's: one line in XPS, three in XES with $1b_1$ the strongest, two in XAS before the continuum. How
# wide the bands are need not agree. It depends on how far the molecules move and on the width of a line, and the paper
# states neither.
#
# ## Against experiment
#
# Density functional theory does not give absolute core-level energies at this accuracy. So each spectrum carries one
# constant, fixed at the equilibrium molecule: by O 1s for XPS, by $1b_1$ for XES, by $4a_1$ for XAS. The other lines are
# free, and so is the shift that motion brings ([Table lines](#tab-lines)).

# %% tags=["remove-input"]
lines = results.line_table(water, p.scheme)
sources = "[Sankari et al. (2003)](https://doi.org/10.1016/j.cplett.2003.08.108), XES "
sources += "[Weinhardt et al. (2012)](https://doi.org/10.1063/1.3702644), XAS "
sources += "[Schirmer et al. (1993)](https://doi.org/10.1103/PhysRevA.47.1136)"
caption = f"Lines of water, measured and here: mean and spread over the snapshots. Measurements: XPS {sources}."
table(lines.map(lambda value: f"{value:.2f}" if isinstance(value, float) else value), "lines", caption)
off = lines["difference (eV)"].abs()
say(
    f"The largest difference is {off.max():.2f} eV, at {off.idxmax()}. That is good enough here: the networks learn how "
    "lines *move* with structure, and the mean position drops out."
)

# %% tags=["remove-input"]
say(
    "> **Deviation 5: two ways to an XES energy.** With `scheme=\"ip\"` a line lies at the ionisation energy plus the "
    "energy of its orbital. With `scheme=\"ks\"` it lies at the difference of two orbital energies of the ground state. "
    "Both agree at equilibrium by alignment. "
    f"Over the snapshots they differ by {results.schemes_apart(water):.2f} eV (standard deviation)."
)

# %% [markdown]
# ## What the networks will see
#
# As in the paper (Section II), four fifths of the snapshots are for training and one fifth is for testing. Inputs and
# targets are standardised with what the training data alone know,
#
# $$
# x_j \to \frac{x_j - \langle x_j \rangle}{s_j}, \quad S_c \to \frac{S_c - \langle S_c \rangle}{s} .
# \tag{standardise}
# $$
#
# Every feature $j$ has a scale of its own. All channels $c$ of a spectrum share *one*, so that a strong channel counts
# for more than a silent one. `nnca.problem.water_problem` does all this:

# %%
xes = water_problem(water, "xes", p.seed, fwhm=p.fwhm, scheme=p.scheme)
(X, Y), (X_test, Y_test) = xes.train, xes.test
X.shape, Y.shape, X_test.shape, Y_test.shape

# %% [markdown]
# That is all a network needs. Here is the first, an [emulator](#term-emulator): it predicts the spectrum from the
# structure.

# %%
emulator = Emulator(random_state=p.seed).fit(X, Y)
emulator.score(X_test, Y_test)  # 1 is perfect; the mean spectrum would earn 0

# %% [markdown]
# Three numbers fix the shape of the molecule, and with it the spectrum. What the emulator still misses is a matter of data
# and training. The next chapters ask for less: how far does *one* number go, and which number is it?

# %% [markdown]
# ## Exercises

# %% [markdown]
# ### Exercise: how many numbers?
#
# No Python needed. The XPS of one molecule is a single line of fixed shape. How many latent variables does a network need
# for it at most, if it may bend its inputs as it likes? Can you say the same of XES?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# One. The position of the line fixes the whole spectrum, however many channels it is drawn on. XES has several lines that
# move on their own, so there one number is not enough in general.

# %% [markdown]
# ### Exercise: melting lines
#
# No Python needed. Predict first: the width of a line grows from small to large. What happens to the height of the peaks,
# to the area under the spectrum, to the number of lines that you can tell apart, and to the band? Then choose XES in
# [Figure width](#fig-width) and drag the width.

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# The peaks become lower and wider, and their area stays: a Gaussian keeps its area, as long as it does not leave the
# window. Neighbouring lines melt into one. The band becomes narrow. A wide line moves a little and hardly changes any
# channel. So a bad spectrometer hides structure that is there.

# %% [markdown]
# ### Exercise: two equal bonds
#
# Keep only snapshots whose bonds differ by less than 0.02 Å. Which of the three grey bands becomes narrower, and which
# hardly notice? Call the kept snapshots `same`, an array with True or False for each. Take the standard deviation of each
# channel and add the channels up. The share that is left of this sum is a number for each spectrum. Call the dictionary of
# the three `left`, with the keys of `S`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
same = abs(x[:, 1] - x[:, 2]) < 0.02
left = {kind: float(S[kind][same].std("snapshot").sum() / S[kind].std("snapshot").sum()) for kind in S}
left

# %% tags=["solution", "check"]
assert str(getattr(same, "dtype", "")) == "bool" and len(same) == len(x), "same: True or False for each row of x."
apart = 2 * x[:, 1:].std(axis=1)  # of two numbers the standard deviation is half their difference
assert apart[same].max() < 0.02 + 1e-9, "same: some kept molecules have unequal bonds. Which of the two is the longer?"
assert apart[~same].min() > 0.02 - 1e-9, "same: molecules with equal bonds are missing."
assert isinstance(left, dict) and set(left) == set(S), "left: a dictionary with a number for each key of S."
for name, share in left.items():
    some, every = (A.var("snapshot") ** 0.5 for A in (S[name][same], S[name]))
    assert abs(share * every.sum() / some.sum() - 1) < 0.1, f"left: look at {name} again. What is divided by what?"

# %% [markdown] tags=["solution"]
# XAS loses most. Its lowest line, $4a_1$, follows the longer of the two bonds, so it feels their difference. XPS and XES
# follow the angle and the sum of the lengths. One spectrum is blind to what another sees.

# %% [markdown]
# ### Exercise: sharper lines
#
# Make the lines narrower, a third of the chapter's width `p.fwhm`. In which spectrum does the variation grow most? Call
# the dictionary of factors `growth`; `results.variation` measures variation. And is XES then easier or harder to predict?
# `PolynomialEmulator(degree=4)` answers without training. Call its two test scores `scores`, the chapter's width first.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
sharp = {kind: h2o_spectra(water, kind, p.fwhm / 3, scheme=p.scheme) for kind in S}
growth = {kind: results.variation(sharp[kind]) / results.variation(S[kind]) for kind in S}
narrow = water_problem(water, "xes", p.seed, fwhm=p.fwhm / 3, scheme=p.scheme)
scores = [PolynomialEmulator(degree=4).fit(*one.train).score(*one.test) for one in (xes, narrow)]
growth, scores

# %% tags=["solution", "check"]
assert isinstance(growth, dict) and set(growth) == set(S), "growth: a dictionary with a number for each key of S."
assert min(growth.values()) > 1, "growth: does variation grow or shrink with narrower lines? What is divided by what?"
assert hasattr(scores, "__len__") and len(scores) == 2, "scores: two numbers, the chapter's width first."
wide = PolynomialEmulator(degree=4).fit(X, Y).score(X_test, Y_test)
assert abs(scores[0] - wide) < 1e-6, "scores: the first is for xes as it is. Fit to training data, score on test data."
assert scores[1] < 1 and abs(scores[1] - wide) > 1e-6, "scores: the second needs a problem with narrower lines."

# %% [markdown] tags=["solution"]
# The narrower a line is against its own wandering, the more each channel varies. A narrow line that moves switches
# channels on and off, which is harder to learn than a broad hump that shifts a little.

# %% [markdown]
# ### Exercise: a straight line
#
# Replace the emulator by linear regression, `PolynomialEmulator(degree=1)`. How much of each spectrum is linear in the
# three features? Do cubic terms help? Call the dictionaries of test scores `linear` and `cubic`, with the keys of `S`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
problems = {kind: water_problem(water, kind, p.seed, fwhm=p.fwhm, scheme=p.scheme) for kind in S}
linear, cubic = (
    {kind: PolynomialEmulator(degree=degree).fit(*one.train).score(*one.test) for kind, one in problems.items()}
    for degree in (1, 3)
)
linear, cubic

# %% tags=["solution", "check"]
import numpy as np

for name, found in {"linear": linear, "cubic": cubic}.items():
    assert isinstance(found, dict) and set(found) == set(S), f"{name}: a dictionary with a score for each key of S."
ones, ones_test = (np.c_[A, np.ones(len(A))] for A in (X, X_test))
missed = Y_test - ones_test @ np.linalg.lstsq(ones, Y, rcond=None)[0]
score = 1 - (missed**2).sum() / ((Y_test - Y_test.mean(axis=0)) ** 2).sum()
assert abs(linear["xes"] - score) < 1e-3, "linear: fit to the training data, score on the test data."
assert cubic["xes"] != linear["xes"], "cubic: the degree is 3."

# %% [markdown] tags=["solution"]
# XPS comes near to a straight line. XES and XAS do not: a large part of them bends, and cubic terms catch some of it.

# %% [markdown]
# ### Exercise: three questions on water
#
# 1. Why has XES several lines, and XPS of one molecule only one?
# 2. Suppose that a band in [Figure mean-spectra](#fig-mean-spectra) is as thin as a line. What can a network learn from it?
# 3. An emulator has a covered variance of zero. Are its predictions all zero?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# 1. Every occupied valence orbital can fill the hole, and each gives a line. XPS asks for one energy, that of the hole.
# 2. Nothing about structure: all molecules would have the same spectrum.
# 3. No. They are as good as the mean spectrum, given as the answer every time.

# %% [markdown]
# ## Summary

# %% tags=["remove-input"]
say(
    f"- The water data are {len(x):,} snapshots of a hot classical molecule, with lines from density functional theory.\n"
    f"- Lines lie within {off.max():.2f} eV of experiment.\n"
    "- A reader makes spectra of the lines by choosing a width.\n"
    "- An emulator predicts them from an angle and two lengths, with a covered variance of "
    f"{emulator.score(X_test, Y_test):.3f} for XES."
)

# %% [markdown]
# **Next:** push all this [through one neuron](03_ednn.ipynb). The book's second system, a [glass](02_glass.ipynb), can
# wait until then.

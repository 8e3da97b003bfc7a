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
# # The data: what a core level sees
#
# **Question.** What goes into the networks of this book, where does it come from, and how far can it be trusted?
#
# :::{admonition} In this chapter
# - **You will** meet the two systems of {cite:t}`passilahti2024`, see how their spectra were computed here from first
#   principles, and judge the quality of these data before any network sees them.
# - **You need** to know what an orbital is. Python is optional: every number and figure is already computed.
# - **Time** about 45 minutes.
# :::

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
geo2_data = None  # path of a GeO2 data file of your own; None: this project's
snapshots = None  # water snapshots used, 100 to 10,000; None: the preset's number
sites = None  # GeO2 sites used, 200 to 13,920; None: the preset's number
fwhm = 1.0  # full width at half maximum of a line of water, 0.1 to 5 eV
gauss = 2.5  # Gaussian part of a line's width in GeO2, 0.5 to 5 eV
scheme = "ip"  # energies of the XES lines: "ip" or "ks", see below
seed = 0  # of the split into training and test data, 0 or more

# %% tags=["remove-output"]
from nnca.book.parameters import settle

p = settle(globals())

import numpy as np
import pandas as pd
from myst_nb import glue

from nnca.book.parameters import note
from nnca.data import load_h2o
from nnca.problem import Standardiser, split
from nnca.features import H2O_FEATURES, h2o_features
from nnca.figures import data as figures
from nnca.figures import use_style
from nnca.uncertainty import autocorrelation
from nnca.spectra import H2O_LINES, XAS_THRESHOLD, h2o_spectra, h2o_sticks

use_style()

# %% tags=["remove-output"]
from nnca.data import load_geo2
from nnca.features import coulomb_features, coulomb_matrix, distances_from_coulomb
from nnca.figures import glass as glass_figures
from nnca.learning_curve import LARGEST, by_level, learning_curve
from nnca.spectra import GEO2_LINES, GEO2_WINDOWS, LORENTZ, geo2_moments
from nnca.spectra import geo2_spectra, peaks, strength_in_windows, voigt_width
from nnca.glass import (
    COORDINATION_CUTOFF,
    EXPERIMENT,
    beside_experiment,
    coordination,
    glasses,
    typical,
)
from nnca.book.glass_checks import (
    box_size_effect,
    box_sizes,
    crystal_lines,
    crystal_structures,
    drift,
    load_validation,
    settings,
)

# %% [markdown]
# ## What the three spectroscopies ask
#
# All three begin at the oxygen 1s orbital: compact, close to the nucleus, and so a local probe of its surroundings.
#
# {term}`XPS`
# : removes the 1s electron. One number per molecule, the ionisation energy
#   $E_\mathrm{IP} = E[1s^{-1}] - E[\text{ground}]$.
#
# {term}`XES`
# : fills the hole from an occupied orbital $v$ and sends out a photon. One line per valence orbital, with a strength
#
# $$
# I_v \propto \omega_v^3 \, \bigl|\langle 1s \,|\, \mathbf r \,|\, v\rangle\bigr|^2 .
# $$ (eq-xes)
#
# {term}`XAS`
# : lifts the 1s electron into an empty orbital $a$ instead, with
#
# $$
# I_a \propto \omega_a \, \bigl|\langle 1s \,|\, \mathbf r \,|\, a\rangle\bigr|^2 .
# $$ (eq-xas)
#
# XPS therefore feels the electrostatic potential at the nucleus, XES the occupied and XAS the empty orbitals around it.
# How much of the molecule's shape survives in each is the question of the chapters to come.

# %% [markdown]
# ## Water
#
# ### How these data were made
#
# A classical molecule moves on the GFN2-xTB surface {cite:p}`bannwarth2019` under Langevin dynamics; every
# {glue:text}`interval:.0f` fs its geometry is taken. For each geometry four calculations with B3LYP/def2-TZVPD
# {cite:p}`sun2020,rappoport2010` follow: the ground state, the full core hole (XPS, and with it the
# origin of the XES energies), half a core hole, and from the latter's density the empty orbitals in a basis with
# nine more shells of diffuse functions {cite:p}`triguero1998,agren1997`. The simulator is `nnca.simulate.h2o`;
# `make simulate-h2o` repeats all of it.
#
# :::{admonition} Deviation 1: our own data
# :class: warning
# The paper uses 10 000 published snapshots from ab initio molecular dynamics with their spectra. They could not
# be had here, so we computed our own. Every score in this book is therefore *ours on our data*, beside the paper's.
# All deviations with their reasons are listed on [one page](../deviations.md).
# :::
#
# :::{admonition} Deviation 2: a hot classical molecule
# :class: warning
# A proton in a bond is a quantum object, and at room temperature its zero-point motion dwarfs the classical
# thermal one. At {glue:text}`temperature:.0f` K a classical molecule spreads about as widely as the quantum one does at rest. The
# temperature was chosen by that argument, not by any score.
# :::

# %% tags=["remove-output"]
water = load_h2o(p.data, p.snapshots)
x = h2o_features(water)
kinds = ("xps", "xes", "xas")
S = {kind: h2o_spectra(water, kind, p.fwhm, scheme=p.scheme) for kind in kinds}

failed = water.attrs.get("failed", "An unknown number of")
note(n=water.sizes["snapshot"], failed=failed, channels=S["xes"].sizes["energy"])
interval = water.attrs.get("frame_interval_fs", np.nan)
note(temperature=water.attrs.get("temperature_K", np.nan), interval=interval)
note(threshold=XAS_THRESHOLD)
for name, column in zip(("angle", "r1", "r2"), x.T, strict=True):
    note(**{f"{name}_mean": column.mean(), f"{name}_sd": column.std()})

# %% [markdown]
# `load_h2o` reads and checks the file: a missing variable, a wrong unit or a single NaN would stop the chapter here.
# The data card, as the file itself tells it:

# %% tags=["hide-input"]
card = {"snapshots": water.sizes["snapshot"]}
card |= {
    key.replace("_", " "): value for key, value in water.attrs.items() if value != ""
}
pd.DataFrame({"": map(str, card.values())}, index=card).style

# %% [markdown]
# The networks see a molecule as three features, computed by `nnca.features.h2o_features`:
# the H–O–H angle and the two O–H lengths.

# %% tags=["remove-output"]
glue("fig_features", figures.feature_distributions(x))

# %% [markdown]
# ```{glue:figure} fig_features
# :name: fig-features
# :alt: Three panels. Left, a bell-shaped histogram of the H-O-H angle. Middle, overlapping histograms of the two O-H lengths. Right, a round joint distribution of the two lengths.
#
# The three features over all {glue:text}`n` snapshots. The angle is
# {glue:text}`angle_mean:.1f` ± {glue:text}`angle_sd:.1f` degrees; the two lengths, {glue:text}`r1_mean:.3f` ±
# {glue:text}`r1_sd:.3f` Å and {glue:text}`r2_mean:.3f` ± {glue:text}`r2_sd:.3f` Å, share one distribution and hardly
# know of each other.
# ```

# %% [markdown]
# ### From sticks to spectra
#
# The file stores {term}`sticks <stick>`: an energy $E_l$ and a strength $I_l$ for every line. A spectrum is what a reader makes of
# them. `nnca.spectra.h2o_spectra` lays a Gaussian of full width `fwhm` over each stick,
#
# $$
# S(E) = \sum_l \frac{I_l}{\sqrt{2\pi}\,\sigma_l} \, e^{-(E - E_l)^2 / 2\sigma_l^2},
# \quad \sigma_l = \frac{\mathrm{FWHM}_l}{\sqrt{8\ln 2}},
# $$ (eq-broadening)
#
# on {glue:text}`channels` channels. Above the ionisation threshold, {glue:text}`threshold` eV, no basis of bound functions describes the continuum, and
# the XAS lines widen linearly with energy rather than pretend to.
#
# :::{admonition} Deviation 3: XAS from half a core hole
# :class: warning
# The paper's spectra come with its data; ours use the transition-potential method in a doubled basis. Below the threshold
# the lines can be held against experiment, as the next section does. Above it no basis that was tried converged, so the
# shape there is indicative only.
# :::
#
# :::{admonition} Deviation 4: grid and width
# :class: warning
# Channels and line width are this book's choice and this chapter's parameters; the paper takes them with its data.
# :::

# %% tags=["remove-output"]
measured = H2O_LINES.values()
lines = {kind: [line.energy for line in measured if line.kind == kind] for kind in S}
glue("fig_mean_spectra", figures.mean_spectra(S, lines))

# %% [markdown]
# ```{glue:figure} fig_mean_spectra
# :name: fig-mean-spectra
# :alt: Three panels, XPS, XES and XAS of water: each a black mean spectrum inside a grey band of one standard deviation, with short orange marks at measured line positions below the axis.
#
# The counterpart of the paper's Fig. 2 a–c: mean spectrum (black) and one standard deviation to either side (grey,
# cut at zero). Orange marks: lines measured in the gas phase. The grey band is what structure does to the spectrum;
# everything this book does is to explain that band.
# ```

# %% [markdown]
# ### Against experiment
#
# Absolute core-level energies are beyond density functional theory at this level, so each spectrum carries *one*
# constant, fixed at the equilibrium molecule: the O 1s energy for XPS, $1b_1$ for XES, $4a_1$ for XAS. The other three
# lines are free, and so is the shift that thermal motion brings.

# %% tags=["hide-input"]
rows = {}
for name, line in H2O_LINES.items():
    here = h2o_sticks(water, line.kind, p.scheme)[0][:, line.index]
    residual = here.mean() - line.energy
    rows[name] = (line.kind.upper(), line.energy, here.mean(), here.std(), residual)
columns = [
    "spectrum",
    "measured (eV)",
    "mean here (eV)",
    "spread (eV)",
    "residual (eV)",
]
positions = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
worst = positions["residual (eV)"].abs().idxmax()
note(worst_line=worst, worst_residual=abs(rows[worst][-1]))
positions.style.format(precision=2)

# %% [markdown]
# Measured values: O 1s {cite:p}`sankari2003`, emission {cite:p}`weinhardt2012`, absorption {cite:p}`schirmer1993`.
# The largest residual is {glue:text}`worst_residual:.2f` eV, at {glue:text}`worst_line`. That is good enough for what follows, which asks how lines
# *move* with structure; the absolute position drops out with the mean.
#
# :::{admonition} Deviation 5: two ways to an XES energy
# :class: warning
# With `scheme="ip"` a line lies at the ionisation energy plus the orbital energy, $E_\mathrm{IP} + \varepsilon_v$:
# the core hole relaxes. With `scheme="ks"` it lies at $\varepsilon_v - \varepsilon_{1s}$ of the ground state. They agree at equilibrium
# by alignment; over the snapshots they differ by {glue:text}`scheme_sd:.3f` eV (standard deviation).
# :::

# %% tags=["remove-output"]
difference = h2o_sticks(water, "xes", "ip")[0] - h2o_sticks(water, "xes", "ks")[0]
note(scheme_sd=difference.std())

# %% [markdown]
# ### Can we trust them?
#
# Four questions that need no network.
#
# **Are the snapshots independent?** Pairs inside one trajectory tell, and with them the number of independent snapshots
# that would carry as much information, $n_\mathrm{eff} = n / (1 + 2 \sum_l \rho_l)$, the sum running over the
# positive correlations.

# %% tags=["remove-output"]
quantities = dict(zip(H2O_FEATURES[:2], x.T, strict=False))
quantities["O 1s energy"] = water.xps_energy.values
quantities["1b₁ energy"] = water.xes_energy.values[:, -1]
length = int(water.attrs.get("snapshots_per_trajectory", 25))
memory = {name: autocorrelation(q, length, lags=6) for name, q in quantities.items()}
share = {name: 1 / (1 + 2 * rho[1:].clip(0).sum()) for name, rho in memory.items()}
note(memory=max(rho[1] for rho in memory.values()))
note(memory_next=max(abs(rho[2:]).max() for rho in memory.values()))
note(effective=min(share.values()) * len(x))
glue("fig_memory", figures.autocorrelations(memory, interval))

# %% [markdown]
# ```{glue:figure} fig_memory
# :name: fig-memory
# :alt: Autocorrelation of the angle, one O-H length, the O 1s energy and the 1b1 energy against time; all start at one and drop to near zero at the first interval.
#
# Memory between snapshots of one trajectory. At the interval of these data, {glue:text}`interval:.0f` fs, up to {glue:text}`memory:.2f` is
# left; from two intervals on no correlation exceeds {glue:text}`memory_next:.2f`. The {glue:text}`n` snapshots are
# worth at least {glue:text}`effective:.0f` independent ones.
# ```

# %% [markdown]
# **Are the two hydrogens equal?** Nothing distinguishes them, so their lengths must have one mean, and
# exchanging them must leave the joint distribution as it is.

# %% tags=["hide-input"]
gap = (x[:, 1] - x[:, 2]).mean()
error = (x[:, 1] - x[:, 2]).std() / np.sqrt(len(x))
lowest = water.xas_energy.values[:, 0]  # 4a1 feels the bonds most
slopes = [np.corrcoef(r, lowest)[0, 1] for r in x.T[1:]]
pd.DataFrame(
    {
        "value": [gap * 1000, error * 1000, *slopes],
        "unit": ["mÅ", "mÅ", "", ""],
    },
    index=[
        "difference of the mean lengths",
        "its standard error",
        "correlation of the 4a₁ energy with length 1",
        "correlation of the 4a₁ energy with length 2",
    ],
).style.format(precision=3, subset=["value"])

# %% [markdown]
# **Did anything fail?** {glue:text}`failed` snapshots failed to converge or fell apart on the way; each was replaced
# and recorded in the file.
#
# **Would another computer find the same?** The test suite recomputes snapshots from their stored geometry and holds them
# against the stored sticks.

# %% [markdown]
# ### What broadening does
#
# Width is the one number of {eq}`eq-broadening` that a reader chooses, and it decides how much of the sticks a spectrum
# still shows.

# %% tags=["remove-output"]
xes = {
    width: h2o_spectra(water, "xes", width) for width in sorted({0.3, 2.0, p.fwhm})
}
glue("fig_broadening", figures.broadening(xes))


def largest_sigma(S):
    return float(S.std("snapshot").max() / S.mean("snapshot").max())


note(sigma_narrow=largest_sigma(xes[0.3]), sigma_wide=largest_sigma(xes[2.0]))

# %% [markdown]
# ```{glue:figure} fig_broadening
# :name: fig-broadening
# :alt: XES of water at several line widths. Left, one snapshot: sharp separate lines at the smallest width merge into two humps at the largest. Right, the mean over all snapshots, which changes far less.
#
# The same sticks at several widths. For one molecule (a) the width is everything; in the mean (b) thermal motion has
# already broadened most of the lines. Relative to the maximum of the mean, the largest standard deviation falls from
# {glue:text}`sigma_narrow:.2f` at 0.3 eV to {glue:text}`sigma_wide:.2f` at 2 eV: broadening removes the very variation that
# the networks learn from.
# ```

# %% [markdown]
# ### What the networks will see
#
# Section II of the paper: 80 % of the data train, 20 % test, and both sides are z-scored with what the training data
# alone know. Features are scaled one by one. Spectra keep the mean of each channel but share *one* scale, so that a
# strong channel counts for more than a silent one. `nnca.data.split` and `nnca.data.Standardiser` do this.

# %%
train, test = split(len(x), random_state=p.seed)
X = Standardiser.fit(x[train]).transform(x)  # (n, 3)
xes = S["xes"].values
Y = Standardiser.fit(xes[train], one_scale=True).transform(xes)  # (n, 121)

for part, rows in (("train", train), ("test", test)):
    print(part, X[rows].shape, "->", Y[rows].shape)
print("spread of each feature in training:", X[train].std(axis=0).round(3))
print("spread over all channels in training:", Y[train].std().round(3))

# %% [markdown]
# ## Amorphous GeO₂
#
# The second system is a glass. At ambient pressure every Ge has four O around it; squeezed, it takes six. The question of
# the chapters to come is how much of that a spectrum tells. Ours is Ge {term}`K-beta` emission, the light of valence
# electrons that fall into a hole in the 1s shell of one Ge atom $a$:
#
# $$
# I_n^{(a)} \propto \bigl|\langle 1s_a \,|\, \mathbf r \,|\, \psi_n\rangle\bigr|^2, \qquad
# E_n^{(a)} = \varepsilon_n - \varepsilon_{1s}^{(a)} .
# $$ (eq-kbeta)
#
# Two lines matter. **Kβ″** comes from bands made of O 2s, **Kβ₂** from O 2p mixed with Ge 4s and 4p; either shines only
# as far as its bands borrow p character at the Ge nucleus. One calculation of a simulation box gives the bands
# $\psi_n$, and with them the spectra of all its sites.
#
# ### How these data were made
#
# Each box of {glue:text}`box_atoms` atoms starts from a random arrangement of its own, melts at {glue:text}`melt:.0f` K under
# the pair potential of {cite:t}`oeffner1998` in LAMMPS {cite:p}`thompson2022`, is annealed at its pressure through the
# temperatures where its bonds stop to move, and quenched to room temperature. Fast quenches leave broken
# bonds, whose states fill the gap and would end up in every spectrum; the slow anneal is what the computing time
# went into. One ground-state calculation of the box by density functional theory follows, in the local density
# approximation with atomic orbitals, in GPAW {cite:p}`mortensen2024,larsen2009`.
# The simulator is `nnca.simulate.geo2`; `make simulate-geo2` repeats all of it.
#
# :::{admonition} Deviation 6: glasses from a pair potential
# :class: warning
# The paper takes its structures from ab initio molecular dynamics {cite:p}`du2017`, probably in boxes of 216 atoms. Ours are classical
# glasses in more and smaller boxes, each with its own melt and anneal; {glue:text}`geo2_failed` failed and were replaced. What they get right and wrong is shown below.
# :::
#
# :::{admonition} Deviation 7: spectra of the ground state
# :class: warning
# The paper takes its spectra from earlier work {cite:p}`vladyka2023,spiekermann2023`. Ours use orbitals of the ground state, the usual choice for
# emission, whose final state has no core hole; the hole that it leaves in the valence band, and whatever relaxes before the emission, are not treated. Energies count from the valence-band top of quartz-type GeO₂, both levels taken from
# the same kind of calculation, so that no alignment to a measurement is needed and none is made.
# :::

# %% tags=["remove-output"]
glass = load_geo2(p.geo2_data, p.sites)
table = glasses(load_geo2(p.geo2_data))  # whole boxes, whatever the number of sites
note(sites=glass.sizes["site"], boxes=int(table.boxes.sum()), pressures=len(table))
note(highest_pressure=table.index[-1], box_atoms=glass.attrs.get("atoms", "some"))
note(
    melt=glass.attrs.get("melt_K", np.nan), geo2_failed=glass.attrs.get("failed", "?")
)
note(cn_first=table.coordination.iloc[0], cn_last=table.coordination.iloc[-1])
note(defects=100 * (1 - table["O-2"].iloc[0]), dense=table.density.iloc[0])
note(defects_top=100 * table["O-other"].iloc[-1], cutoff=COORDINATION_CUTOFF)
note(dense_off=100 * (table.density.iloc[0] / EXPERIMENT["density"][0][2] - 1))
note(
    contact=table.closest_ge_ge.min(),
    contact_typical=table.median_closest_ge_ge.median(),
)
glue("fig_glass", glass_figures.against_pressure(table))
glue("table_glass", beside_experiment(table), display=False)

# %% [markdown]
# ### What pressure does to the glass
#
# ```{glue:figure} fig_glass
# :name: fig-glass
# :alt: Six panels against pressure. Coordination of Ge rises from four to about six, mostly below 30 GPa. The share of 4-fold sites falls as that of 6-fold sites grows. The Ge-O distance first grows, then shrinks. Density rises. O with two Ge give way to O with three. Closest Ge-Ge contacts lie between 2 and 3 angstrom.
#
# The glass in {glue:text}`boxes` boxes at {glue:text}`pressures` pressures; grey, measurements. (a) Coordination, with the standard error over
# boxes, of O within {glue:text}`cutoff` Å: measured are tetrahedra up to 5 GPa, about five O between 6 and 10, octahedra from 15 on {cite:p}`guthrie2004`.
# Emission and absorption find no more than six to beyond 100 GPa {cite:p}`spiekermann2019,xas2025`, where diffraction has been read as more
# {cite:p}`kono2016`. (c) Mean Ge–O bond (blue) and the first six O one by one (thin): bonds *lengthen* while
# the coordination rises {cite:p}`micoulaut2006,hong2014`; the grey band at 20 to 30 GPa is a rough summary of measurements that differ. (e) Two Ge to an O make a network, three make octahedra that share edges.
# ```
#
# - **Right.** Coordination goes from {glue:text}`cn_first:.2f` to {glue:text}`cn_last:.2f`; bonds grow and shrink as they should.
# - **Off.** The change of coordination sets in at lower pressure than in experiment and ends later, so that both kinds of site coexist over a
#   wide range. At ambient pressure the density is {glue:text}`dense:.2f` g/cm³, {glue:text}`dense_off:+.1f` % off.
# - **Wrong.** {glue:text}`defects:.1f` % of the O miss a bond or have one too many at 0 GPa, although the best of two to four glasses was kept there *by this very
#   count*. At {glue:text}`highest_pressure:.0f` GPa, {glue:text}`defects_top:.0f` % of the O have neither two nor three Ge. And Ge come too close: the closest pair
#   of a typical box lies at {glue:text}`contact_typical:.2f` Å, of all boxes at {glue:text}`contact:.2f` Å; the octahedra of rutile, which share edges, have
#   {glue:text}`contact_rutile:.2f` Å. The potential knows no force between Ge but that of their charges.
#
# Here is one typical site for each regime:

# %% tags=["remove-output"]
drawn = {}
for n in (4, 5, 6):
    site = glass.isel(site=[typical(glass, n)])
    drawn[f"{n}-fold, {site.pressure.item():g} GPa"] = site
glue("fig_sites", glass_figures.local_structures(drawn))

# %% [markdown]
# ```{glue:figure} fig_sites
# :name: fig-sites
# :alt: Three drawings in space of an indigo central Ge with four, five and six rose O, each O bonded on to further, paler Ge.
#
# The site of each {term}`coordination` whose bonds are nearest to the mean of its kind: the central Ge (indigo), its O (rose), and the
# Ge that share them (pale).
# ```
#
# ### Can we trust them?
#
# Crystals come first, because there the truth is known: quartz-type GeO₂ is fourfold {cite:p}`smith1964`, rutile-type sixfold
# {cite:p}`bolzan1997`. The pair potential, asked for its own crystal structures, answers:

# %% tags=["hide-input"]
checks = load_validation()
crystals = crystal_structures(checks)
note(bond_worst=crystals["Ge–O (Å), %"].abs().max())
note(contact_rutile=checks["crystals"]["rutile"]["experiment"]["ge_ge"])
glue("table_crystals", crystals.round(3), display=False)
glue("table_lines", crystal_lines(checks).round(2), display=False)
glue("table_settings", settings(checks).round(3), display=False)
glue("table_boxes", box_sizes(checks), display=False)
percent = {name: "{:+.1f}" for name in crystals if name.endswith("%")}
crystals.style.format(percent, precision=3)

# %% [markdown]
# Bonds are good to {glue:text}`bond_worst:.1f` %. The spectra of both crystals, in their *measured* structures and through the same code as the
# glasses, decide the basis of atomic orbitals:

# %% tags=["hide-input"]
lines = crystal_lines(checks)
rutile = "rutile − quartz"
note(
    shift=lines.loc[("dzp", rutile), "Kβ″"], shift_sz=lines.loc[("sz", rutile), "Kβ″"]
)
lines.style.format("{:+.2f}").set_caption("mean line energies and gap (eV)")

# %% [markdown]
# From four to six neighbours Kβ″ moves by {glue:text}`shift:+.2f` eV with two functions per orbital and polarisation (dzp), by
# {glue:text}`shift_sz:+.2f` eV with one (sz). The two bases disagree even in the sign. The larger one is nearer to convergence, and all data use it; a still larger one
# was not at hand to confirm it. Inside the boxes of the glass sixfold sites differ from fourfold ones by
# {glue:text}`four_to_six:+.2f` eV (below): coordination is not all that acts there.
# Measured spectra of compressed GeO₂ {cite:p}`spiekermann2019` show the energy and the intensity of
# Kβ″ to follow coordination and Ge–O distance; we have no shift in eV from there to hold ours against.
#
# Then the settings. Stored boxes at several pressures were computed again, one setting changed at a time. Here is the
# worst that each change did:

# %% tags=["hide-input"]
compared = settings(checks)
r_moment = compared["lowest r of a moment"].drop("basis sz", errors="ignore")
note(r_settings=compared.filter(like="r, ").drop("basis sz").min().min())
note(r_moment=r_moment.min(), r_moment_of=r_moment.idxmin())
note(drift=drift(checks, "PBE instead of LDA"))
compared.style.format(precision=3)

# %% [markdown]
# Except for the small basis, no change lowers the correlation of a line's mean over the sites of a box below {glue:text}`r_settings:.3f`; the most delicate
# of the eight moments keeps {glue:text}`r_moment:.3f` ({glue:text}`r_moment_of`). Most of the bias of a functional or a basis is a shift of
# the zero of energy, which drops out with the mean. What does not is its drift with pressure: from 0 to {glue:text}`highest_pressure:.0f` GPa PBE and LDA come apart
# by {glue:text}`drift:.2f` eV at most, to compare with the {glue:text}`fall:.1f` eV by which Kβ″ falls. Last, the size of the boxes:

# %% tags=["hide-input"]
off = box_size_effect(checks)
note(box_off=off.mean(), box_worst=off.max())
compressed = max(checks["larger_boxes"], key=lambda box: box["pressure"])
small, large = (compressed["structure"][size] for size in ("small", "large"))
note(large_P=compressed["pressure"], large_density=large["density"])
note(large_cn=large["coordination"], small_cn=small["coordination"])
note(small_cn_scatter=small["coordination_error"] * np.sqrt(small["boxes"]))
note(small_density=small["density"])
box_sizes(checks).style

# %% [markdown]
# One larger box at each of two pressures, as large as the paper's boxes probably are: its moments differ from those of the smaller ones by {glue:text}`box_off:.1f` times
# the scatter between small boxes in the mean, by {glue:text}`box_worst:.1f` times at worst. The structure differs more: at {glue:text}`large_P:.0f` GPa the larger box has a coordination of
# {glue:text}`large_cn:.2f` and {glue:text}`large_density:.2f` g/cm³, where the small ones have {glue:text}`small_cn:.2f` (scatter between boxes {glue:text}`small_cn_scatter:.2f`) and
# {glue:text}`small_density:.2f` g/cm³. Whether small boxes help the change of coordination along or this is chance, one box cannot tell.
#
# ### From sticks to spectra, again
#
# The hole in Ge 1s lives so briefly that it alone gives every line a Lorentzian width of about {glue:text}`lorentz:.0f` eV. With a Gaussian of
# {glue:text}`gauss:.1f` eV for the spectrometer and all that the frozen glass leaves out, each stick becomes a Voigt line
# of {glue:text}`voigt:.1f` eV: `nnca.spectra.geo2_spectra`. As in the paper, a spectrum is then condensed
# into {term}`moments` inside fixed windows around its two lines: mean, standard deviation, skewness and excess kurtosis of each.
#
# :::{admonition} Deviation 8: width and windows
# :class: warning
# Both are this book's choice, made on *training* sites only: each window holds 95 % or more of its line's sticks at
# every pressure, a strip of {glue:text}`strip:.0f` eV around the minimum between the lines is left out, and of several candidates kernel ridge
# regression, cross-validated inside the training set, preferred these. No network had a say. The choice was made on the first boxes that
# were ready; some of their training sites are test sites of a split of the whole file.
# :::

# %% tags=["remove-output"]
train, test = split(glass.sizes["site"], p.seed)
K = geo2_spectra(glass, gauss=p.gauss)
moments = geo2_moments(glass, gauss=p.gauss)
inside = strength_in_windows(glass)[train]
pressure = glass.pressure.values
held = [inside[pressure[train] == P].mean(axis=0).min() for P in np.unique(pressure)]
both = [peaks(K, window) for window in GEO2_WINDOWS.values()]
note(held=100 * min(held), without=int((~np.logical_and(*both)).sum()))
note(gauss=p.gauss, lorentz=LORENTZ, voigt=voigt_width(p.gauss, LORENTZ))
(_, below), (above, _) = GEO2_WINDOWS.values()
note(strip=above - below)
glue("fig_kbeta", glass_figures.spectra_by_pressure(K, pressure, GEO2_WINDOWS))

# %% [markdown]
# ```{glue:figure} fig_kbeta
# :name: fig-kbeta
# :alt: Ge K-beta spectra of GeO2. A black mean spectrum with a small line near -17 eV and a large one near -4 eV inside a grey band; coloured mean spectra from 0 to 120 GPa move to lower energy and broaden; dashed lines mark two windows.
#
# The counterpart of the paper's Fig. 2 d: mean (black), one standard deviation to either side (grey, cut at zero), the mean at each
# pressure (colours) and the two windows (dashed). Squeezed, both lines move down and widen.
# ```
#
# The windows hold at least {glue:text}`held:.0f` % of either line at any pressure (training sites). In {glue:text}`without` of the
# {glue:text}`sites:,` sites one of the lines is no more than a shoulder, at this width.

# %% tags=["remove-output"]
glue("fig_moments", glass_figures.moments_by_pressure(moments, pressure))
Kbb, n = moments.values[:, 0], coordination(glass)
ends = [Kbb[pressure == P].mean() for P in (pressure.min(), pressure.max())]
note(mean_0=ends[0], mean_P=ends[1], fall=ends[0] - ends[1])
sites = pd.DataFrame({"Kbb": Kbb, "n": n, "box": glass.frame.values})
in_box = sites.pivot_table("Kbb", index="box", columns="n")
note(four_to_six=(in_box[6] - in_box[4]).mean())

# %% [markdown]
# ```{glue:figure} fig_moments
# :name: fig-moments
# :alt: Eight panels, four moments for each of two lines, against pressure. Lines show medians, bands the middle two thirds of the sites.
#
# The eight targets of the coming chapters against pressure: median, and the middle two thirds of the sites. Pressure moves them; but sites
# at *one* pressure differ as much, and that is what a structural descriptor has to explain.
# ```
#
# From 0 GPa to the highest pressure the mean of Kβ″ falls from {glue:text}`mean_0:.1f` to {glue:text}`mean_P:.1f` eV. A caution: *inside one box*
# sixfold sites lie {glue:text}`four_to_six:+.2f` eV from the fourfold ones, and from quartz to rutile the step was {glue:text}`shift:+.2f` eV.
# Coordination is not all that acts on the line: distances, density and the potential of the surroundings change with it, and a windowed
# mean feels the shape of the line as well.
#
# ### The descriptor
#
# A network needs numbers that neither a rotation of the glass nor a renaming of its atoms can change. The paper's choice
# is the {term}`Coulomb matrix` {cite:p}`rupp2012` of the site's atoms,
#
# $$
# M_{ij} = \frac{Z_i Z_j}{|\mathbf R_i - \mathbf R_j|} \quad (i \neq j),
# $$ (eq-coulomb)
#
# with the atoms of each species in order of their distance from the central Ge. `nnca.features.coulomb_features` returns its
# {glue:text}`features` elements above the diagonal.

# %% tags=["remove-output"]
features = coulomb_features(glass)  # (n, 153)
chosen = typical(glass, 6)
M = coulomb_matrix(glass.isel(site=[chosen]))[0]
distances = distances_from_coulomb(features[[chosen]])[0]
note(features=features.shape[1], o_atoms=int((glass.species == "O").sum()))
glue("fig_descriptor", glass_figures.descriptor(M, distances))

# %% [markdown]
# ```{glue:figure} fig_descriptor
# :name: fig-descriptor
# :alt: Left, a symmetric 18 by 18 image in logarithmic colours, in blocks for the central Ge, eight Ge and nine O. Right, distances of O and Ge from the centre against their rank; six O lie below the dashed cutoff.
#
# The sixfold site of {numref}`fig-sites` as the networks see it. (a) Bright is close or heavy: the Ge–Ge block outshines the rest by its
# charges. (b) The first row alone gives the distances from the centre back, here by `nnca.features.distances_from_coulomb`; dashed, the cutoff that counts
# as a bond.
# ```
#
# :::{admonition} Deviation 9: which atoms, how many sites
# :class: warning
# 153 numbers mean 18 atoms. The paper does not say which; the central Ge with its 8 nearest Ge and {glue:text}`o_atoms` nearest O
# is our choice. And where the paper has 13 896 sites, we have {glue:text}`sites:,`.
# :::
#
# ### What can be learnt at all?
#
# Before any bottleneck: how well does the descriptor determine the moments? Kernel ridge regression, a dependable tool
# without layers, gives a first answer. Test sites are drawn in two ways. *By site*, as in the paper, neighbours
# of a test site may sit in the training set; *by box*, whole simulation boxes are held back, a stricter test.
#
# :::{admonition} Deviation 10: by box, too
# :class: warning
# The paper splits by site. We keep that split for every comparison and show the split by box beside it.
# :::

# %% tags=["remove-output"]
curves = {}
for name, groups in (("by site", None), ("by box", glass.frame.values)):
    rows = split(len(features), p.seed, groups)
    curve = learning_curve(features, moments.values, *rows, p.seed, groups)
    low, high = curve.interval(p.seed, glass.frame.values[rows[1]])
    key = name.replace(" ", "_")
    note(**{key: curve.scores[-1], f"{key}_half": curve.scores[-2]})
    note(**{f"{key}_before": curve.scores[-2] - curve.scores[-3]})
    note(**{f"{key}_low": low, f"{key}_high": high})
    curves[name] = curve
note(largest=curves["by site"].sizes[-1], capped=LARGEST)
glue("fig_learn", glass_figures.learnability(curves, moments.moment.values))

# %% tags=["remove-output"]
names = [str(name) for name in moments.moment.values]
each = dict(zip(names, curves["by site"].each(), strict=True))
note(mean_kbb=each["mean of K-beta''"], mean_kb2=each["mean of K-beta2"])
moment, line = min(each, key=each.get).split(" of ")
weakest = f"{moment} of {GEO2_LINES[line]}"
note(weakest=weakest, weakest_r2=min(each.values()))
note(pressure_alone=by_level(pressure, moments.values, train, test))

# %% [markdown]
# ```{glue:figure} fig_learn
# :name: fig-learn
# :alt: Left, horizontal bars of the R2 of the eight moments for the split by site and by box; line means are highest. Right, covered variance against the number of training sites for both splits.
#
# (a) $R^2$ of each moment with {glue:text}`largest:,` training sites; (b) covered variance of all eight against the
# number of training sites. By site {glue:text}`by_site:.2f` (95 % interval, boxes resampled,
# {glue:text}`by_site_low:.2f`–{glue:text}`by_site_high:.2f`), by box {glue:text}`by_box:.2f` ({glue:text}`by_box_low:.2f`–{glue:text}`by_box_high:.2f`).
# ```
#
# - The means of the lines reach {glue:text}`mean_kbb:.2f` (Kβ″) and {glue:text}`mean_kb2:.2f` (Kβ₂); the weakest of the eight is the {glue:text}`weakest`, with
#   {glue:text}`weakest_r2:.2f`.
# - Knowing nothing but a site's pressure would cover {glue:text}`pressure_alone:.2f`. What the score has beyond that are differences between sites at one pressure.
# - **A mark, not a bound.** The last doubling of the training set moved the score by site from {glue:text}`by_site_half:.2f` to {glue:text}`by_site:.2f`, the one
#   before by {glue:text}`by_site_before:+.2f`. A tuned network may do better, but what 18 atoms do not hold, such as the field of the box beyond them, no network can
#   learn from them either. Expect scores near these, not near 1. (Kernel ridge stops at {glue:text}`capped:,` training sites for the sake of its memory.)

# %% [markdown]
# ## Against the paper
#
# The paper's Fig. 2 a–c shows the same three spectra for its own snapshots. Shapes and assignments carry over: one
# XPS line, three XES lines with $1b_1$ the strongest, two resolved XAS resonances before the continuum. What need
# not agree is *how wide* the bands are, since that depends on the sampled structures (Deviation 2) and on the line
# width, and the paper states neither a temperature nor a width. Scores on these data may differ for this reason alone.
#
# Fig. 2 d has its counterpart in {numref}`fig-kbeta`: a weak Kβ″, a strong Kβ₂, and a change with pressure that is plain to see. What differs
# is listed in Deviations 6 to 10, and three things follow for the chapters to come. Fourfold and sixfold sites
# mix over a wider range of pressures than measured; how it is in the paper's glasses we do not know. Defects and close Ge pairs, which a better
# potential would heal, are part of what the networks learn. And all energies are of the ground state, so that agreement with
# a measured spectrum of the glass is not to be expected digit by digit.

# %% [markdown]
# ## Exercises
#
# ```{exercise}
# :label: ex-lines
# Remove the asymmetric stretch from the data: keep snapshots with $|r_1 - r_2| < 0.02$ Å. Which of the three grey bands
# shrinks, and which do not care?
# ```
#
# ````{solution} ex-lines
# :class: dropdown
# ```python
# same = abs(x[:, 1] - x[:, 2]) < 0.02
# for kind in S:
#     print(kind, float(S[kind][same].std("snapshot").sum() / S[kind].std("snapshot").sum()))
# ```
# XAS alone loses a noticeable part of its spread. Its lowest line, $4a_1$, falls with the *longer* of the two bonds, so it
# feels their difference. XPS and XES barely notice: they follow the angle, as
# `np.corrcoef(x[:, 0], water.xps_energy)` shows, and the sum of the lengths. One spectrum is blind to what
# another sees: hold on to that thought.
# ````
#
# ```{exercise}
# :label: ex-window
# Run this chapter with `make chapter CH=01_data P='fwhm=0.3'`. In which spectrum does the standard deviation grow most?
# Try the same with a `fwhm` of 0 and read what happens.
# ```
#
# ````{solution} ex-window
# :class: dropdown
# The narrower a line against its thermal wandering, the larger the variation in each channel; XPS, a single line, gains
# most in relative terms. A width of 0 is refused before anything runs, with the allowed values.
# ````

# %% [markdown]
# ```{exercise}
# :label: ex-coordination
# At one pressure, 10 GPa, sites of all coordinations coexist. Which of the eight moments tell them apart there?
# ```
#
# ````{solution} ex-coordination
# :class: dropdown
# ```python
# here = pressure == 10
# n = coordination(glass)[here]
# for name, column in zip(moments.moment.values, moments.values[here].T):
#     print(name, np.corrcoef(n, column)[0, 1].round(2))
# ```
# All four of Kβ″ do to some degree, those of Kβ₂ hardly. Kβ″ is the line to watch if coordination is what you are
# after, although it is the weak one.
# ````

# %% [markdown]
# ## Summary
#
# - The water data are {glue:text}`n` classical snapshots with sticks from density functional theory; every one can be
#   recomputed from its three internal coordinates.
# - Lines lie within {glue:text}`worst_residual:.2f` eV of experiment, snapshots hardly remember each other, the
#   hydrogens are equal.
# - Spectra are made from sticks by a width and a window that the reader chooses.
# - The GeO₂ data are {glue:text}`sites:,` sites of glasses at {glue:text}`pressures` pressures. Pressure turns fourfold sites into sixfold ones; both
#   lines move down and widen.
# - A descriptor of 18 atoms determines the eight moments to {glue:text}`by_site:.2f` by site and {glue:text}`by_box:.2f` by box with plain kernel ridge: the mark
#   to hold the networks against.
#
# **Next:** what a network with a bottleneck makes of them.

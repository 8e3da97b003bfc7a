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
# # Your own spectra
#
# **Question.** You have a folder of structures and a folder of spectra. Can the spectra be learnt from the structures?
# How much of them passes through one, two or three numbers? And are there enough data to say so?
#
# > **In this chapter**
# > - **You will** read structures and spectra from any code, look at them, and put the methods of this book to them.
# > - **You need** [the EDNN chapter](03_ednn.ipynb) and [the NNCA chapter](05_nnca.ipynb).
# > - **Time** about 20 minutes, and less for your next data set.
#
# Without folders of yours the chapter takes ammonia, the third system of this book. It comes through the same door.

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
structures = None  # folder, file of frames or pattern such as "runs/*/POSCAR"; None: this project's ammonia
spectra = None  # folder, table or pattern such as "runs/*/xmu.dat"; folders in it are kinds of spectra; None: ammonia's
absorber = None  # element, index from 0 or per-frame entry; None: the entry "absorber" (for ammonia: N)
descriptor = None  # internal, soap, acsf, lmbtr, coulomb or a table of yours; None: internal or soap, as the size is
window = None  # [low, high] in eV; None: where all spectra are known
broadening = None  # eV, full width of the Gaussian of every line; None: the files hold curves, not sticks
energy_shift = None  # eV, added to all energies; None: nothing is
normalisation = None  # "none", "area" or "maximum"; None: "none"
groups = None  # per-frame entry; pairs that share it are never split; None: every pair counts alone (ammonia: trajectory)
snapshots = None  # pairs used at most, 100 or more; None: the preset's number
seeds = None  # splits, 2 to 50, of which 3 at least are made; None: the preset's

# %% tags=["hide-input"]
from nnca import NNCA, Emulator
from nnca.book import own_results as results
from nnca.book.say import begin, claim, say, show, table
from nnca.figures import own as figures
from nnca.own import own_data
from nnca.own.study import lengths, study

# %% [markdown]
# ## Through the door
#
# Structures are read by ASE: xyz, cif, POSCAR, a trajectory. Spectra are columns of text: blanks, tabs, semicolons or
# commas between them, with or without a header, decimal points or commas, eV or keV. A pair is found by its name:
# `site_7.xyz` belongs to `site_7_conv.txt`, or to `site_7/xmu.dat`. Where each side is one file, pairs go by order.
#
# What cannot be right is refused, with the file, the line and what was expected. Spectra on different energies come to
# common channels, and each channel is the mean of the curve over its width. So no point is dropped.

# %%
p = results.settled(begin(globals()))  # ammonia's folders, absorber and groups where none are given
data = {}
for kind, folder in results.kinds(p.spectra).items():
    data[kind] = own_data(
        p.structures, folder, p.absorber, p.descriptor, p.window,
        p.broadening, p.energy_shift, p.normalisation, p.groups,
    ).thinned(p.snapshots)
first = next(iter(data.values()))
task = first.problem(seed=0)  # split and standardised: task.train, task.test
{"features": first.features[:6], "training": task.train[0].shape, "test": task.test[0].shape}

# %% tags=["remove-input"]
say(results.on_data(data))
show(
    figures.spectra(data),
    "own-spectra",
    "The spectra: their mean (black), five of them (grey), the range of the central eight tenths and of all (blue). Look "
    "for one that is unlike all others, and for a window that cuts a line.",
    alt="One panel for each kind of spectrum: a black mean curve over bands that show how much the spectra differ.",
)

# %% tags=["remove-input"]
show(
    figures.features(first),
    "own-features",
    "The first features that the networks will see. A lonely bar far from the rest is a structure worth a look.",
    alt="Small histograms, one for each of the first features.",
)

# %% tags=["remove-input"]
if results.is_ours(p):
    lines, worst = results.line_table()
    caption = "Ammonia's lines in the gas phase and here. Three calculated lines were shifted to their measured place."
    table(lines, "ammonia-lines", caption)
    say(
        f"The lines that were not shifted lie within {worst:.2f} eV of experiment. The valence lines follow from "
        "ionisation energies of N 1s and of the valence orbitals. The values of XAS are those that "
        "[Schirmer et al. (1993)](https://doi.org/10.1103/PhysRevA.47.1136) are cited for; they were not checked "
        "against the paper itself."
    )

# %% [markdown]
# ## Is it enough?
#
# The first look needs no network. Kernel ridge regression learns from an eighth of the training rows, then from a
# quarter, a half and all of them. If the last doubling still helps, the next one will help too.
#
# One call does the work of this chapter for several splits. In each split a small search inside the training rows
# chooses the emulator. Then come [ECA](#term-ECA), [NNCA](#term-NNCA) and [EDNN](#term-EDNN) with one, two and three
# components, and partial least squares (PLS) as a straight rival. NNCA and EDNN take the settings that the search found for
# the emulator; a search of their own might raise them. No choice looks at test rows.

# %%
splits = max(p.seeds, 3)  # two make no interval
studies = study(data, range(splits))  # {kind: one result for each split}

# %% tags=["remove-input"]
show(
    figures.learning(studies),
    "own-learning",
    "What kernel ridge learns from more and more rows. Thick: mean over splits. A line that still climbs at its right end "
    "asks for more data.",
    alt="Covered variance against the number of training rows on a logarithmic axis, one line for each kind of spectrum.",
)
say(results.on_learning(studies))

# %% [markdown]
# ## How much passes
#
# The emulator has no bottleneck, so it shows what there is to learn. The methods with $k$ components must squeeze the
# structure through $k$ numbers. Their intervals are over splits. Splits share training rows, and the intervals are
# widened for that ([Nadeau and Bengio 2003](https://doi.org/10.1023/A:1024068626366)).

# %% tags=["remove-input"]
show(
    figures.methods(results.all_scores(studies)),
    "own-methods",
    "Covered variance of the test rows with one, two and three components, 95 % intervals over splits. Dashed: the "
    "emulator. Values far below zero are cut.",
    alt="One panel for each kind of spectrum, with lines of EDNN, NNCA, ECA and PLS against the number of components and "
    "the emulator as a dashed line.",
)

# %% tags=["remove-input"]
table(results.score_table(studies), "own-scores", "The same in numbers: mean over splits and 95 % interval.")

# %% [markdown]
# ## What decides
#
# Shuffle one feature among the test structures and ask the emulator again. What it loses is what it owed to that
# feature. Of many features those of the same kind are shuffled together. Features that go together can stand in for one
# another, and then each seems to matter less than it does.

# %% tags=["remove-input"]
lost = {
    kind: results.decided(splits, data[kind].features)
    for kind, splits in studies.items()
}
show(
    figures.decisive(lost),
    "own-decisive",
    "Loss of the emulator's covered variance when a feature is shuffled, 95 % intervals over splits.",
    alt="Horizontal bars, one for each feature or kind of feature, in one panel for each kind of spectrum.",
)

# %% [markdown]
# ## What comes back
#
# NNCA can go back from a spectrum to a structure. It fits its latent variables to the spectrum and expands them. For each
# feature we ask what share of its variance among the test structures comes back. Zero is what the mean structure earns.

# %%
k, rows = min(3, task.X.shape[1]), len(task.train_rows)
nnca = NNCA(n_components=k, random_state=0, **lengths(rows)).fit(*task.train)
found = task.to_features(nnca.reconstruct(task.test[1]))  # in the units of the features

# %% tags=["remove-input"]
show(
    figures.back(
        {kind: results.came_back(splits) for kind, splits in studies.items()},
        first.features,
    ),
    "own-back",
    "Share of each feature's variance that comes back with most components, 95 % intervals over splits. What lies at "
    "zero or below does not come back.",
    alt="Points with intervals, one for each feature, in one panel for each kind of spectrum.",
)

# %% [markdown]
# ## The verdicts
#
# A spectrum counts as *learnt* when the whole interval of the emulator's covered variance lies above nine tenths. Then
# $k$ numbers count as enough when NNCA covers nine tenths of what is there to learn. A feature counts as come back when
# half of its variance does. *Not learnt* needs the whole interval below the mark, many training rows, and a learning
# curve that has stopped climbing. All else is *too few data*.

# %% tags=["remove-input"]
table(results.verdict_table(studies), "own-verdicts", "The verdict on each spectrum.")
say(results.on_verdicts(studies))

# %% tags=["remove-input"]
if results.is_ours(p):
    ammonia, water = results.gaps(studies), results.water_gaps(len(first.X), splits)
    ours, verdict = results.judge_complexity(ammonia, water)
    text = "NNCA comes nearer to EDNN as systems grow more complex: from water to ammonia"
    claim(
        "nnca-nearer-with-ammonia",
        text,
        "a guess from two systems",
        ours,
        verdict,
        results.WHY_COMPLEX,
    )

# %% [markdown]
# ## Now yours
#
# One command does all of this with your folders, and writes the page:
#
#     make own STRUCTURES=my/structures SPECTRA=my/spectra ABSORBER=Fe
#
# Any other parameter goes into `P`, for example `P='broadening=1.5 window=[7100,7180]'`. In a notebook change the
# parameters above and run all cells.
#
# ## Exercises

# %% [markdown]
# ### Exercise: fewer rows
#
# How well does the emulator do with 100 pairs? Before you look: which spectrum needs the most rows? Call the problems with
# at most 100 pairs `few`, a dictionary with the keys of `data`; `thinned` and `problem` make them. Call the test scores of
# their emulators `scores`, with the same keys. Compare with the table of scores.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
few = {kind: one.thinned(100).problem(0) for kind, one in data.items()}
plain = {kind: Emulator(random_state=0, **lengths(len(one.train_rows))) for kind, one in few.items()}
scores = {kind: plain[kind].fit(*one.train).score(*one.test) for kind, one in few.items()}
scores

# %% tags=["solution", "check"]
assert isinstance(few, dict) and set(few) == set(data), "few: a problem for each spectrum."
for name, thin in few.items():
    pairs = len(thin.train[0]) + len(thin.test[0])
    assert pairs == min(100, len(data[name].X)), f"few: {name} has not 100 pairs, training and test together."
assert isinstance(scores, dict) and set(scores) == set(data), "scores: a number for each spectrum."
assert all(score <= 1 for score in scores.values()), "scores: a covered variance is never above one."

# %% [markdown] tags=["solution"]
# A spectrum that follows one smooth function of the structure needs few rows. One with several lines that cross needs
# many. With few rows the honest verdict is mostly *too few data*.

# %% [markdown]
# ### Exercise: another descriptor
#
# Only for the ammonia of this book. Give `own_data` the descriptor `"soap"`; call what it makes of XES `soap`, with no more
# pairs than `p.snapshots`. Does the emulator gain or lose? What is gained when two hydrogen atoms change places?

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
from nnca.own.study import learning_curve

soap = None
if results.is_ours(p):
    place = results.OURS / "structures", results.OURS / "spectra" / "xes"
    soap = own_data(*place, "N", descriptor="soap", groups="trajectory").thinned(
        p.snapshots
    )
    for name, one in {"internal": data["xes"], "soap": soap}.items():
        print(name, *learning_curve(one.problem(0), 0))

# %% tags=["solution", "check"]
assert soap is not ..., "soap: what own_data makes."
if results.is_ours(p):
    assert isinstance(soap, type(data["xes"])), "soap: what own_data makes."
    assert soap.X.shape[1] > data["xes"].X.shape[1], "soap: few features for SOAP. Which descriptor is it?"
    assert len(soap.X) == len(data["xes"].X), "soap: as many pairs as in the chapter."

# %% [markdown] tags=["solution"]
# SOAP does not know the order of equal atoms. What is learnt for one hydrogen is learnt for all three, so few rows tell
# more. With many rows the plain lengths and angles catch up, and they are easier to read.

# %% [markdown]
# ### Exercise: forty temperatures
#
# No Python needed. A colleague has 40 spectra of one material at 40 temperatures and finds a covered variance of 0.99. Name
# two reasons not to believe that the spectrum tells the structure.

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# Neighbouring temperatures are nearly the same point, so a random split tests on what it has trained on: give `groups`.
# And everything that changes with temperature goes together. The spectrum may follow one cause, and every other feature
# comes back only as its companion.

# %% [markdown]
# ### Exercise: three questions on your own spectra
#
# 1. A learning curve still climbs at its right end. What do you do next?
# 2. A feature does not come back from the spectrum. Does the spectrum not depend on it?
# 3. The verdict is *too few data*. Is that a failure of the method?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# 1. Compute or measure more pairs before you tune anything.
# 2. It may. Another feature can have the same effect, so that the spectrum cannot tell which of them changed.
# 3. No. It is an answer: intervals over splits are too wide to say more.

# %% [markdown]
# ## Summary
#
# - A folder of structures and one of spectra are enough. What is wrong with them is said before anything is trained.
# - The learning curve says whether more data would help. Intervals over splits say what the data can tell.
# - A verdict has three values, and *too few data* is one of them.
#
# **Next:** [how the hyperparameters were found](09_model_selection.ipynb).

"""Wrong answers, one for each check of an exercise: what a student who errs may well write.

Where a book is built of notebooks that went through `plant`, every check has refused its wrong answer and the stub.
"""

import copy

import nbformat

from nnca.book.course import names_asked, stub

PLANTED = {  # {chapter: {exercise: code}}, run where the chapter's own cells have run and no solution has
    "01_water": {
        "two equal bonds": """
same = x[:, 1] - x[:, 2] < 0.02  # a difference with its sign
left = {kind: float(S[kind][same].std("snapshot").sum() / S[kind].std("snapshot").sum()) for kind in S}
""",
        "sharper lines": """
narrow = water_problem(water, "xes", p.seed, fwhm=p.fwhm / 3, scheme=p.scheme)
sharp = {kind: h2o_spectra(water, kind, p.fwhm / 3, scheme=p.scheme) for kind in S}
growth = {kind: results.variation(S[kind]) / results.variation(sharp[kind]) for kind in S}  # upside down
scores = [PolynomialEmulator(degree=4).fit(*one.train).score(*one.test) for one in (xes, narrow)]
""",
        "a straight line": """
problems = {kind: water_problem(water, kind, p.seed, fwhm=p.fwhm, scheme=p.scheme) for kind in S}
linear, cubic = (  # scores of the training data
    {kind: PolynomialEmulator(degree=degree).fit(*one.train).score(*one.train) for kind, one in problems.items()}
    for degree in (1, 3)
)
""",
    },
    "02_glass": {
        "turn it, rename it": """
rotation = np.random.default_rng(0).normal(size=(3, 3))  # any matrix is no rotation
order = [0, *range(8, 0, -1), *range(9, 18)]
moved = glass.isel(site=slice(20), atom=order)
moved = moved.assign(position=(moved.position.dims, moved.position.values @ rotation))
again = coulomb_features(moved)
""",
        "coordination at one pressure": """
number, pressure = coordination(glass), glass.pressure.values
mixed = max(set(pressure), key=lambda level: number[pressure == level].std())
r = [np.corrcoef(number, column)[0, 1] for column in moments.values.T]  # of all pressures
""",
        "a better spectrometer": """
before = float(moments[:, 5].mean())
widths = [before, before / 2]  # guessed
""",
    },
    "03_ednn": {
        "directions by hand": """
X, Y = xes.test
by_hand = {}
for name, v in {"angle": [1, 0, 0], "stretch": [0, 1, 1]}.items():  # the second is not of length one
    by_hand[name] = covered_variance(Y, emulator.predict(np.outer(X @ v, v)))
""",
        "a feature of noise": """
rng, X = np.random.default_rng(0), xes.train[0]
noisy = np.c_[X, X[:, 0] + 0.1 * rng.normal(size=len(X))]  # a noisy angle
deaf = EDNN(random_state=0, epochs=p.epochs).fit(noisy, xes.train[1])
heard = [deaf.score(noisy, xes.train[1])] * 2
""",
    },
    "04_inverse_attempts": {
        "one layer by hand": """
x = np.linalg.solve([[2, 1], [1, 1]], [-0.1, 2])  # the leaky ReLU stays
error = np.linalg.solve([[2, 1], [1, 1]], [0.01, 0])
""",
        "is it the program?": """
rng = np.random.default_rng(0)
square = mlp((20,) * 5, "leaky_relu")  # matrices as they are drawn
returned = layerwise_errors(square, rng.normal(size=(100, 20))).at_layers
""",
        "which threshold?": """
noisy = S + 0.03 * np.random.default_rng(0).normal(size=S.shape)
before = activations_of(easy.module_, X)[-3]  # undoes two layers
thresholds = (0, 1e-3, 1e-2, 1e-1, 0.9)
undone = {rcond: invert_layers(easy.module_, noisy, rcond=rcond)[-3] for rcond in thresholds}
wrong = {rcond: float(np.sqrt(((found - before) ** 2).mean())) for rcond, found in undone.items()}
""",
        "the bound for noise alone": """
one, inputs = fitted["moments", results.GENTLE][0], problems["moments"].test[0]
outputs = one.predict(inputs)
noise = 1e-6 * np.random.default_rng(0).normal(size=outputs.shape)
measured = layerwise_errors(one.module_, inputs, outputs=outputs + noise).at_layers
bound = error_bound(one.module_, inputs)  # of rounding alone
""",
        "no bottleneck": """
wide = clone(easy).set_params(n_components=2).fit(*xes.train)  # two are still fewer than three
inward, jump = (layerwise_errors(one.module_, X).at_input for one in (wide, easy))
""",
    },
    "05_nnca": {
        "hold the number": """
molecule.reset()
molecule.method = "NNCA"
before = molecule.x
molecule.angle += 10  # and t is never set back
given = molecule.x - before
""",
        "a linear decoder": """
few = [A[:800] for A in xes.train]
fits = {k: NNCA(n_components=k, decoder=(), learning_rate=0.1, random_state=0).fit(*few) for k in (1, 2, 3)}
linear = {k: one.score(*few) for k, one in fits.items()}
limit = LinearRegression().fit(*few).score(*few)  # scikit-learn's R2: a mean over channels
""",
        "another vector for the same number": """
glass_nnca = fitted["moments", "NNCA", 1][0]
t, t_test = (glass_nnca.transform(A)[:, 0] for A in (X, X_test))
sparse = Lasso(alpha=0.1 * t.std()).fit(X, t)
correlation = np.corrcoef(sparse.predict(X_test), t_test)[0, 1]
cosine = sparse.coef_ @ glass_nnca.components_[0]  # not divided by its length
""",
        "seeds or methods?": """
scores = tables.tidy(rows, "site")
spread = scores.groupby(["target", "k", "method"]).score.std()  # both kinds of ECA in one
most = spread.idxmax()
""",
    },
    "06_geo2_reconstruction": {
        "one way to change": """
nets = {1: nnca, 2: models[tables.NNCA, 2][0]}
whole = {k: problem.inputs.inverse_transform(net.inverse_transform(net.fit_latent(m))) for k, net in nets.items()}
ranks = {k: int(np.linalg.matrix_rank(each)) for k, each in whole.items()}  # with the mean structure in it
""",
        "single sites": """
true = distances_from_coulomb(problem.inputs.inverse_transform(problem.X[problem.test_rows[:300]]))
single = distances_from_coulomb(problem.inputs.inverse_transform(nnca.reconstruct(problem.Y[problem.test_rows[:300]])))
guesses = {"from the moments": single, "mean structure": results.blind(problem)}
wrong = {name: float(np.nanmean((guess - true)[:, results.SIX])) for name, guess in guesses.items()}  # with signs
""",
        "noise": """
rng = np.random.default_rng(0)
noise = 0.1 * problem.targets.scale * rng.normal(size=(10, *known.moments.shape))
moved = [reconstruct(nnca, problem, known.moments + each).distances for each in noise]
spread = np.std(moved, axis=1).mean(axis=0)  # over pressures
""",
        "a better expansion?": """
X_train = problem.train[0]
T = nnca.transform(X_train)
line = (T * X_train).sum(axis=0) / (X_train**2).sum(axis=0)  # t from the feature
regressed = distances_from_coulomb(problem.inputs.inverse_transform(t * line))
ways = {"vector": distances, "regression": regressed, "known": known.distances}
spans = {name: float(np.ptp(each[:, ~OXYGEN], axis=0).mean()) for name, each in ways.items()}
""",
    },
    "07_what_a_spectrum_tells": {
        "why $t$ cannot choose": """
two = models[0][tables.NNCA, 2][0]
of_expansion = two.transform(two.reconstruct(m, by="expansion"))
of_pattern = two.reconstruct(m, by="pattern") @ two.patterns_.T  # the pattern is no filter
""",
        "a pattern belongs to its ensemble": """
lowest = highest = nnca.patterns_[0]  # of all pressures
""",
        "153 features": """
sets = {17: train[0], 153: problem.train[0]}
freedoms = {count: float(decisive.freedom(np.corrcoef(A.T)).min()) for count, A in sets.items()}  # the least free one
""",
    },
    "07b_rivals_and_limits": {
        "an active subspace by hand": """
emulator, (X, Y) = networks["xes", "Emulator", None][0], tasks["xes"][0].train
x, h = X[:200], 1e-3
ends = [(emulator.predict(x + h * e), emulator.predict(x - h * e)) for e in np.eye(3)]
J = np.array([(up - down) / (2 * h) for up, down in ends])
by_hand = np.linalg.eigh(np.einsum("inc,jnc->ij", J, J))[1][:, 0]  # eigh begins with the smallest
""",
        "how much does noise cost?": """
apart, steps = mapped["xes"].distance(y), 0.2 / 2.0 ** np.arange(5)  # one more than asked for
edges = [degeneracy.threshold(noise * step / 0.1, parameters=3) for step in steps]
volumes = [degeneracy.shape(apart <= edge, grid).volume for edge in edges]
""",
        "a better start for NNCA?": """
closed = rivals.Projected(rivals.reduced_rank, 2).fit(*tasks["xas"][0].train)  # a linear decoder
""",
    },
    "08_your_own_spectra": {
        "fewer rows": """
few = {kind: one.thinned(50).problem(0) for kind, one in data.items()}
scores = dict.fromkeys(data, 0.5)
""",
        "another descriptor": """
soap = ... if not results.is_ours(p) else data["xes"]  # still lengths and angles
""",
    },
    "09_model_selection": {
        "counting networks": """
encoders = 3 * 3  # one width for all layers
total = 2 * 6 * encoders**2
""",
        "luck": """
again = live  # what the same seed gives
""",
        "no early end": """
whole = live  # candidates climb
ratio = 1.0
""",
        "a graphics card": """
speeds = {"gpu": results.networks_a_second(EDNN(epochs=1), xes)}
""",
    },
    "90_data_checks": {
        "the order of a lattice": """
cube, corners = np.full(3, 10.0), np.stack(np.meshgrid(*3 * [range(4)]), axis=-1).reshape(-1, 3)
thrown = np.random.default_rng(p.seed).uniform(0, 10, corners.shape)
found = {"lattice": order(3.0 * corners, cube), "random": order(thrown, cube)}  # does not fit into the box
""",
        "a memory that is known": """
walk = np.random.default_rng(p.seed).normal(size=(400, 125))
for step in range(1, 125):
    walk[:, step] += 0.5 * walk[:, step - 1]
rho = autocorrelation(walk[:, 25:].ravel(), 100, lags=8)
worth = 1 / (1 + rho[1:].clip(0).sum())  # once, and not twice
""",
    },
}

BEFORE = "_before = dict(globals())  # what a student has"

REFUSES = """
assert not set({asked}) & set(_before), "exercise {title}: its stub overwrites what the chapter has: {asked}"
for answer in ({stub!r}, {wrong!r}):
    namespace = dict(_before)
    exec(answer, namespace)
    try:
        exec({check!r}, namespace)
    except AssertionError as refusal:
        assert str(refusal), "exercise {title}: its check refuses without a word of help"
    else:
        raise RuntimeError("exercise {title}: its check lets this pass:\\n" + answer)
"""


def exercises(notebook):
    """Title, prompt, solution and check of each exercise; the last two are None for an exercise in words.  -> list"""
    found = []
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.source.startswith("### Exercise: "):
            title, _, prompt = cell.source.removeprefix("### Exercise: ").partition("\n")
            found.append({"title": title, "prompt": prompt.strip(), "solution": None, "check": None, "cell": None})
        elif "check" in tags:
            found[-1] |= {"check": cell.source, "cell": cell}
        elif "solution" in tags and cell.cell_type == "code":
            found[-1]["solution"] = cell.source
    return found


def plant(notebook, chapter):
    """The notebook with a cell behind each check that fails where the check lets the stub or the wrong answer pass.

    Each answer is tried with what the chapter's own cells leave, as a student would: no solution has run there.
    """
    planted = copy.deepcopy(notebook)
    tried = {one["check"]: one for one in exercises(planted) if one["check"]}
    cells, begun = [], False
    for cell in planted.cells:
        if cell.source.startswith("### Exercise: ") and not begun:
            cells.append(_hidden(BEFORE, []))
            begun = True
        cells.append(cell)
        if "check" in cell.metadata.get("tags", []):
            one = tried[cell.source]
            asked = names_asked(one["solution"], one["check"], one["title"])
            wrong = PLANTED[chapter][one["title"]]
            words = {"asked": asked, "title": one["title"], "stub": stub(asked), "wrong": wrong, "check": one["check"]}
            cells.append(_hidden(REFUSES.format(**words), ["solution"]))
    planted.cells = cells
    return planted


def _hidden(source, tags):
    return nbformat.v4.new_code_cell(source.strip(), metadata={"tags": [*tags, "remove-cell"]})

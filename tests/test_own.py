"""Your own spectra: five codes' layouts, what is refused and in which words, files changed at random."""

import re

import made_own
import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from made_own import CODES, EDGE, NAMES

from nnca import Emulator
from nnca.data import DataError
from nnca.own import describe, own_data, problem, read_spectra, read_structures, to_channels
from nnca.own.columns import read_columns, split
from nnca.own.problem import _owner, pair
from nnca.own.spectra import Spectra
from nnca.own.structures import Structures


@pytest.fixture
def folders(tmp_path):
    """A folder of structures and one of curves, name.dat with two columns."""
    lengths = made_own.structures(tmp_path / "structures")
    (tmp_path / "spectra").mkdir()
    energy = np.arange(0.0, 20.0, 0.5) + EDGE
    for name, length in zip(NAMES, lengths, strict=True):
        np.savetxt(tmp_path / "spectra" / f"{name}.dat", np.c_[energy, made_own.curve(energy - EDGE, length)])
    return tmp_path / "structures", tmp_path / "spectra"


@pytest.mark.parametrize("code", CODES)
def test_the_layout_of_a_code_is_read(code, tmp_path):
    lengths = made_own.structures(tmp_path / "structures")
    spectra, options = CODES[code](tmp_path / "runs", lengths)
    data = own_data(tmp_path / "structures", spectra, absorber="Fe", **options)
    assert data.names == NAMES and data.features == ["Fe0-O1", "Fe0-O2", "O1-Fe0-O2"]
    np.testing.assert_allclose(data.X[:, :2].mean(axis=1), lengths, atol=1e-6)
    peak = data.energy[data.S.argmax(axis=1)]
    peak = peak - (EDGE if data.energy[0] > 1000 else 0)
    np.testing.assert_allclose(peak, 10 - 20 * (lengths - 1.9), atol=0.6)


def test_a_problem_learns_what_the_folder_holds(folders):
    task = problem(*folders, absorber="Fe", seed=1)
    model = Emulator(hidden=(32,), alpha=1e-3, epochs=400, batch_size=8, random_state=0).fit(*task.train)
    assert model.score(*task.test) > 0.9
    np.testing.assert_allclose(task.to_features(task.X).mean(axis=0)[:2], 1.9, atol=0.05)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("7112.5 0.25", ["7112.5", "0.25"]),
        ("7112,5 0,25", ["7112.5", "0.25"]),
        ("7112,5;0,25", ["7112.5", "0.25"]),
        ("7112.5\t0.25", ["7112.5", "0.25"]),
        ("7112,5\t0,25", ["7112.5", "0.25"]),
        ("7112.5,0.25", ["7112.5", "0.25"]),
        ("7112.5, 0.25", ["7112.5", "0.25"]),
        (" 7112.5 ; 0.25 ; ", ["7112.5", "0.25", ""]),
    ],
)
def test_separators_and_decimal_commas(line, parts):
    assert split(line) == parts[: 2 if line.endswith("; ") else None]


def test_a_channel_is_an_integral(tmp_path):
    """A grid that a channel's width skips keeps its area; straight lines are exact."""
    made = {"fine": np.linspace(0, 20, 2001), "coarse": np.array([0, 1, 2, 5, 7, 8, 9, 9.5, 10, 13, 20.0])}
    for name, energy in made.items():
        np.savetxt(tmp_path / f"{name}.dat", np.c_[energy, 3 + 2 * energy])
    channels = to_channels(read_spectra(tmp_path), channels=7)
    np.testing.assert_allclose(channels.S, np.broadcast_to(3 + 2 * channels.energy, (2, 7)), rtol=1e-9)
    spike = np.c_[np.linspace(0, 20, 2001), np.zeros(2001)]
    spike[1005, 1] = 1.0
    np.savetxt(tmp_path / "spike.dat", spike)
    channels = to_channels(read_spectra(tmp_path), channels=7)
    np.testing.assert_allclose(channels.S[-1].sum() * 20 / 7, 0.01)


def test_sticks_keep_their_strength_and_say_what_lies_outside(tmp_path):
    (tmp_path / "a.stk").write_text("10 2\n10 1\n30 1\n")
    (tmp_path / "b.stk").write_text("12 2\n12 1\n")
    lines = read_spectra(tmp_path, sticks=True)
    whole = to_channels(lines, broadening=1.0)
    step = whole.energy[1] - whole.energy[0]
    np.testing.assert_allclose(whole.S.sum(axis=1) * step, [4, 3], rtol=1e-3)
    cut = to_channels(lines, window=(5, 20), broadening=1.0)
    assert cut.widest == pytest.approx(0.25) and cut.outside == pytest.approx(0.125)


def test_shift_and_normalisation(folders):
    spectra = read_spectra(folders[1])
    plain = to_channels(spectra)
    moved = to_channels(spectra, shift=-100.0, normalisation="area")
    np.testing.assert_allclose(moved.energy, plain.energy - 100)
    np.testing.assert_allclose(moved.S.mean(axis=1), 1)
    np.testing.assert_allclose(to_channels(spectra, normalisation="maximum").S.max(axis=1), 1)


def test_one_file_each_pairs_by_order_and_keeps_groups(tmp_path):
    made, lengths = made_own.molecules()
    for number, atoms in enumerate(made):
        atoms.info |= {"absorber": 0, "run": number // 4}
    write(tmp_path / "all.xyz", made, format="extxyz")
    energy = np.arange(0.0, 20.0, 0.5)
    table = np.c_[energy, np.array([made_own.curve(energy, length) for length in lengths]).T]
    head = "Energie;" + ";".join(f"s{number}" for number in range(len(made)))
    text = "\n".join(";".join(f"{value:.6f}".replace(".", ",") for value in row) for row in table)
    (tmp_path / "all.csv").write_text(f"{head}\n{text}\n")
    data = own_data(tmp_path / "all.xyz", tmp_path / "all.csv", groups="run")
    np.testing.assert_allclose(data.S[3].argmax(), data.S.argmax(axis=1)[3])
    task = data.problem(seed=0)
    assert not set(data.groups[task.train_rows]) & set(data.groups[task.test_rows])


def turned(atoms, rng):
    """The same molecule, turned, moved, its atoms behind the first in another order."""
    other = atoms.copy()
    other.rotate(rng.uniform(0, 360), rng.normal(size=3))
    other.translate(rng.normal(size=3))
    return other[[0, *(1 + rng.permutation(len(atoms) - 1))]]


@pytest.mark.parametrize("descriptor", ["soap", "acsf", "lmbtr", "coulomb"])
def test_descriptors_know_no_place_turn_or_order(descriptor, tmp_path):
    rng = np.random.default_rng(3)
    atoms = Atoms("FeO2NH", rng.normal(size=(5, 3)) + 2.5 * np.arange(5)[:, None] ** 0.5)
    write(tmp_path / "two.xyz", [atoms, turned(atoms, rng)], format="extxyz")
    X, names = describe(read_structures(tmp_path / "two.xyz", 0), descriptor)
    assert X.shape == (2, len(names)) and len(set(names)) == len(names)
    np.testing.assert_allclose(X[0], X[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("descriptor", ["soap", "acsf", "lmbtr"])
def test_names_of_features_tell_their_elements(descriptor, tmp_path):
    """Without nitrogen exactly the features named after it vanish."""
    with_n, without = Atoms("FeO", [[0, 0, 0], [1.8, 0, 0]]), Atoms("FeO", [[0, 0, 0], [1.8, 0, 0]])
    with_n += Atoms("N2", [[0, 1.9, 0], [0, 0, 2.0]])
    write(tmp_path / "two.xyz", [with_n, without], format="extxyz")
    X, names = describe(read_structures(tmp_path / "two.xyz", "Fe"), descriptor)
    nitrogen = np.array(["N" in re.split(r"[- ]", name) for name in names])
    assert nitrogen.any() and not X[1, nitrogen].any()
    np.testing.assert_allclose(X[1, ~nitrogen], X[0, ~nitrogen], atol=1e-9)
    assert (np.abs(X[0, nitrogen]) > 1e-12).any()


def test_several_absorbers_are_their_mean_and_periodic_neighbours_count(tmp_path):
    cell = Atoms("FeOFeO", [[0, 0, 0], [2, 0, 0], [0, 4, 0], [2, 4, 0]], cell=[4, 8, 9], pbc=True)
    write(tmp_path / "one.xyz", cell, format="extxyz")
    mean, names = describe(read_structures(tmp_path / "one.xyz", "Fe"), "lmbtr")
    first = describe(read_structures(tmp_path / "one.xyz", 0), "lmbtr")[0]
    np.testing.assert_allclose(mean, first)
    assert mean[0, names.index("O at 2.00 Å")] == pytest.approx(2, abs=0.05)


def test_many_features_become_few_components_and_come_back(tmp_path):
    made, lengths = made_own.molecules(count=60)
    write(tmp_path / "all.xyz", made, format="extxyz")
    energy = np.arange(0.0, 20.0, 0.5)
    np.savetxt(tmp_path / "all.dat", np.c_[energy, np.array([made_own.curve(energy, one) for one in lengths]).T])
    data = own_data(tmp_path / "all.xyz", tmp_path / "all.dat", absorber="Fe", descriptor="soap")
    task = data.problem(seed=0)
    assert task.X.shape[1] < len(task.train_rows) / 4 < len(data.features)
    back = task.to_features(task.X)
    varies = [data.features.index(name) for name in task.features]
    lost = ((task.x_scale.transform(back) - task.x_scale.transform(data.X[:, varies])) ** 2).mean()
    assert lost < 0.03
    change = task.to_features(np.eye(task.X.shape[1])[:1]) - task.to_features(np.zeros((1, task.X.shape[1])))
    gradient = (task.weights(np.eye(task.X.shape[1])[:1]) * change / task.x_scale.scale).sum()
    assert gradient == pytest.approx(1)


def test_a_table_of_features_of_the_users_own(folders, tmp_path):
    rows = [f"{name},{number},{number**2}" for number, name in enumerate(NAMES)]
    (tmp_path / "x.csv").write_text("name,a,b\n" + "\n".join(reversed(rows)))
    data = own_data(*folders, absorber="Fe", descriptor=str(tmp_path / "x.csv"))
    assert data.features == ["a", "b"]
    np.testing.assert_allclose(data.X[:, 0], range(len(NAMES)))


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("a", "a"),
        ("a_conv", "a"),
        ("a_b_conv", "a_b"),
        ("ab", None),
        ("a.out.abs", "a"),
        ("run/a/xmu", "a"),
        ("1a", None),
    ],
)
def test_whose_spectrum_a_name_means(name, owner):
    assert _owner(name, {"a", "a_b"}) == owner


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def line(number, text):
    """Replace one line of site_003's spectrum."""

    def change(structures, spectra):
        file = spectra / "site_003.dat"
        lines = file.read_text().splitlines()
        lines[number - 1] = text(lines[number - 1]) if callable(text) else text
        file.write_text("\n".join(lines) + "\n")

    return change


def of_structure(old, new):
    return lambda structures, spectra: replace(structures / "site_003.xyz", old, new)


def keep(count):
    def change(structures, spectra):
        for name in NAMES[count:]:
            (structures / f"{name}.xyz").unlink()
            (spectra / f"{name}.dat").unlink()

    return change


def all_alike(structures, spectra):
    for name in NAMES:
        (structures / f"{name}.xyz").write_bytes((structures / "site_000.xyz").read_bytes())


def same_spectra(structures, spectra):
    for name in NAMES:
        (spectra / f"{name}.dat").write_bytes((spectra / "site_000.dat").read_bytes())


def far_away(structures, spectra):
    energy = np.arange(0.0, 20.0, 0.5) + 9000
    np.savetxt(spectra / "site_003.dat", np.c_[energy, energy])


NOTHING = {}
WRONG = {
    "no spectrum": (
        lambda structures, spectra: (spectra / "site_003.dat").unlink(), NOTHING,
        "structures: structure site_003 has no spectrum of its name; "
        "spectra are site_000, site_001, site_002, site_004, site_005, ...",
    ),
    "no structure": (
        lambda structures, spectra: (structures / "site_003.xyz").unlink(), NOTHING,
        "spectra: spectrum site_003 has no structure of its name; "
        "structures are site_000, site_001, site_002, site_004, site_005, ...",
    ),
    "two of one name": (
        lambda structures, spectra: (spectra / "site_003.txt").write_bytes((spectra / "site_003.dat").read_bytes()),
        NOTHING, "spectra: two spectra have the name 'site_003'; each needs its own",
    ),
    "two of one structure": (
        lambda structures, spectra: (spectra / "site_003_b.txt").write_bytes((spectra / "site_003.dat").read_bytes()),
        NOTHING, "spectra: site_003 and site_003_b both belong to structure site_003; "
        "one spectrum is expected (a pattern such as folder/*_conv.txt chooses)",
    ),
    "few": (keep(29), NOTHING, "structures: there are 29 pairs; 30 or more are expected"),
    "no overlap": (
        far_away, NOTHING, "spectra: windows do not overlap: site_003 begins at 9000 eV, site_000 ends at 7131.5 eV",
    ),
    "NaN": (
        line(7, "7115.0 nan"), NOTHING, "spectra/site_003.dat, line 7: column 2 is nan; a finite number is expected"),
    "stars": (
        line(7, "7115.0 ********"), NOTHING, "spectra/site_003.dat, line 7: '7115.0 ********' is not numbers",
    ),
    "column missing": (
        line(7, "7115.0"), NOTHING, "spectra/site_003.dat, line 7: has 1 columns; the last line has 2",
    ),
    "energy repeats": (
        line(8, lambda old: "7115.0" + old[old.index(" "):]), NOTHING,
        "spectra/site_003.dat, line 8: the energy 7115 repeats; energies must rise, or fall, throughout",
    ),
    "energy turns back": (
        line(8, lambda old: "7111.0" + old[old.index(" "):]), NOTHING,
        "spectra/site_003.dat, line 8: the energy 7111 turns back; energies must rise, or fall, throughout",
    ),
    "words only": (
        lambda structures, spectra: (spectra / "site_003.dat").write_text("no table\n"), NOTHING,
        "spectra/site_003.dat, line 1: 'no table' is not numbers: "
        "a table of numbers in columns is expected, the energies first",
    ),
    "empty": (
        lambda structures, spectra: (spectra / "site_003.dat").write_text(""), NOTHING,
        "spectra/site_003.dat: a table of numbers in columns is expected, the energies first",
    ),
    "binary": (
        lambda structures, spectra: (spectra / "site_003.dat").write_bytes(b"\x89HDF\0\0"), NOTHING,
        "spectra/site_003.dat: is no text file; columns of numbers are expected",
    ),
    "sticks as a curve": (
        lambda structures, spectra: (spectra / "site_003.dat").write_text("7112 1\n7114 2\n7120 1\n"), NOTHING,
        "spectra/site_003.dat: has 3 energies; a curve needs 10 or more (for sticks give a broadening)",
    ),
    "wave numbers": (
        lambda structures, spectra: np.savetxt(spectra / "site_003.dat", np.c_[np.arange(20) + 5.7e7, np.arange(20)]),
        NOTHING, "spectra/site_003.dat: energies reach 5.7e+07; eV or keV are expected, not 1/cm",
    ),
    "negative width": (
        lambda *_: None, {"broadening": -1.0}, "spectra: broadening is -1.0; a positive width in eV is expected",
    ),
    "negative strength": (
        line(7, "7115.0 -0.5"), {"broadening": 1.0},
        "spectra/site_003.dat, line 7: a line of negative strength; strengths of 0 or more are expected",
    ),
    "window": (
        lambda *_: None, {"window": (7000, 7020)},
        "spectra: window 7000 to 7020 eV; the spectra share 7112 to 7131.5 eV",
    ),
    "window falls": (
        lambda *_: None, {"window": (7120, 7115)},
        "spectra: window is (7120, 7115); two rising energies in eV are expected",
    ),
    "element absent": (
        of_structure("Fe", "Co"), NOTHING, "structures: structure site_003 holds no Fe; it is CoO2",
    ),
    "index": (
        lambda *_: None, {"absorber": 3}, "structures: structure site_000 has no atom 3; its atoms are 0 to 2",
    ),
    "no entry": (
        lambda *_: None, {"absorber": "centre"},
        "structures: structure site_000 has no entry 'centre'; "
        "the absorber must be an element, an index from 0 or a per-frame entry",
    ),
    "structure cut": (
        of_structure("3\n", "5\n"), NOTHING, "structures/site_003.xyz: ASE cannot read a structure from it",
    ),
    "bohr or nm": (
        lambda structures, spectra: write(
            structures / "site_003.xyz", Atoms("FeO2", [[0, 0, 0], [0.19, 0, 0], [0, 0.2, 0]])
        ),
        NOTHING,
        "structures: structure site_003: the atom nearest to the absorber is 0.19 angstrom away; "
        "0.3 to 5 are expected, lengths in angstrom",
    ),
    "descriptor constant": (
        all_alike, NOTHING, "structures: the descriptor does not vary: all 3 features are constant"),
    "spectra constant": (same_spectra, NOTHING, "spectra: the spectra do not vary in the window"),
    "descriptor unknown": (
        lambda *_: None, {"descriptor": "sopa"},
        "descriptor is 'sopa'; one of internal, soap, acsf, lmbtr, coulomb, or a table of features, is expected",
    ),
    "normalisation": (
        lambda *_: None, {"normalisation": "edge"}, "normalisation is 'edge'; one of none, area, maximum is expected",
    ),
    "no groups": (
        lambda *_: None, {"groups": "run"}, "structures: structure site_000 has no entry 'run'; its entries: none",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(case, folders):
    change, options, message = WRONG[case]
    change(*folders)
    with pytest.raises(DataError) as refused:
        own_data(*folders, **{"absorber": "Fe"} | options)
    text = str(refused.value).replace(f"{folders[0].parent}/", "")
    assert text == message or (case == "structure cut" and text.startswith(message))


def changed(raw, rng):
    """A file with something wrong at random: bytes changed, cut, doubled, swapped for what hurts."""
    place, kind = int(rng.integers(len(raw))), rng.integers(5)
    hurts = [
        b"nan",
        b"inf",
        b"-",
        b"1e999",
        b",",
        b";",
        b"\t",
        b"#",
        b"\n\n",
        b"\xff\xfe",
        b"\0",
        b" 7 ",
        b"Fe",
        b'"',
        b"=",
    ]
    if kind == 0:
        return raw[:place] + bytes([int(rng.integers(256))]) + raw[place + 1 :]
    if kind == 1:
        return raw[:place]
    if kind == 2:
        end = place + int(rng.integers(1, 60))
        return raw[:place] + raw[end:]
    if kind == 3:
        return raw[:place] + raw[max(0, place - 40) :]
    return raw[:place] + hurts[int(rng.integers(len(hurts)))] + raw[place:]


def test_changed_files_are_read_or_refused(tmp_path):
    """2,000 changed files of all layouts: success or DataError, nothing else."""
    rng, outcomes = np.random.default_rng(8), {True: 0, False: 0}
    lengths = made_own.structures(tmp_path / "structures")
    sources = [(read_structures, sorted((tmp_path / "structures").iterdir())[0], "Fe")]
    for code, make in CODES.items():
        make(tmp_path / code, lengths)
        file = next(one for one in sorted((tmp_path / code).rglob("*")) if one.is_file() and "_bav" not in one.name)
        sources.append((read_spectra, file, code == "orca"))
    made = made_own.molecules(count=3)[0]
    for atoms in made:
        atoms.cell, atoms.pbc = [9, 9, 9], True
    for ending in ("extxyz", "cif", "vasp"):
        file = tmp_path / f"some.{ending}"
        write(file, made if ending == "extxyz" else made[0], format=ending)
        sources.append((read_structures, file, "Fe"))
    for number in range(2000):
        read, file, option = sources[number % len(sources)]
        copy = tmp_path / f"changed{file.suffix}"
        copy.write_bytes(changed(file.read_bytes(), rng))
        try:
            read(copy, option)
            outcomes[True] += 1
        except DataError as error:
            assert "changed" in str(error)
            outcomes[False] += 1
    assert min(outcomes.values()) > 200


def test_a_table_keeps_the_lines_of_its_rows(tmp_path):
    file = tmp_path / "a.dat"
    file.write_text("3\ntitle of the run\n# energy mu\n1.0 1.5D-03\n\n# a remark\n2.0 2.5d+00\n")
    table = read_columns(file)
    np.testing.assert_allclose(table.values, [[1, 1.5e-3], [2, 2.5]])
    assert list(table.lines) == [4, 7] and table.names == ["energy", "mu"]


def test_pairs_go_by_name_whatever_their_order():
    names = ["a", "a_b", *(f"site{number}" for number in range(30))]
    structures = Structures(names, [None] * 32, [[0]] * 32, False, "structures")
    files = ["a_b", "a_z", *(f"site{number}.out.abs" for number in reversed(range(30)))]
    numbers = [np.array([float(number)]) for number in range(32)]
    paired = pair(structures, Spectra(files, numbers, numbers, True, False, "spectra"))
    assert paired.names[:3] == ["a_z", "a_b", "site0.out.abs"]
    assert [float(one[0]) for one in paired.energy[:3]] == [1, 0, 31]

"""Figures that move: their Python side, and in a real browser, from a file, the page's side of the same numbers."""

import json
import os
import re
import warnings
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from traitlets import TraitError

from nnca import ECA, EDNN, NNCA, Emulator
from nnca.data import load_h2o
from nnca.explorer import Direction, Molecule, Plane, Width, export_network
from nnca.explorer.export import gradient
from nnca.methods.base import evaluate
from nnca.networks import EncoderDecoder, Projection, mlp
from nnca.problem import water_problem

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # trained briefly on purpose
BROWSER = Path("/usr/bin/chromium")
SCRIPT = Path(__file__).resolve().parents[1] / "book" / "_static" / "explorer.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
OWN = ("file:", "blob:", "data:")  # what a page may load
NAME = "(e) => e.name || e.labels?.[0]?.textContent || e.textContent"  # a control's, a group's for radio buttons
STATES = 20  # random ones of each figure
AGREE = 1e-4  # page and torch


@pytest.fixture(scope="module")
def trained():
    """Water's problems, emulators, one number by each method, and an NNCA of two: poor ones, but real."""
    water, short = load_h2o(None, 400), {"random_state": 0, "epochs": 12}
    problems = {kind: water_problem(water, kind) for kind in ("xps", "xes", "xas")}
    emulators = {kind: Emulator((32, 32), **short).fit(*one.train) for kind, one in problems.items()}
    data, small = problems["xes"].train, {"decoder": (16, 16), **short}
    methods = {
        "EDNN": EDNN(encoder=(16, 16), latent_activation="identity", **small).fit(*data),
        "NNCA": NNCA(**small).fit(*data),
        "ECA": ECA(emulators["xes"], n_starts=2, random_state=0).fit(*data),
    }
    return water, problems, emulators, methods, NNCA(n_components=2, **small).fit(*data)


@pytest.fixture(scope="module")
def makers(trained):
    water, problems, emulators, methods, two = trained
    xes = problems["xes"]
    return {
        "molecule": lambda: Molecule(problems, emulators, methods),
        "direction": lambda: Direction(xes, emulators["xes"], methods),
        "width": lambda: Width(water),
        "plane": lambda: Plane(xes, two),
    }


@pytest.fixture
def molecule(makers):
    return makers["molecule"]()


def replayed(exported, x):
    """What a page does with an exported network.  (n, inputs) -> (n, outputs)"""
    for layer in exported["layers"]:
        weight = np.frombuffer(b64decode(layer["weight"]), "<f4").reshape(layer["shape"])
        x = x @ weight.T.astype(float)
        if layer["bias"]:
            x = x + np.frombuffer(b64decode(layer["bias"]), "<f4")
        x = np.tanh(x) if layer["slope"] == "tanh" else np.where(x < 0, layer["slope"] * x, x)
    return x


@pytest.mark.parametrize(
    "module",
    [
        mlp((3, 20, 9)),
        mlp((3, 20, 20, 9), "tanh"),
        mlp((3, 20, 9), "leaky_relu", "relu"),
        EncoderDecoder(mlp((3, 8, 1), last="relu"), mlp((1, 8, 9))),
        nn.Sequential(nn.Linear(3, 5, bias=False), nn.Identity(), nn.Linear(5, 4)),
    ],
    ids=["relu", "tanh", "leaky", "EDNN", "no bias"],
)
def test_an_exported_network_gives_what_torch_gives(module):
    X = np.random.default_rng(1).normal(size=(50, 3))
    exported = json.loads(json.dumps(export_network(module, X)))
    assert np.abs(replayed(exported, X) - evaluate(module, X)).max() < 1e-6
    stored = np.frombuffer(b64decode(exported["check"]["y"]), "<f4")
    assert np.allclose(stored, evaluate(module, np.array(exported["check"]["x"])).ravel(), atol=1e-6)


def test_a_projection_is_exported_by_its_orthonormal_vectors():
    projection = Projection(5, 2)
    nn.init.normal_(projection.weight)
    X = np.random.default_rng(0).normal(size=(9, 5))
    assert np.abs(replayed(export_network(projection), X) - evaluate(projection, X)).max() < 1e-6


def test_a_last_layer_is_no_wider_than_its_rank(trained):
    _, problems, emulators, *_ = trained
    module, X = emulators["xps"].module_, problems["xps"].test[0]
    exported = export_network(module)
    inner, outer = (layer["shape"] for layer in exported["layers"][-2:])
    assert len(exported["layers"]) == 4 and inner[0] == outer[1] < 20 and outer[0] == 121
    assert np.abs(replayed(exported, X) - evaluate(module, X)).max() < 1e-5


def test_a_layer_that_the_page_cannot_evaluate_is_refused_by_name():
    with pytest.raises(ValueError, match="Softplus"):
        export_network(nn.Sequential(nn.Linear(2, 2), nn.Softplus()))


@pytest.mark.parametrize(
    ("figure", "trait", "value"),
    [
        ("molecule", "angle", 20.0),
        ("molecule", "angle", float("nan")),
        ("molecule", "oh_lengths", (0.9, 3.0)),
        ("molecule", "oh_lengths", (0.9,)),
        ("molecule", "method", "PCA"),
        ("molecule", "t", 1e6),
        ("direction", "v", (0.0, 0.0, 0.0)),
        ("width", "kind", "xmcd"),
        ("width", "fwhm", 0.0),
        ("width", "molecule", 80),
        ("plane", "turn", -1.0),
    ],
)
def test_bad_values_are_refused_by_name_and_change_nothing(makers, figure, trait, value):
    widget = makers[figure]()
    before = getattr(widget, trait)
    with pytest.raises(TraitError, match=trait):
        setattr(widget, trait, value)
    assert getattr(widget, trait) == before


def test_an_eca_of_another_emulator_is_refused(trained):
    _, problems, emulators, methods, _ = trained
    other = emulators | {"xes": Emulator((8,), random_state=1, epochs=1).fit(*problems["xes"].train)}
    with pytest.raises(ValueError, match="another emulator"):
        Molecule(problems, other, {"ECA": methods["ECA"]})


def test_a_plane_needs_two_components(trained):
    with pytest.raises(ValueError, match="two components"):
        Plane(trained[1]["xes"], trained[3]["NNCA"])


def test_t_follows_the_molecule_and_the_molecule_follows_t(molecule, trained):
    seen = []
    molecule.observe(lambda change: seen.append(change["name"]), ["t", "angle"])
    for method in trained[3]:
        molecule.reset()
        molecule.method = method
        z = trained[1]["xes"].inputs.transform([[112.0, *molecule.oh_lengths]])
        molecule.angle = 112.0
        assert molecule.t == pytest.approx(trained[3][method].transform(z)[0, 0], abs=1e-9)
        low, high = trained[3][method].latent_range_[:, 0]
        goal = molecule.t + 0.05 * (high - low)
        molecule.t = goal
        assert molecule.t == pytest.approx(goal, abs=1e-3 * (high - low)) and molecule.angle != 112.0
    assert {"t", "angle"} <= set(seen)


def test_holding_remembers_where_it_began_and_ends_when_t_is_changed_from_outside(molecule):
    molecule.angle = 100.0
    molecule.hold = True
    assert molecule.held_at == (100.0, *molecule.oh_lengths)
    molecule.angle = 120.0
    assert not molecule.hold


@pytest.mark.parametrize("figure", ["molecule", "direction", "width", "plane"])
def test_html_holds_a_picture_its_alt_text_and_the_state_and_asks_nobody_for_anything(makers, figure):
    widget = makers[figure]()
    bundle, _ = widget._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} <= set(bundle)
    text = widget.html("own-name", "What is <drawn> here.")
    assert "What is &lt;drawn&gt; here." in text and 'data-name="own-name"' in text
    assert text.count("</script>") == 1  # nothing in the block ends it
    block = json.loads(re.search(r'<script type="application/json">(.*)</script>', text, re.S)[1])
    assert block["state"] == json.loads(json.dumps({key: getattr(widget, key) for key in widget.kept}))
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert b64decode(re.search(r"data:image/png;base64,([^\"]+)", text)[1])[:4] == b"\x89PNG"
    assert len(text) < 300_000


# In the browser


@pytest.fixture(scope="module")
def chromium():
    if not BROWSER.exists():
        if os.environ.get("NNCA_BROWSER") == "required":
            pytest.fail(f"{BROWSER} is missing: apt-get install chromium")
        warnings.warn(f"FIGURES NOT TESTED IN A BROWSER: {BROWSER} is missing (apt-get install chromium)", stacklevel=1)
        pytest.skip(f"{BROWSER} is missing: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=str(BROWSER), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(makers, tmp_path_factory):
    """A page for each figure, as the book has it.  -> {figure: (file's address, its text)}"""
    folder, found = tmp_path_factory.mktemp("pages"), {}
    for name, make in makers.items():
        text = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title><main>{make().html()}</main>'
        text += f"<script>{SCRIPT.read_text()}</script>"
        file = folder / f"{name}.html"
        file.write_text(text)
        found[name] = file.as_uri(), text
    return found


@pytest.fixture
def visit(chromium, files):
    """visit(figure) -> page, which must have had no error and asked for nothing but itself when the test is over."""
    troubles, contexts = [], []

    def opened(figure, fragment="", width=1000, **options):
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda sent: None if sent.url.startswith(OWN) else troubles.append(sent.url))
        page.goto(files[figure][0] + fragment)
        if options.get("java_script_enabled", True):
            page.wait_for_selector(".nnca-figure.live")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not troubles


def ask(page, code, argument=None):
    return page.evaluate(f"(given) => {{ const it = document.querySelector('.nnca-live').explorer; {code} }}", argument)


def sentence(page):
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.text_content(".sentence")


def of_molecule(widget, rng):
    widget.hold = False
    widget.oh_lengths = tuple(rng.uniform(0.9, 1.1, 2))
    widget.angle, widget.method = rng.uniform(90, 120), rng.choice(["EDNN", "NNCA", "ECA"]).item()
    spectra = {kind: S for kind, (_, S) in widget.spectra().items()}
    return {"spectra": spectra, "t": widget.t, "predicted": widget.predicted()}


def of_direction(widget, rng):
    widget.v = tuple(rng.normal(size=3))
    return {"r2": widget.score()}


def of_width(widget, rng):
    widget.kind, widget.fwhm = rng.choice(["xps", "xes", "xas"]).item(), rng.uniform(0.2, 3)
    widget.molecule = int(rng.integers(80))
    _, mean, sigma = widget.spread()
    return {"mean": mean, "sigma": sigma, "own": widget.spectra()[1][widget.molecule]}


def of_plane(widget, rng):
    widget.turn = rng.uniform(0, 180)
    return {"first": widget.score(), "total": widget.total()}


FIGURES = {"molecule": of_molecule, "direction": of_direction, "width": of_width, "plane": of_plane}


def differences(here, there):
    """Largest differences of two nested dicts of numbers, relative where numbers are large."""
    if isinstance(there, dict):
        assert set(here) == set(there)
        return [one for key in there for one in differences(here[key], there[key])]
    return [float(np.max(np.abs(np.subtract(here, there)) / max(1.0, float(np.abs(there).max()))))]


@pytest.mark.parametrize("figure", FIGURES)
def test_twenty_random_states_agree_with_torch(visit, makers, figure):
    page, widget, rng = visit(figure), makers[figure](), np.random.default_rng(7)
    assert ask(page, "return it.error") < AGREE
    for _ in range(STATES):
        there = FIGURES[figure](widget, rng)
        state = {key: getattr(widget, key) for key in widget.kept}
        assert max(differences(ask(page, "it.change(given); return it.values()", state), there)) < AGREE


HANDLES = {  # what is dragged, and the curve that follows
    "molecule": (".handle .hydrogen >> nth=1", "path.curve >> nth=1"),
    "direction": (".ring", ".ring"),
    "plane": (".handle .hydrogen", "path.first"),
    "width": ("input[type=range] >> nth=0", "path.own"),
}


def drag(page, handle, moves, dx, dy):
    """By mouse: `moves` small ones from the middle of what is dragged."""
    box = page.locator(handle).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for number in range(1, moves + 1):
        page.mouse.move(x + dx * number / moves, y + dy * number / moves)
        page.evaluate("new Promise(requestAnimationFrame)")
    page.mouse.up()


@pytest.mark.parametrize("figure", HANDLES)
def test_a_drag_changes_curve_and_sentence_and_is_drawn_at_once(visit, figure):
    page, (handle, curve) = visit(figure), HANDLES[figure]
    drawn = "element => element.outerHTML"
    before = page.locator(curve).evaluate(drawn), sentence(page)
    for _ in range(3):  # others may be busy on this machine
        ask(page, "it.times.length = 0")
        drag(page, handle, 60, -200 if figure == "width" else 30, 60)
        times = ask(page, "return it.times")
        if np.median(times) < 16 and max(times) < 33:
            break
    after = page.locator(curve).evaluate(drawn), sentence(page)
    assert before[0] != after[0] and before[1] != after[1]
    assert len(times) >= 20 and np.median(times) < 16 and max(times) < 33
    text = "document.querySelector('{}').textContent".format
    page.wait_for_function(f"{text('.spoken')} === {text('.sentence')}")  # said aloud a little later


@pytest.mark.parametrize("figure", FIGURES)
def test_the_keyboard_alone_reaches_every_control_and_goes_back(visit, figure):
    page = visit(figure)
    first, start, reached = sentence(page), ask(page, "return it.state()"), []
    while "Reset" not in reached and len(reached) < 20:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(f"({NAME})(document.activeElement)"))
        if page.evaluate("['range', 'radio'].includes(document.activeElement.type)"):
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowRight")
    stops = set(page.evaluate(f"[...document.querySelectorAll('input, button')].map({NAME})"))
    assert reached[-1] == "Reset" and set(reached) == stops
    assert sentence(page) != first
    page.keyboard.press("Enter")
    assert sentence(page) == first and ask(page, "return it.state()") == start


def test_held_the_molecule_moves_where_the_number_stays(visit):
    page = visit("molecule")
    for method in ("EDNN", "NNCA", "ECA"):
        page.get_by_role("button", name="Reset").click()
        page.get_by_label(method, exact=True).check()
        page.get_by_label("hold that number").check()
        start, t = ask(page, "return it.state()"), ask(page, "return it.values().t")
        drag(page, ".handle .hydrogen >> nth=1", 20, 12, 6)
        moved, now = ask(page, "return it.state()"), ask(page, "return it.values().t")
        assert moved["hold"] and moved["oh_lengths"] != start["oh_lengths"]
        span = json.loads(page.text_content("script[type='application/json']"))["figure"]["methods"][method]["range"]
        assert abs(now - t) < 5e-3 * (span[1] - span[0])
        assert f"{method}'s t₁ is held" in sentence(page)


def test_leaving_the_training_data_greys_the_spectra_and_is_said(visit):
    page = visit("molecule")
    ask(page, "it.change({ oh_lengths: [1.25, 0.8] })")
    assert "networks guess" in sentence(page) and page.locator(".nnca-explorer.unknown").count() == 1
    page.get_by_role("button", name="Reset").click()
    assert "networks guess" not in sentence(page) and page.locator(".nnca-explorer.unknown").count() == 0


def test_a_link_leads_to_a_state_and_the_state_makes_a_link(visit):
    page = visit("molecule", "#molecule?angle=111.5&method=NNCA")
    assert ask(page, "return [it.state().angle, it.state().method]") == [111.5, "NNCA"]
    ask(page, "it.change({ angle: 99 })")
    page.wait_for_function("location.hash.includes('angle=99')")
    wrong = visit("molecule", "#molecule?angle=wide&oh_lengths=1&method=PCA")
    assert "This is the mean molecule" in sentence(wrong)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_picture_stands_in_where_no_script_runs_and_in_print(visit, figure):
    page = visit(figure, java_script_enabled=False)
    assert page.locator("img").bounding_box()["height"] > 150 and len(page.locator("img").get_attribute("alt")) > 60
    page = visit(figure)
    assert not page.locator("img.nnca-still").is_visible()
    page.emulate_media(media="print")
    assert page.locator("img.nnca-still").is_visible() and not page.locator(".nnca-live").is_visible()


@pytest.mark.parametrize("figure", FIGURES)
def test_a_narrow_screen_holds_it_and_a_finger_moves_it(visit, figure):
    page = visit(figure, width=375, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    before = sentence(page)
    page.locator(HANDLES[figure][0]).scroll_into_view_if_needed()
    box = page.locator(HANDLES[figure][0]).bounding_box()
    page.touchscreen.tap(box["x"] + 0.8 * box["width"], box["y"] + 0.8 * box["height"])
    assert sentence(page) != before


def test_numbers_that_differ_from_the_stored_ones_are_said(chromium, files, tmp_path):
    text = re.sub(r'"check":\{"x":\[\[[^,]+', '"check":{"x":[[9', files["direction"][1])
    (tmp_path / "wrong.html").write_text(text)
    page = chromium.new_page()
    page.goto((tmp_path / "wrong.html").as_uri())
    page.wait_for_selector(".nnca-figure.live")
    assert "do not trust" in page.text_content("[role=alert]")
    page.close()


def test_a_gradient_of_a_dead_network_is_zero():
    dead = nn.Sequential(nn.Linear(2, 1), nn.ReLU())
    with torch.no_grad():
        dead[0].bias.fill_(-100)
    value, slope = gradient(dead, [0.1, 0.2])
    assert value == 0 and not slope.any()

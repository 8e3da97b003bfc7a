// From the moments of a mean spectrum to the neighbours of Ge, by two ways.

const CURVE = 241, SIDE = 41, DECADES = 3; // points of a curve, and along each side of a map; how far an error is drawn
const SIX = 6; // nearest O, over which an error is averaged
const WAYS = { expansion: "expansion", pattern: "pattern" };

/** A model as functions: its decoder, and both ways from t to 17 distances. */
function modelOf(one, figure) {
  const decode = network(one.decoder), k = one.reach[0].length, { mean, scale, charge } = figure.distances, n = mean.length;
  const ways = Object.fromEntries(Object.keys(WAYS).map((by) => [by, floats(one.ways[by])]));
  const distances = (t, by) => mean.map((_, i) => {
    let x = ways[by][i];
    for (let j = 0; j < k; j++) x += t[j] * ways[by][(j + 1) * n + i];
    const element = mean[i] + scale[i] * x;
    return element > 0 ? charge[i] / element : NaN;
  });
  return { ...one, decode, k, distances, check: [decode, one.decoder.check] };
}

/** The decoded moments over all t that are shown, once for each model: a curve, or a map from the top left. */
function decodedOver(model) {
  if (model.grid) return model.grid;
  const [low, high] = model.reach, along = (j, share) => low[j] + share * (high[j] - low[j]);
  const places = model.k === 1 ? Array.from({ length: CURVE }, (_, i) => [along(0, i / (CURVE - 1))])
    : Array.from({ length: SIDE * SIDE }, (_, i) => [along(0, ((i % SIDE) + 0.5) / SIDE), along(1, 1 - (Math.floor(i / SIDE) + 0.5) / SIDE)]);
  return (model.grid = { places, moments: places.map((t) => Float64Array.from(model.decode(t))) });
}

const missed = (a, b) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);

/** The valley of the fit: a curve over t1, or a map over t1 and t2, with a knob at t. */
function valley(parent, model, given, stage) {
  parent.replaceChildren();
  const [low, high] = model.reach, { places, moments } = decodedOver(model), map = model.k === 2;
  const floor = Math.log10(Math.min(...given.map((goal, level) => missed(model.decode(model.fits[level]), goal)))) - 0.2;
  const y = map ? [low[1], high[1]] : [floor, floor + DECADES];
  const area = panel(parent, { width: 340, height: map ? 290 : 230, x: [low[0], high[0]], y, left: 54, ticks: 5, yTicks: map ? 5 : 0, xLabel: "latent variable t₁",
    yLabel: map ? "t₂" : "squared error", label: `Squared error of the moments over ${map ? "t₁ and t₂" : "t₁"}` });
  if (!map) for (let power = Math.ceil(floor); power <= floor + DECADES; power++)
    make(area.svg, "text", { x: area.left - 6, y: area.y(power) + 4, "text-anchor": "end", class: "tick" }, tenTo(power));
  const image = map && make(area.svg, "image", { x: area.left, y: area.top, width: area.right - area.left, height: area.bottom - area.top, preserveAspectRatio: "none" });
  const curve = make(area.svg, "path", { class: "curve" }), fit = make(area.svg, "path", { class: "fit" });
  const knob = make(area.svg, "g");
  make(knob, "circle", { r: 24, class: "reach" });
  make(knob, "circle", { r: 9, class: "knob" });
  draggable(area.svg, knob, ([px, py]) => {
    const share = (px - area.left) / (area.right - area.left), up = (area.bottom - py) / (area.bottom - area.top), t = stage.state().t;
    const t1 = clip(low[0] + share * (high[0] - low[0]), low[0], high[0]);
    stage.change({ t: [t1, map ? clip(low[1] + up * (high[1] - low[1]), low[1], high[1]) : t[1]] });
  });
  const top = (error) => area.y(clip(Math.log10(error), floor, floor + DECADES));
  let shown = -1;
  return ({ t }, level, error) => {
    const best = model.fits[level];
    if (shown !== level) {
      const errors = moments.map((one) => missed(one, given[level]));
      if (map) set(image, { href: colourMap(errors.map((one) => 255 * clip(1 - (Math.log10(one) - floor) / DECADES, 0, 1)), SIDE) });
      else set(curve, { d: line(places.map(([one]) => area.x(one)), errors.map(top)) });
      const x = area.x(best[0]);
      set(fit, { d: map ? `M${x - 9} ${area.y(best[1])}h18m-9 -9v18` : `M${x} ${area.bottom}V${area.top}` });
      shown = level;
    }
    set(knob, { transform: `translate(${area.x(t[0])} ${map ? area.y(t[1]) : top(error)})` });
  };
}

/** The mean spectrum, and for each line its mean and one standard deviation to either side, given and decoded. */
function spectrumPanel(parent, figure) {
  const { window, channels, top } = figure.spectra, S = floats(figure.spectra.values), lines = figure.lines.length;
  const area = panel(parent, { width: 400, height: 150, x: window, y: [0, 1.45 * top], xLabel: "energy (eV)", ticks: 6, label: "Mean spectrum, and the place and width of its two lines" });
  const xs = Float64Array.from({ length: channels }, (_, i) => area.x(window[0] + ((window[1] - window[0]) * i) / (channels - 1)));
  const curve = make(area.svg, "path", { class: "curve" }), given = make(area.svg, "path", { class: "known" }), found = make(area.svg, "path", { class: "found" });
  for (const one of figure.lines) make(area.svg, "text", { x: area.x((one.window[0] + one.window[1]) / 2), y: 16, "text-anchor": "middle", class: "name" }, one.name);
  const cross = (moments, y) => Array.from({ length: lines }, (_, i) => {
    const [mean, sigma] = [0, 1].map((j) => figure.moments.mean[4 * i + j] + figure.moments.scale[4 * i + j] * moments[4 * i + j]);
    return `M${area.x(mean - sigma)} ${y}H${area.x(mean + sigma)}M${area.x(mean)} ${y - 5}v10`;
  }).join("");
  return (level, goal, moments) => {
    set(curve, { d: line(xs, Float64Array.from(S.subarray(level * channels, (level + 1) * channels), area.y)) });
    set(given, { d: cross(goal, 28) });
    set(found, { d: cross(moments, 40) });
  };
}

/** Eight moments in standard deviations: given and decoded.  Their distances, squared and added, are the error. */
function momentsPanel(parent, figure, given) {
  const most = 1.4 * Math.max(...given.flatMap((goal) => Array.from(goal, Math.abs)), 1), short = ["mean", "s. d.", "skew", "kurt."];
  const area = panel(parent, { width: 400, height: 150, x: [0, 8], y: [-most, most], left: 46, ticks: [], yTicks: 4, yLabel: "moments", label: "Eight moments in standard deviations, given and decoded" });
  for (let i = 0; i < 8; i++) make(area.svg, "text", { x: area.x(i + 0.5), y: area.bottom + 15, "text-anchor": "middle", class: "tick" }, short[i % 4]);
  make(area.svg, "path", { class: "unit", d: `M${area.left} ${area.y(0)}H${area.right}M${area.x(4)} ${area.bottom}V${area.top}` });
  figure.lines.forEach((one, i) => make(area.svg, "text", { x: area.x(4 * i) + 8, y: 20, class: "name" }, one.name));
  const known = make(area.svg, "path", { class: "known" }), found = make(area.svg, "path", { class: "dots" });
  return (goal, moments) => {
    set(known, { d: Array.from(goal, (value, i) => `M${area.x(i + 0.5) - 9} ${area.y(value)}h18`).join("") });
    set(found, { d: dots(Array.from(moments, (value, i) => [area.x(i + 0.5), area.y(clip(value, -most, most))])) });
  };
}

/** Distances of all neighbours: known, by expansion and by pattern. */
function distancesPanel(parent, figure, known) {
  const { species } = figure.distances, n = species.length, all = known.flat(), order = [...species.keys()].sort((a, b) => (species[a] === "O" ? 0 : 1) - (species[b] === "O" ? 0 : 1) || a - b);
  const range = [Math.min(...all) - 0.2, Math.max(...all) + 0.5], gap = 0.6, oxygen = species.filter((one) => one === "O").length;
  const area = panel(parent, { width: 620, height: 230, x: [0, n + gap], y: range, left: 46, ticks: [], yTicks: 5, yLabel: "distance (Å)", kind: "wide", label: "Distances of 17 neighbours from the central Ge" });
  const place = order.map((_, i) => area.x(i + 0.5 + (i < oxygen ? 0 : gap)));
  order.forEach((_, at) => make(area.svg, "text", { x: place[at], y: area.bottom + 16, "text-anchor": "middle", class: "tick" }, at < oxygen ? at + 1 : at - oxygen + 1));
  for (const [at, name] of [[0, "O, by distance"], [oxygen, "Ge, by distance"]]) make(area.svg, "text", { x: place[at] - 10, y: 20, class: "name" }, name);
  const bars = make(area.svg, "path", { class: "known" }), expansion = make(area.svg, "path", { class: "dots" }), pattern = make(area.svg, "path", { class: "squares" });
  const at = (values, shape) => order.map((i, number) => (Number.isFinite(values[i]) ? shape(place[number], area.y(clip(values[i], ...range))) : "")).join("");
  return (level, found) => {
    set(bars, { d: at(known[level], (x, y) => `M${x - 12} ${y}h24`) });
    set(expansion, { d: at(found.expansion, (x, y) => `M${x - 5} ${y}h0`) });
    set(pattern, { d: at(found.pattern, (x, y) => `M${x + 1} ${y - 4}h8v8h-8Z`) });
  };
}

/** The central Ge and its neighbours, each at its distance in a direction that stays: farther atoms are drawn first. */
function cluster(parent, figure, name) {
  const around = make(parent, "div");
  make(around, "p", { class: "title" }, `by ${name}`);
  const svg = make(around, "svg", { viewBox: "0 0 300 270", role: "img", "aria-label": `Cluster by ${name}` });
  const { species } = figure.distances, directions = floats(figure.directions), zoom = 28;
  const atoms = [...species, "Ge"].map(() => {
    const group = make(svg, "g");
    return { bond: make(group, "path", { class: "bond" }), ball: make(group, "circle") };
  });
  const draw = (distances, axes) => {
    const places = species.map((symbol, i) => {
      const p = [0, 1, 2].map((j) => directions[3 * i + j] * distances[i]);
      return { symbol, x: dot(axes[0], p), y: dot(axes[1], p), z: dot(axes[2], p), bonded: symbol === "O" && distances[i] < figure.bonded };
    });
    places.push({ symbol: "Ge", x: 0, y: 0, z: 0, centre: true });
    const seen = places.filter((one) => Number.isFinite(one.z)).sort((a, b) => a.z - b.z);
    atoms.forEach(({ bond, ball }, i) => {
      const one = seen[i];
      set(ball, { visibility: one ? "visible" : "hidden" });
      set(bond, { d: one?.bonded ? `M150 135L${150 + zoom * one.x} ${135 - zoom * one.y}` : "" });
      if (!one) return;
      const near = 1 + one.z / 16;
      set(ball, { cx: 150 + zoom * one.x, cy: 135 - zoom * one.y, r: (one.centre ? 14 : one.symbol === "Ge" ? 11 : 8) * near, class: `atom ${one.symbol}`,
        style: `--near: ${Math.round(clip(75 + 7 * one.z, 40, 100))}%` });
    });
  };
  return { svg, draw };
}

export default explorer(["method", "components", "pressure", "t", "view"], (stage) => {
  const { root, figure } = stage, n = figure.distances.species.length, m = figure.moments.mean.length;
  const models = Object.fromEntries(Object.entries(figure.models).map(([name, group]) => [name, group.map((one) => modelOf(one, figure))]));
  stage.checks = Object.values(models).flat().map((one) => one.check);
  const rows = (text, width) => figure.pressures.map((_, i) => Array.from(floats(text).subarray(i * width, (i + 1) * width)));
  const given = rows(figure.given, m), known = rows(figure.distances.known, n), levelOf = ({ pressure }) => figure.pressures.indexOf(pressure);
  const fitted = (changes) => {
    const state = { ...stage.state(), ...changes }, components = Math.min(state.components, models[state.method].length);
    stage.change({ ...changes, components, t: models[state.method][components - 1].fits[levelOf(state)] });
  };
  const top = make(root, "div", { class: "two" }), left = make(top, "div"), right = make(top, "div");
  const place = make(left, "div"), settings = make(left, "div");
  const pressures = figure.pressures;
  const pressureOf = slider(settings, { label: "pressure", min: 0, max: pressures.length - 1, step: 1, text: (i) => `${tidy(pressures[i])} GPa` }, (i) => fitted({ pressure: pressures[i] }));
  const most = Object.values(models).flat().reduce((reach, { reach: [low, high] }) => Math.max(reach, ...low.map(Math.abs), ...high.map(Math.abs)), 0);
  const limit = Math.ceil(10 * most) / 10, ofT = { min: -limit, max: limit, step: 0.01, digits: 2 };
  const near = (j, value) => {
    const { method, components, t } = stage.state(), { reach: [low, high] } = models[method][components - 1];
    stage.change({ t: t.map((old, i) => (i === j ? clip(value, low[j], high[j]) : old)) });
  };
  const t1 = slider(settings, { ...ofT, label: "t₁" }, (value) => near(0, value)), t2 = slider(settings, { ...ofT, label: "t₂" }, (value) => near(1, value));
  const second = settings.lastChild, names = Object.fromEntries(Object.keys(models).map((name) => [name, name]));
  const methodOf = choice(settings, "Method", names, (method) => fitted({ method }));
  const several = Object.values(models).some((group) => group.length > 1);
  const componentsOf = several ? choice(settings, "Components", { 1: "one", 2: "two" }, (value) => fitted({ components: Number(value) })) : () => {};

  const spectrum = spectrumPanel(right, figure), moments = momentsPanel(right, figure, given);
  const distances = distancesPanel(root, figure, known), legend = make(root, "p", { class: "legend" });
  for (const [kind, text] of [["known", "known"], ["dots", "decoded; by expansion"], ["squares", "by pattern"]]) make(legend, "span", { class: `key ${kind}` }, text);
  const pair = make(root, "div", { class: "pair" }), clusters = Object.keys(WAYS).map((by) => cluster(pair, figure, by));
  const species = make(root, "p", { class: "legend" });
  for (const symbol of ["Ge", "O"]) make(species, "span", { class: `key ball ${symbol}` }, symbol);
  make(species, "span", {}, `Only the distances come from the spectrum. The directions are those of one training site. Lines lead to O nearer than ${figure.bonded} Å.`);
  const below = make(root, "div", { class: "settings" }), turnedTo = turning(below, clusters.map((one) => one.svg), stage);
  const actions = make(below, "div", { class: "actions" });
  button(actions, "To the fit", () => fitted({}));
  button(actions, "Reset", stage.reset);
  const found = ({ method, components, t }) => {
    const model = models[method][components - 1];
    return { moments: Array.from(model.decode(t)), expansion: model.distances(t, "expansion"), pattern: model.distances(t, "pattern") };
  };
  const oxygen = figure.distances.species.map((one, i) => (one === "O" ? i : -1)).filter((i) => i >= 0).slice(0, SIX);
  const blind = figure.distances.mean.map((value, i) => figure.distances.charge[i] / value);
  stage.values = (state) => ({ ...found(state), error: missed(found(state).moments, given[levelOf(state)]) });
  let shown = "", drawValley;
  return (state) => {
    const { method, components, pressure, t, view } = state, model = models[method][components - 1], level = levelOf(state);
    const here = found(state), error = missed(here.moments, given[level]), best = model.fits[level];
    if (shown !== method + components) drawValley = valley(place, model, given, stage);
    shown = method + components;
    root.dataset.method = method;
    drawValley(state, level, error);
    spectrum(level, given[level], here.moments);
    moments(given[level], here.moments);
    distances(level, here);
    clusters.forEach((one, i) => one.draw(here[Object.keys(WAYS)[i]], axesOf(view)));
    pressureOf(level);
    t1(t[0]);
    t2(t[1]);
    second.hidden = components === 1;
    methodOf(method);
    componentsOf(String(components));
    turnedTo(view);
    const off = (values) => fixed(oxygen.reduce((sum, i) => sum + Math.abs(values[i] - known[level][i]), 0) / oxygen.length, 3).replace("NaN", "?");
    const at = t.slice(0, model.k).map((value, j) => `t${"₁₂"[j]} = ${fixed(value, 2)}`).join(", "), away = Math.max(...best.map((value, j) => (j < model.k ? Math.abs(value - t[j]) : 0)));
    const fit = away < 0.005 ? "the fit" : `the fit leaves ${fixed(missed(model.decode(best), given[level]), 3)}`, none = here.expansion.filter((d) => !Number.isFinite(d)).length;
    return `${tidy(pressure)} GPa, ${method} with ${components === 1 ? "one component" : "two components"}: ${at} leaves a squared error of ${fixed(error, 3)} (${fit}). ` +
      `The six nearest O are off by ${off(here.expansion)} Å by expansion and ${off(here.pattern)} Å by pattern; the mean structure is off by ${off(blind)} Å.` +
      (none ? ` The expansion has no distance for ${none} of the neighbours.` : "");
  };
});

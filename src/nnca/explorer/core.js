// What all figures share: networks, drawing, controls, the sentence, and the check against torch.

const LARGEST_ERROR = 1e-4; // of a page's numbers against the stored ones of torch
const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "g", "path", "line", "circle", "rect", "text", "image"]);

/** A new element below `parent`; `text` is its content. */
function make(parent, tag, attributes = {}, text = "") {
  const element = DRAWN.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  set(element, attributes);
  if (text) element.textContent = text;
  parent.append(element);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);

/** Numbers kept as one byte each between low and high, a pair for each column of their rows. */
function unpacked(text, low, high) {
  const columns = low.length;
  return Float64Array.from(bytes(text), (b, i) => low[i % columns] + ((high[i % columns] - low[i % columns]) * b) / 255);
}

/** A network of `nnca.explorer.export` as a function from an array to an array, which the next call overwrites. */
function network(exported) {
  const layers = exported.layers.map(({ shape, weight, bias, slope }) => ({
    outputs: shape[0], inputs: shape[1], weight: floats(weight), bias: bias && floats(bias), slope,
    result: new Float64Array(shape[0]),
  }));
  return (input) => {
    for (const { outputs, inputs, weight, bias, slope, result } of layers) {
      for (let row = 0, at = 0; row < outputs; row++) {
        let sum = bias ? bias[row] : 0;
        for (let column = 0; column < inputs; column++, at++) sum += weight[at] * input[column];
        result[row] = slope === "tanh" ? Math.tanh(sum) : sum < 0 ? slope * sum : sum;
      }
      input = result;
    }
    return input;
  };
}

/** The largest difference between what networks give here and what torch gave when they were stored. */
function largestError(pairs) {
  let worst = 0;
  for (const [evaluate, check] of pairs)
    check.x.forEach((x, row) => {
      const here = evaluate(x), there = floats(check.y).subarray(row * here.length);
      here.forEach((value, i) => { worst = Math.max(worst, Math.abs(value - there[i])); });
    });
  return worst;
}

const norm = (a, b) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b ? b[i] : 0)) ** 2, 0));
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const clip = (value, low, high) => Math.min(high, Math.max(low, value));
const fixed = (value, digits) => value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "−");
const percent = (share) => (share < 0.0995 ? fixed(100 * share, 1) : fixed(100 * share, 0)) + " %";

/** A power of ten in words: 10⁻⁶. */
const tenTo = (power) => power === 0 ? "1" : power === 1 ? "10" : `10${String(power).replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)])}`;

/** Axes of a panel that is `width` by `height`: scales x and y, a frame, ticks and labels. */
function panel(parent, { width, height, x, y, xLabel, yLabel, label, left = 16, ticks = 4, yTicks = 0, kind = "" }) {
  const svg = make(parent, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: kind });
  const bottom = height - (xLabel ? 36 : 20), right = width - 16, top = 8;
  const scale = {
    x: (value) => left + ((value - x[0]) / (x[1] - x[0])) * (right - left),
    y: (value) => bottom - ((value - y[0]) / (y[1] - y[0])) * (bottom - top),
  };
  make(svg, "path", { class: "axis", d: `M${left} ${bottom}H${right}` + (yTicks ? `M${left} ${bottom}V${top}` : "") });
  for (const value of Array.isArray(ticks) ? ticks : nice(x, ticks)) {
    make(svg, "path", { class: "axis", d: `M${scale.x(value)} ${bottom}v4` });
    make(svg, "text", { x: scale.x(value), y: bottom + 16, dy: "0.05em", "text-anchor": "middle", class: "tick" }, tidy(value));
  }
  for (const value of yTicks ? nice(y, yTicks) : []) {
    make(svg, "path", { class: "axis", d: `M${left} ${scale.y(value)}h-4` });
    make(svg, "text", { x: left - 6, y: scale.y(value) + 4, "text-anchor": "end", class: "tick" }, tidy(value));
  }
  if (xLabel) make(svg, "text", { x: (left + right) / 2, y: height - 4, "text-anchor": "middle" }, xLabel);
  if (yLabel)
    make(svg, "text", { transform: `translate(11 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle", class: "upright" }, yLabel);
  return { svg, ...scale, left, right, top, bottom };
}

const tidy = (value) => String(Math.round(value * 1000) / 1000).replace("-", "−");

/** About `count` round numbers between low and high. */
function nice([low, high], count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.99);
  const found = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + 1e-9 * step; value += step) found.push(value);
  return found;
}

const line = (xs, ys) => "M" + Array.from(xs, (x, i) => `${x.toFixed(1)} ${ys[i].toFixed(1)}`).join("L");

/** The outline of what lies between two curves. */
function between(xs, low, high) {
  return line(xs, low) + "L" + line([...xs].reverse(), [...high].reverse()).slice(1) + "Z";
}

/** Many small dots as one path, whose stroke has round ends. */
const dots = (points) => points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("");

const STEPS = 20; // of a map's colours from 0 to 1: the edges of equal colour are contours
const CIVIDIS = [[0, 34, 78], [53, 69, 108], [102, 105, 112], [148, 142, 119], [200, 184, 102], [254, 232, 56]];

/** The colour of a share from 0 to 1: red, green and blue. */
function colour(share) {
  const place = clip(share, 0, 1) * (CIVIDIS.length - 1), low = Math.min(Math.floor(place), CIVIDIS.length - 2);
  return CIVIDIS[low].map((value, i) => Math.round(value + (place - low) * (CIVIDIS[low + 1][i] - value)));
}

const PAINTS = Array.from({ length: STEPS }, (_, i) => colour(i / (STEPS - 1)));

/** A square map as the address of a picture: `values` are from 0 to 255, row by row from the top left. */
function colourMap(values, size) {
  const canvas = document.createElement("canvas"), zoom = 4, side = size * zoom;
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d"), image = context.createImageData(side, side);
  const at = (x, y) => values[clip(y, 0, size - 1) * size + clip(x, 0, size - 1)];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const u = (x + 0.5) / zoom - 0.5, v = (y + 0.5) / zoom - 0.5, i = Math.floor(u), j = Math.floor(v), p = u - i, q = v - j;
      const mixed = (1 - q) * ((1 - p) * at(i, j) + p * at(i + 1, j)) + q * ((1 - p) * at(i, j + 1) + p * at(i + 1, j + 1));
      const [r, g, b] = PAINTS[Math.min(STEPS - 1, Math.floor((mixed / 255) * STEPS))], to = 4 * (y * side + x);
      image.data[to] = r;
      image.data[to + 1] = g;
      image.data[to + 2] = b;
      image.data[to + 3] = 255;
    }
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

/** Where a picture of three dimensions has its right, its up and its reader, at azimuth and elevation in degree. */
function axesOf([azimuth, elevation]) {
  const [a, e] = [azimuth, elevation].map((angle) => (angle * Math.PI) / 180), [c, s] = [Math.cos(a), Math.sin(a)];
  return [[-s, c, 0], [-Math.sin(e) * c, -Math.sin(e) * s, Math.cos(e)], [Math.cos(e) * c, Math.cos(e) * s, Math.sin(e)]];
}

let count = 0;

/** Controls: native elements with labels.  Each gives back a function that shows a value. */
function slider(parent, { label, min, max, step, unit = "", digits = 0, text = (value) => fixed(value, digits) + unit }, moved) {
  const id = `nnca-${++count}`, row = make(parent, "div", { class: "slider" });
  make(row, "label", { for: id }, label);
  const input = make(row, "input", { type: "range", id, min, max, step });
  const output = make(row, "output", { for: id });
  input.addEventListener("input", () => moved(Number(input.value)));
  return (value) => {
    input.value = value;
    output.textContent = text(value);
    input.setAttribute("aria-valuetext", output.textContent);
  };
}

function choice(parent, label, options, chosen) {
  const group = make(parent, "fieldset");
  make(group, "legend", {}, label);
  const name = `nnca-${++count}`;
  const inputs = Object.entries(options).map(([value, text]) => {
    const around = make(group, "label", { class: `option ${value}` });
    const input = make(around, "input", { type: "radio", name, value });
    make(around, "span", {}, text);
    input.addEventListener("change", () => chosen(value));
    return input;
  });
  return (value) => inputs.forEach((input) => { input.checked = input.value === value; });
}

function checkbox(parent, label, changed) {
  const around = make(parent, "label", { class: "option" });
  const input = make(around, "input", { type: "checkbox" });
  make(around, "span", {}, label);
  input.addEventListener("change", () => changed(input.checked));
  return (value) => { input.checked = value; };
}

const button = (parent, label, pressed) =>
  make(parent, "button", { type: "button" }, label).addEventListener("click", pressed);

/** Calls moved([x, y]) in the units of the drawing while `handle` is dragged by mouse, pen or finger. */
function draggable(svg, handle, moved) {
  handle.classList.add("handle");
  const place = (event) => {
    const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
    moved([((event.clientX - box.left) / box.width) * view.width, ((event.clientY - box.top) / box.height) * view.height]);
  };
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    place(event);
  });
  handle.addEventListener("pointermove", (event) => { if (handle.hasPointerCapture(event.pointerId)) place(event); });
}

/** Turns a picture of three dimensions, the state's `view`: by dragging over `pictures` and by two sliders. */
function turning(parent, pictures, stage) {
  const round = (angle) => ((((angle + 180) % 360) + 360) % 360) - 180;
  const turn = (azimuth, elevation) => stage.change({ view: [round(azimuth), clip(elevation, -90, 90)] });
  const a = slider(parent, { label: "turn", unit: "°", min: -180, max: 179, step: 1 }, (value) => turn(value, stage.state().view[1]));
  const e = slider(parent, { label: "tilt", unit: "°", min: -90, max: 90, step: 1 }, (value) => turn(stage.state().view[0], value));
  for (const picture of pictures) {
    let last = [0, 0];
    picture.classList.add("turned");
    picture.addEventListener("pointerdown", (event) => {
      picture.setPointerCapture(event.pointerId);
      event.preventDefault();
      last = [event.clientX, event.clientY];
    });
    picture.addEventListener("pointermove", (event) => {
      if (!picture.hasPointerCapture(event.pointerId)) return;
      const [azimuth, elevation] = stage.state().view;
      turn(azimuth - 0.6 * (event.clientX - last[0]), elevation + 0.6 * (event.clientY - last[1]));
      last = [event.clientX, event.clientY];
    });
  }
  return ([azimuth, elevation]) => {
    a(azimuth);
    e(elevation);
  };
}

/**
 * A figure: `build(stage)` makes its parts once and returns draw(state), which returns the sentence.
 * State lives in the model; `change` sets it there, and every change, from here or from Python, is drawn once a frame.
 */
function explorer(keys, build) {
  return {
    render({ model, el }) {
      const root = make(el, "div", { class: "nnca-explorer" }), held = {}, times = [];
      root.addEventListener("keydown", (event) => { // JupyterLab would take arrow keys for commands of its own
        if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
      });
      const state = () => Object.fromEntries(keys.map((key) => [key, model.get(key)]));
      const first = model.get("figure").start, figure = model.get("figure");
      let waiting = 0, late = 0;
      const draw = () => {
        waiting = 0;
        const begun = performance.now();
        held.sentence.textContent = held.draw(state());
        times.push(performance.now() - begun);
        clearTimeout(late);
        late = setTimeout(() => { held.spoken.textContent = held.sentence.textContent; }, 600);
      };
      const ask = () => { waiting ||= requestAnimationFrame(draw); };
      const change = (values) => {
        for (const [key, value] of Object.entries(values)) model.set(key, value);
        model.save_changes();
        ask();
      };
      const stage = { root, figure, ask, change, state, reset: () => change(first) };
      held.draw = build(stage);
      held.sentence = make(root, "p", { class: "sentence", "aria-hidden": "true" });
      held.spoken = make(root, "p", { class: "spoken", "aria-live": "polite" });
      const error = largestError(stage.checks ?? []);
      if (!(error <= LARGEST_ERROR))
        make(root, "p", { class: "wrong", role: "alert" },
          `This browser's numbers differ from the stored ones by ${error}: do not trust the figure.`);
      for (const key of keys) model.on(`change:${key}`, ask);
      el.explorer = { stage, state, change, values: () => stage.values(state()), error, times };
      try {
        draw();
      } catch (trouble) { // a link to a state that cannot be
        change(first);
        console.warn(trouble);
      }
      return () => { for (const key of keys) model.off(`change:${key}`, ask); };
    },
  };
}

/** How much variance a network covers, Eq. (1): rows of inputs go in by way of `bend`, which may change them in place. */
function covering(covered) {
  const { columns, rows, missed, total } = covered, evaluate = network(covered.network);
  const X = floats(covered.X), goal = floats(covered.goal), width = goal.length / rows, x = new Float64Array(columns);
  const score = (bend) => {
    let uncovered = missed;
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < columns; i++) x[i] = X[row * columns + i];
      bend(x);
      const y = evaluate(x);
      for (let i = 0, at = row * width; i < width; i++, at++) uncovered += (y[i] - goal[at]) ** 2;
    }
    return 1 - uncovered / total;
  };
  /** The same when only what lies along a unit vector is let through. */
  const along = (v) => score((x) => {
    const t = dot(x, v);
    for (let i = 0; i < columns; i++) x[i] = t * v[i];
  });
  return { X, score, along, check: [evaluate, covered.network.check] };
}

/** Rows of bars from 0 to 1, by name; gives back a function that sets one of them. */
function bars(parent, names, label) {
  const height = 30 * names.length + 40, area = panel(parent, { width: 400, height, x: [0, 1], y: [0, 1], left: 120,
    xLabel: "covered variance R²", ticks: 5, label });
  const rows = names.map((name, i) => {
    make(area.svg, "text", { x: area.left - 8, y: 26 + 30 * i, "text-anchor": "end" }, name);
    const bar = make(area.svg, "rect", { x: area.left, y: 13 + 30 * i, height: 16, class: `bar ${name}` });
    return [bar, make(area.svg, "text", { y: 26 + 30 * i, class: "inside" })];
  });
  return (number, value) => {
    const [bar, text] = rows[number], end = area.x(clip(value, 0, 1));
    set(bar, { width: end - area.left });
    text.textContent = fixed(value, 3);
    const fits = end - area.left > 60;
    set(text, { x: fits ? end - 6 : end + 6, "text-anchor": fits ? "end" : "start", class: fits ? "inside" : "" });
  };
}

// Surfaces on which a function of water's three features is constant.

const WIDE = 400, HIGH = 350, SHADES = 24;
const BALL = 2; // standard deviations from the mean molecule, in which M is compared
const RIM = 1000; // weight of what is on a side of the box, so that a surface ends there
const CORNERS = [0, 1, 2, 3, 4, 5, 6, 7].map((c) => [(c >> 2) & 1, (c >> 1) & 1, c & 1]);
const EDGES = CORNERS.flatMap((_, c) => [1, 2, 4].filter((bit) => !(c & bit)).map((bit) => [c, c | bit]));

/**
 * The surface where a field has a value, by surface nets: in each cell that it crosses a point, the mean of the places
 * where it crosses the cell's edges, and around each edge that it crosses a face of the four cells there.
 */
function surfaceOf(field, n, value, other) {
  const number = new Int32Array(n ** 3).fill(-1), points = [], others = [], faces = [];
  const shift = CORNERS.map(([i, j, k]) => (i * n + j) * n + k);
  for (let i = 0; i < n - 1; i++)
    for (let j = 0; j < n - 1; j++)
      for (let k = 0; k < n - 1; k++) {
        const cell = (i * n + j) * n + k;
        let above = 0;
        for (const one of shift) above += field[cell + one] > value;
        if (!above || above === 8) continue;
        let x = 0, y = 0, z = 0, sum = 0, crossed = 0;
        for (const [c, d] of EDGES) {
          const from = field[cell + shift[c]], to = field[cell + shift[d]];
          if (from > value === to > value) continue;
          const part = (value - from) / (to - from), a = CORNERS[c], b = CORNERS[d];
          const outer = [i, j, k].some((low, axis) => a[axis] === b[axis] && (low + a[axis]) % (n - 1) === 0);
          const weight = outer ? RIM : 1;
          x += weight * (a[0] + part * (b[0] - a[0]));
          y += weight * (a[1] + part * (b[1] - a[1]));
          z += weight * (a[2] + part * (b[2] - a[2]));
          sum += weight * (other[cell + shift[c]] + part * (other[cell + shift[d]] - other[cell + shift[c]]));
          crossed += weight;
        }
        number[cell] = points.length / 3;
        points.push(i + x / crossed, j + y / crossed, k + z / crossed);
        others.push(sum / crossed);
      }
  const step = [n * n, n, 1];
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < n; k++) {
        const at = (i * n + j) * n + k, place = [i, j, k];
        for (let axis = 0; axis < 3; axis++) {
          const p = (axis + 1) % 3, q = (axis + 2) % 3;
          if (place[axis] === n - 1 || !place[p] || !place[q] || place[p] === n - 1 || place[q] === n - 1) continue;
          if (field[at] > value === field[at + step[axis]] > value) continue;
          faces.push([at - step[p] - step[q], at - step[q], at, at - step[p]].map((cell) => number[cell]));
        }
      }
  return { points: Float32Array.from(points), others, faces };
}

/** How many pieces a surface has, apart from crumbs of less than a fiftieth of it. */
function piecesOf({ points, faces }) {
  const parent = Int32Array.from({ length: points.length / 3 }, (_, i) => i), size = {};
  const root = (i) => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (const face of faces) for (const one of face) parent[root(one)] = root(face[0]);
  for (const face of faces) size[root(face[0])] = (size[root(face[0])] ?? 0) + 1;
  return Object.values(size).filter((count) => count > faces.length / 50).length;
}

/** Paints a surface, far faces first; light comes over the reader's shoulder. */
function painter(canvas, n, scale) {
  canvas.width = 2 * WIDE;
  canvas.height = 2 * HIGH;
  const context = canvas.getContext("2d"), light = [0.35, 0.5, 0.79];
  context.lineJoin = "round";
  return ({ points, faces }, axes) => {
    if (!canvas.isConnected) return; // no style says the colour yet
    const rgb = getComputedStyle(canvas).color.match(/[\d.]+/g).slice(0, 3).map(Number);
    const count = points.length / 3, at = axes.map(() => new Float32Array(count)), middle = (n - 1) / 2;
    for (let i = 0; i < count; i++)
      for (let a = 0; a < 3; a++)
        at[a][i] = axes[a][0] * (points[3 * i] - middle) + axes[a][1] * (points[3 * i + 1] - middle) + axes[a][2] * (points[3 * i + 2] - middle);
    const [right, up, near] = at, depth = Float32Array.from(faces, ([a, b, c, d]) => near[a] + near[b] + near[c] + near[d]);
    const order = Uint32Array.from(faces, (_, i) => i).sort((a, b) => depth[a] - depth[b]);
    const paints = Array.from({ length: SHADES }, (_, i) => `rgb(${rgb.map((value) => Math.round(Math.min(255, value * (0.5 + (0.5 * i) / (SHADES - 1)) + (45 * i) / SHADES)))})`);
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.clearRect(0, 0, WIDE, HIGH);
    context.lineWidth = 0.8;
    let last = "";
    for (const number of order) {
      const [a, b, c, d] = faces[number];
      const p = [right[c] - right[a], up[c] - up[a], near[c] - near[a]], q = [right[d] - right[b], up[d] - up[b], near[d] - near[b]];
      const x = p[1] * q[2] - p[2] * q[1], y = p[2] * q[0] - p[0] * q[2], z = p[0] * q[1] - p[1] * q[0];
      const bright = Math.abs(x * light[0] + y * light[1] + z * light[2]) / (Math.sqrt(x * x + y * y + z * z) || 1);
      const paint = paints[Math.min(SHADES - 1, Math.floor(bright * SHADES))];
      if (paint !== last) context.fillStyle = context.strokeStyle = last = paint;
      context.beginPath();
      for (const corner of [a, b, c, d]) context.lineTo(WIDE / 2 + scale * right[corner], HIGH / 2 - scale * up[corner]);
      context.closePath();
      context.fill();
      context.stroke();
    }
  };
}

/** The far sides of the box around the surface, and its scales on edges at the rim of the picture. */
function boxOf(svg, figure, size) {
  const sides = make(svg, "path", { class: "axis" }), scales = figure.names.map((name, axis) => {
    const [low, high] = figure.edges.map((edge) => edge[axis]), ticks = nice([low, high], 3);
    return { low, high, ticks, marks: make(svg, "path", { class: "axis" }), title: make(svg, "text", { "text-anchor": "middle" }, name),
      texts: ticks.map((value) => make(svg, "text", { class: "tick", "text-anchor": "middle" }, tidy(value))) };
  });
  return (axes) => {
    const flat = (p) => [WIDE / 2 + size * dot(axes[0], p), HIGH / 2 - size * dot(axes[1], p)];
    const far = axes[2].map((value) => (value > 0 ? -1 : 1)); // the side of each axis that is behind
    let drawn = "";
    scales.forEach(({ low, high, ticks, marks, title, texts }, axis) => {
      const [p, q] = [(axis + 1) % 3, (axis + 2) % 3], corner = (a, b, c) => {
        const found = [0, 0, 0];
        found[axis] = a;
        found[p] = b;
        found[q] = c;
        return found;
      };
      for (const [b, c] of [[far[p], far[q]], [far[p], -far[q]], [-far[p], far[q]]])
        drawn += `M${flat(corner(-1, b, c))}L${flat(corner(1, b, c))}`;
      const rims = [[far[p], -far[q]], [-far[p], far[q]]].map(([b, c]) => ({ b, c, middle: flat(corner(0, b, c)) }));
      rims.sort((one, two) => (axis === 2 ? one.middle[0] - two.middle[0] : two.middle[1] - one.middle[1]));
      const { b, c, middle } = rims[0], from = flat(corner(-1, b, c)), to = flat(corner(1, b, c)), length = Math.hypot(to[0] - from[0], to[1] - from[1]);
      const normal = [(to[1] - from[1]) / (length || 1), (from[0] - to[0]) / (length || 1)], half = 3.2 * title.textContent.length;
      const side = normal[0] * (middle[0] - WIDE / 2) + normal[1] * (middle[1] - HIGH / 2) < 0 ? -1 : 1, out = normal.map((value) => side * value);
      const hidden = length < 60 ? "hidden" : "visible";
      let path = "";
      ticks.forEach((value, i) => {
        const [x, y] = flat(corner(-1 + (2 * (value - low)) / (high - low), b, c));
        path += `M${x} ${y}l${4 * out[0]} ${4 * out[1]}`;
        set(texts[i], { x: x + 18 * out[0], y: y + 13 * out[1] + 4, visibility: hidden });
      });
      set(marks, { d: path, visibility: hidden });
      set(title, { x: clip(middle[0] + (32 + half) * out[0], half, WIDE - half), y: clip(middle[1] + 30 * out[1] + 4, 12, HIGH - 3), visibility: hidden });
    });
    set(sides, { d: drawn });
  };
}

export default explorer(["kind", "method", "level", "view"], (stage) => {
  const { root, figure } = stage, n = figure.points, step = (2 * figure.reach) / (n - 1);
  const side = Float64Array.from({ length: n }, (_, i) => -figure.reach + step * i);
  const unpack = ({ v, values, low, high }) => {
    if (!v) return Float64Array.from(new Uint16Array(bytes(values).buffer), (whole) => low + ((high - low) * whole) / 65535);
    return Float64Array.from({ length: n ** 3 }, (_, at) => v[0] * side[Math.floor(at / n / n)] + v[1] * side[Math.floor(at / n) % n] + v[2] * side[at % n]);
  };
  const fields = {};
  const field = (kind, method) => (fields[kind + method] ??= unpack(figure.fields[kind][method]));
  const [least, most] = figure.shares;
  const valueOf = ({ kind, method, level }) => {
    const { levels } = figure.fields[kind][method], place = ((level - least) / (most - least)) * (levels.length - 1);
    const low = clip(Math.floor(place), 0, levels.length - 2);
    return levels[low] + (place - low) * (levels[low + 1] - levels[low]);
  };
  const spread = (values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  };
  const near = (x, y, z) => x * x + y * y + z * z < BALL * BALL;

  const top = make(root, "div", { class: "two" }), space = make(top, "div", { class: "space" }), right = make(top, "div");
  const svg = make(space, "svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, "aria-hidden": "true" });
  const canvas = make(space, "canvas", { role: "img", "aria-label": "The surface in a box of angle and two bond lengths" });
  const size = 96, box = boxOf(svg, figure, size), paint = painter(canvas, n, (2 * size) / (n - 1));
  const methods = Object.fromEntries(Object.keys(Object.values(figure.fields)[0]).map((name) => [name, name === "M" ? "M, the spectral deviation" : `t₁ of ${name}`]));
  const kindOf = choice(right, "Spectrum", figure.kinds, (kind) => stage.change({ kind }));
  const methodOf = choice(right, "Constant on the surface", methods, (method) => stage.change({ method }));
  const levelOf = slider(right, { label: "molecules below", min: least, max: most, step: 0.01, text: percent }, (level) => stage.change({ level }));
  const turnedTo = turning(right, [space], stage);
  button(make(right, "div", { class: "actions" }), "Reset", stage.reset);

  requestAnimationFrame(stage.ask);
  new MutationObserver(stage.ask).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  let shown = "", surface, facts;
  stage.values = (state) => ({ value: valueOf(state), field: Array.from(field(state.kind, state.method).filter((_, at) => at % 97 === 0)) });
  stage.surface = () => Array.from({ length: surface.points.length / 3 }, (_, i) => [0, 1, 2].map((axis) => side[0] + step * surface.points[3 * i + axis]));
  return (state) => {
    const { kind, method, level, view } = state, value = valueOf(state), axes = axesOf(view);
    if (shown !== [kind, method, level].join()) {
      const M = field(kind, "M"), places = (i) => side[0] + step * i;
      surface = surfaceOf(field(kind, method), n, value, M);
      const on = surface.others.filter((_, i) => near(places(surface.points[3 * i]), places(surface.points[3 * i + 1]), places(surface.points[3 * i + 2])));
      const all = M.filter((_, at) => near(side[Math.floor(at / n / n)], side[Math.floor(at / n) % n], side[at % n]));
      facts = { pieces: piecesOf(surface), on: spread(on), all: spread(all), none: !on.length };
      shown = [kind, method, level].join();
    }
    box(axes);
    root.dataset.method = method;
    paint(surface, axes);
    kindOf(kind);
    methodOf(method);
    levelOf(level);
    turnedTo(view);
    const name = figure.kinds[kind], share = percent(level), pieces = facts.pieces === 1 ? "one piece" : `${facts.pieces} pieces`;
    if (method === "M") return `The spectra of ${name} on this surface are equally far from the central one: M = ${fixed(value, 2)}. ${share} of the training molecules are nearer. The surface is in ${pieces}.`;
    const told = facts.none ? "" : ` Within ${BALL} standard deviations of the mean molecule, M spreads by ${fixed(facts.on, 3)} on this surface and by ${fixed(facts.all, 3)} altogether: the less on it, the better t₁ knows M.`;
    return `${method} for ${name}: t₁ = ${fixed(value, 2)} on this surface, and ${share} of the training molecules have less. It is in ${pieces}.${told}`;
  };
});

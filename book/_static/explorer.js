// Figures that move, without a kernel: each finds its ES module, style, state and data in the JSON block of its figure,
// gets the little of a Jupyter model that it needs, and keeps its state in the fragment of the page's address.
(() => {
  const read = (text, like) =>
    typeof like === "number" ? Number(text) : typeof like === "boolean" ? text === "true"
      : Array.isArray(like) ? text.split(",").map(Number) : text;

  const sound = (value, like) =>
    Array.isArray(like) ? value.length === like.length && value.every(Number.isFinite) : !Number.isNaN(value);

  function linked(name, state) {
    const [own, query] = decodeURIComponent(location.hash.slice(1)).split("?");
    if (own !== name || !query) return null;
    const found = [...new URLSearchParams(query)].filter(([key]) => key in state);
    return Object.fromEntries(found.map(([key, text]) => [key, read(text, state[key])]).filter(([key, v]) => sound(v, state[key])));
  }

  function write(name, state) {
    const short = (value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);
    const pairs = Object.entries(state).map(([key, v]) => `${key}=${Array.isArray(v) ? v.map(short) : short(v)}`);
    history.replaceState(history.state, "", `#${name}?${pairs.join("&")}`);
  }

  function modelOf(name, figure, state) {
    const called = {};
    let waiting = 0;
    return {
      get: (key) => (key === "figure" ? figure : state[key]),
      set: (key, value) => {
        state[key] = value;
        for (const call of called[`change:${key}`] ?? []) call();
      },
      save_changes: () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => write(name, state), 300); // browsers allow a hundred changes in half a minute
      },
      on: (event, call) => (called[event] ??= new Set()).add(call),
      off: (event, call) => called[event]?.delete(call),
    };
  }

  async function bring(host) {
    const { name } = host.dataset, { esm, css, figure, state } = JSON.parse(host.querySelector("script").textContent);
    const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    const { default: module } = await import(url);
    URL.revokeObjectURL(url);
    if (!document.querySelector("style.nnca")) {
      const style = Object.assign(document.createElement("style"), { className: "nnca", textContent: css });
      document.head.append(style);
    }
    const link = linked(name, state), model = modelOf(name, figure, { ...state, ...link });
    const el = Object.assign(document.createElement("div"), { className: "nnca-live" });
    module.render({ model, el });
    host.append(el);
    host.classList.add("live"); // hides the still picture, which prints
    if (link) host.scrollIntoView({ block: "center" });
    addEventListener("hashchange", () => {
      for (const [key, value] of Object.entries(linked(name, state) ?? {})) model.set(key, value);
    });
  }

  const start = () => document.querySelectorAll(".nnca-figure").forEach((host) => bring(host).catch(console.error));
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();

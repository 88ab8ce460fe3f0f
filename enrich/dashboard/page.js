// The page: which store, period, filter and language is looked at, and the sections that show it.
// Every number comes from the tables as it stands; nothing is counted here.
const DATA = JSON.parse(document.getElementById("data").textContent);

// What is looked at is kept in the address, so that a view can be linked to.
const asked = new URLSearchParams(location.hash.slice(1));
const browser = (navigator.language || "en").slice(0, 2);
const view = {
  store: DATA.stores[Number(asked.get("store"))] ? Number(asked.get("store")) : 0,
  period: asked.get("period") ?? "30",
  filter: Number(asked.get("filter")) || 0,
  metric: asked.get("metric") ?? "amount",
  part: asked.get("part") ?? "",
  lang: LANGUAGES.find((one) => one === (asked.get("lang") ?? browser)) ?? "en",
};
if (asked.get("theme")) document.documentElement.dataset.theme = asked.get("theme");

function look(change) {
  Object.assign(view, change);
  const next = new URLSearchParams({ ...view });
  if (asked.get("theme")) next.set("theme", asked.get("theme"));
  history.replaceState(null, "", `#${next}`);
  render();
}

const store = () => DATA.stores[view.store];
function rows(name, one = store()) {
  const { columns, rows: lists } = one.tables[name];
  return lists.map((list) => Object.fromEntries(columns.map((column, i) => [column, list[i]])));
}
const chosen = (row) => row.filter_no === view.filter && row.period === view.period;
// What `say` says of another store, in its currency.
function inStore(one, say) {
  const before = view.store;
  view.store = DATA.stores.findIndex((other) => other.name === one.name);
  try { return say(); } finally { view.store = before; }
}

function head() {
  const names = DATA.stores.map((one, i) => el("option", { value: i, selected: i === view.store ? "" : null }, one.name));
  return [
    el("h1", {}, `${word("title")} · ${store().name}`),
    DATA.stores.length > 1 ? el("select", { "aria-label": word("store"), on: ["change", (event) => look({ store: Number(event.target.value), filter: 0 })] }, names) : null,
    el("select", { "aria-label": word("part"), on: ["change", (event) => look({ part: event.target.value })] },
      ["", ...Object.keys(PARTS)].map((name) => el("option", { value: name, selected: name === view.part ? "" : null }, word(name || "whole")))),
    chips(word("language"), LANGUAGES.map((one) => [one, one.toUpperCase()]), view.lang, (lang) => look({ lang })),
  ].filter(Boolean);
}
function bar() {
  const options = (kind) => rows("read_filters").filter((one) => one.kind === kind).map((one) =>
    el("option", { value: one.filter_no, selected: one.filter_no === view.filter ? "" : null }, kind === "segment" ? segmentName(one.label) : called(one.label ?? word("everything"))));
  return [
    chips(word("period"), rows("read_periods").map(({ period }) => [period, word(`p${period}`)]), view.period, (period) => look({ period })),
    el("select", { "aria-label": word("filter"), on: ["change", (event) => look({ filter: Number(event.target.value) })] },
      options("all"),
      ["channel", "segment"].map((kind) => { const found = options(kind); return found.length ? el("optgroup", { label: word(`by_${kind}`) }, found) : null; })),
  ];
}

function peopleSections(width) {
  const { profiles_on } = rows("days_known")[0];
  const ofProfiles = profiles_on ? [
    el("p", { class: "soft" }, word("base_note", { d: day(profiles_on) })), base(),
    el("div", { class: "grid halves" }, grid(), tenths()), segments(), moves(width)] : [el("p", { class: "soft" }, word("no_profiles"))];
  return [...ofProfiles, cohorts(), carts()];
}

// The parts of the page by name; the address may ask for one of them alone. The first one has no heading.
const PARTS = {
  sales: (width) => [periodLine(), figures(), overTime(width), ...(DATA.stores.length > 1 ? [stores()] : [])],
  week: todo,
  sold: () => [el("div", { class: "masonry" }, DIMENSIONS.map(sold))],
  base: peopleSections,
  outlook,
  state: () => [state()],
};
const part = ([name, made], width) => [name === "sales" ? null : el("h2", {}, word(name)), ...made(width)].filter(Boolean);

function render() {
  document.documentElement.lang = view.lang;
  document.title = `${word("title")} · ${store().name}`;
  if (!rows("read_filters").some((one) => one.filter_no === view.filter)) view.filter = 0;
  if (!(view.part in PARTS)) view.part = "";
  if (!rows("read_periods").some((one) => one.period === view.period)) view.period = "30";
  const width = Math.max(300, Math.min(document.documentElement.clientWidth, 1180) - (innerWidth <= 640 ? 50 : 74));
  document.getElementById("head").replaceChildren(...head());
  document.getElementById("bar").replaceChildren(...bar());
  document.getElementById("main").replaceChildren(
    stateLine(), ...Object.entries(PARTS).filter(([name]) => !view.part || name === view.part).flatMap((one) => part(one, width)));
  document.getElementById("foot").textContent = word("footer");
}
render();
let drawnWidth = innerWidth;
addEventListener("resize", () => { if (innerWidth !== drawnWidth) { drawnWidth = innerWidth; render(); } });

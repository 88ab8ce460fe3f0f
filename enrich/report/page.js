// The page: which store, period, filter and language is looked at, and the sections that show it.
// Every number comes from the tables as it stands; null is a figure about one to four people.
const DATA = JSON.parse(document.getElementById("data").textContent);
const WORDS = JSON.parse(document.getElementById("words").textContent);
const LANGUAGES = ["es", "pt", "en"];
const LOCALES = { es: "es", pt: "pt-BR", en: "en" };
const METRICS = [
  ["amount", "amount_cents"], ["purchases", "purchases"], ["average", "average_cents"],
  ["unique", "customers"], ["new", "new_customers"], ["returning", "returning_customers"],
  ["anonymous", "anonymous_purchases"]];
const SERIES = METRICS.filter(([name]) => name !== "average" && name !== "anonymous");
const DIMENSIONS = ["channel", "category", "brand", "product", "promo_code"];
const SEGMENT_ORDER = ["PROSPECTS",
  ...["LOSE_IT", "AT_RISK", "NEEDS_ATTENTION", "NEW", "PROMISING"].map((name) => `BEGINNERS_${name}`),
  ...["HIBERNATING", "AT_RISK", "NEEDS_ATTENTION", "ACTIVE", "POTENTIAL_LOYAL"].map((name) => `FREQUENT_${name}`),
  ...["HIBERNATING", "CANT_LOSE", "NEEDS_ATTENTION", "ACTIVE", "CHAMPIONS"].map((name) => `LOYAL_${name}`)];

// -- what is looked at: kept in the address, so that a view can be linked to
const asked = new URLSearchParams(location.hash.slice(1));
const browser = (navigator.language || "en").slice(0, 2);
const view = {
  store: Math.min(Number(asked.get("store")) || 0, DATA.stores.length - 1),
  period: asked.get("period") ?? "30",
  filter: Number(asked.get("filter")) || 0,
  metric: asked.get("metric") ?? "amount",
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

// -- reading
const store = () => DATA.stores[view.store];
function rows(name) {
  const { columns, rows: lists } = store().tables[name];
  return lists.map((list) => Object.fromEntries(columns.map((column, i) => [column, list[i]])));
}
const chosen = (row) => row.filter_no === view.filter && row.period === view.period;

// -- words and numbers
function word(key, values = {}) {
  const text = WORDS[view.lang][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
const number = (value, options = {}) => new Intl.NumberFormat(LOCALES[view.lang], { useGrouping: "always", ...options }).format(value);
function money(cents, compact = false) {
  if (cents === null) return word("few");
  const style = store().currency ? { style: "currency", currency: store().currency, currencyDisplay: "narrowSymbol" } : { minimumFractionDigits: compact ? 0 : 2 };
  const size = compact
    ? { notation: "compact", maximumFractionDigits: 1, minimumFractionDigits: 0 }
    : Math.abs(cents) >= 1e6 ? { maximumFractionDigits: 0, minimumFractionDigits: 0 } : { maximumFractionDigits: 2 };
  return number(cents / 100, { ...style, ...size });
}
const count = (value) => (value === null ? word("few") : number(value));
const percent = (value) => (value === null ? "–" : `${number(value, { maximumFractionDigits: 1 })}\u00a0%`);
const change = (value) => (value === null ? "–" : `${value > 0 ? "+" : ""}${percent(value)}`);
const day = (text, options = { day: "numeric", month: "short", year: "numeric" }) =>
  new Intl.DateTimeFormat(LOCALES[view.lang], { timeZone: "UTC", ...options }).format(new Date(`${text}T00:00:00Z`));
const moment = (text) => (text === null ? "–" : `${new Intl.DateTimeFormat(LOCALES[view.lang],
  { timeZone: "UTC", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }).format(new Date(text))} UTC`);
const shown = (name, value) => (name.endsWith("_cents") ? money(value) : count(value));

// -- building: text is only ever set as text, whatever a product is called
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") node.addEventListener(...value);
    else if (key === "style") node.style.cssText = value;
    else if (value !== null && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child !== null));
  return node;
}
const card = (title, ...content) => el("section", { class: "card" }, title ? el("h3", {}, title) : null, ...content);
function chips(label, options, current, pick) {
  return el("div", { class: "chips", role: "group", "aria-label": label }, options.map(([value, text]) =>
    el("button", { "aria-pressed": String(value === current), on: ["click", () => pick(value)] }, text)));
}
// A table; a column is [title, function of the row, is a number].
function tableOf(columns, list) {
  return el("div", { class: "scroll" }, el("table", {},
    el("tr", {}, columns.map(([title, , isNumber, extra]) => el("th", { class: `${isNumber ? "n" : ""} ${extra ?? ""}` }, title))),
    list.map((row) => el("tr", {}, columns.map(([, cell, isNumber, extra]) => {
      const made = cell(row);
      return made instanceof Node && made.nodeName === "TD" ? made : el("td", { class: `${isNumber ? "n" : ""} ${extra ?? ""}` }, made);
    })))));
}
const shareCell = (text, share) => el("td", { class: "share", style: `--w:${Math.max(0, Math.min(share ?? 0, 100))}%` }, text);
const heat = (share) => `background: rgba(var(--heat), ${(0.06 + 0.6 * Math.min(1, share)).toFixed(2)})`;

// -- the bars on top
function head() {
  const names = DATA.stores.map((one, i) => el("option", { value: i, selected: i === view.store ? "" : null }, one.name));
  return [
    el("h1", {}, `${word("title")} · ${store().name}`),
    DATA.stores.length > 1 ? el("select", { "aria-label": word("store"), on: ["change", (event) => look({ store: Number(event.target.value), filter: 0 })] }, names) : null,
    chips("language", LANGUAGES.map((one) => [one, one.toUpperCase()]), view.lang, (lang) => look({ lang })),
  ].filter(Boolean);
}
function bar() {
  const options = (kind) => rows("read_filters").filter((one) => one.kind === kind).map((one) =>
    el("option", { value: one.filter_no, selected: one.filter_no === view.filter ? "" : null }, word(one.label ?? "everything")));
  return [
    chips(word("period"), rows("read_periods").map(({ period }) => [period, word(`p${period}`)]), view.period, (period) => look({ period })),
    el("select", { "aria-label": word("filter"), on: ["change", (event) => look({ filter: Number(event.target.value) })] },
      options("all"),
      ["channel", "segment"].map((kind) => { const found = options(kind); return found.length ? el("optgroup", { label: word(`by_${kind}`) }, found) : null; })),
  ];
}

// -- sections
function figures() {
  const found = rows("figures").find(chosen);
  const period = rows("read_periods").find((one) => one.period === view.period);
  const against = found.has_before
    ? word("against", { a: day(period.before_first_on), b: day(period.before_last_on) })
    : view.period === "all" ? "" : word("no_before");
  const known = rows("days_known")[0];
  return [
    el("p", { class: "soft" }, `${day(period.first_on)} – ${day(period.last_on)}`, against ? `, ${against}. ` : ". ",
      known.today_purchases === null || view.filter ? "" : word("today", { a: money(known.today_cents), n: count(known.today_purchases) })),
    el("div", { class: "grid figures" }, METRICS.map(([name, column]) => {
      const moved = found[`${column}_change`];
      return el("div", { class: "card figure" },
        el("span", {}, word(name)),
        el("b", {}, found[column] === null && name === "average" && found.purchases === 0 ? "–" : shown(column, found[column])),
        found.has_before ? el("span", { class: moved > 0 ? "good" : moved < 0 ? "bad" : "" },
          moved === null ? "–" : `${moved > 0 ? "▲" : moved < 0 ? "▼" : "="} ${change(moved)}`) : null,
        found.has_before ? el("span", {}, word("before", { v: found[`before_${column}`] === null && name === "average" && found.before_purchases === 0 ? "–" : shown(column, found[`before_${column}`]) })) : null);
    })),
  ];
}
function overTime(width) {
  const isAll = view.period === "all";
  const found = isAll ? rows("months").find((one) => one.filter_no === view.filter) : rows("days").find(chosen);
  const [name, column] = SERIES.find(([one]) => one === view.metric) ?? SERIES[0];
  const now = found[column], before = (isAll ? null : found[`before_${column}`]) ?? [];
  const options = isAll ? (found.unit === "year" ? { year: "numeric" } : { month: "short", year: "numeric" }) : { day: "numeric", month: "short" };
  const span = (first) => isAll || found.step_days === 1 ? day(first, isAll ? options : undefined)
    : `${day(first, options)} – ${day(later(first, found.step_days - 1), undefined)}`;
  const note = isAll ? word(`unit_${found.unit}`)
    : found.step_days === 1 ? word("step_1") : word(found.step_days === 5 && view.period === "360" ? "step_360" : "step_n", { n: found.step_days });
  return card(word("over_time"),
    el("div", { style: "margin-bottom:10px" }, chips(word("over_time"), SERIES.map(([one]) => [one, word(one)]), name, (metric) => look({ metric }))),
    el("div", { class: "key" }, el("span", {}, el("i"), word("line_now")), before.length ? el("span", {}, el("i", { class: "was" }), word("line_before")) : null),
    lineChart({
      now, before, width, labels: found.first_on.map((text) => day(text, options)),
      axis: (value) => (column.endsWith("_cents") ? money(value, true) : number(value, { maximumFractionDigits: 1 })),
      tip: (i) => [span(found.first_on[i]), `${word(name)}: ${shown(column, now[i])}`,
        ...(before.length ? [word("before", { v: shown(column, before[i]) })] : [])].join("\n") }),
    el("p", { class: "note" }, note, " ", [...now, ...before].includes(null) ? word("gaps") : ""));
}
const later = (text, days) => new Date(Date.parse(`${text}T00:00:00Z`) + days * 864e5).toISOString().slice(0, 10);

function sold(dimension) {
  const found = rows(`labels_${dimension}`).filter(chosen);
  if (!found.length) return card(word(dimension), el("p", { class: "soft" }, word("nothing")));
  const counts = dimension === "promo_code" || dimension === "channel" ? word("purchases") : word("units");
  const columns = [
    ["", (row) => shareCell(el("span", {}, word(row.label), " ", el("small", { class: "soft" }, percent(row.share_percent))), row.share_percent)],
    [word("amount"), (row) => money(row.amount_cents), true],
    [counts, (row) => number(row.units), true, "wide-only"], [word("customers"), (row) => count(row.customers), true, "wide-only"],
    [word("change"), (row) => el("span", { class: row.amount_change > 0 ? "good" : row.amount_change < 0 ? "bad" : "" }, change(row.amount_change)), true]];
  const top = found.filter((row) => !row.is_least), least = found.filter((row) => row.is_least);
  return card(word(dimension), tableOf(columns, top),
    least.length ? el("h3", { class: "soft", style: "margin-top:14px;font-weight:500;font-size:13px" }, word("least")) : null,
    least.length ? tableOf(columns, least) : null,
    el("p", { class: "note" }, found[0].hidden_count ? word("hidden", { n: number(found[0].hidden_count) }) : "", dimension === "promo_code" ? ` ${word("promo_note")}` : ""));
}

function base() {
  const one = rows("customers")[0];
  const figure = (name, value, below) => el("div", { class: "card figure" }, el("span", {}, word(name)), el("b", {}, value), el("span", {}, below ?? ""));
  return el("div", { class: "grid figures" },
    figure("known", count(one.customers)), figure("buyers", count(one.buyers)),
    figure("repeat", one.repeat_percent === null ? word("few") : percent(one.repeat_percent), word("of_buyers", { n: count(one.repeat_buyers) })),
    figure("value", money(one.value_cents), word("mean_amount")),
    figure("per_buyer", one.purchases_per_buyer === null ? word("few") : number(one.purchases_per_buyer)),
    figure("gap", one.median_gap_days === null ? word("few") : word("days", { n: number(one.median_gap_days, { maximumFractionDigits: 0 }) }), word("median")));
}
function grid() {
  const found = rows("grid"), most = Math.max(...found.map((one) => one.amount_percent ?? 0), 1);
  const cell = (r, f) => {
    const one = found.find((row) => row.r_score === r && row.f_score === f);
    if (!one) return el("td", { class: "soft" }, "");
    const node = el("td", { style: heat((one.amount_percent ?? 0) / most) }, el("b", {}, number(one.customers)), el("small", {}, money(one.amount_cents, true)));
    withTip(node, () => `${word("recency")} ${r}, ${word("frequency")} ${f}\n${word("customers")}: ${number(one.customers)} (${percent(one.customers_percent)})\n${money(one.amount_cents)} (${percent(one.amount_percent)})`);
    return node;
  };
  const rest = found.find((one) => one.r_score === null);
  return card(word("grid"), el("p", { class: "note" }, word("grid_note")),
    el("div", { class: "scroll" }, el("table", { class: "heat rfm" },
      [5, 4, 3, 2, 1].map((r) => el("tr", {}, el("th", {}, `R ${r}`), [1, 2, 3, 4, 5].map((f) => cell(r, f)))),
      el("tr", {}, el("th", {}, ""), [1, 2, 3, 4, 5].map((f) => el("th", {}, `F ${f}`))))),
    rest ? el("p", { class: "note" }, word("merged", { n: number(rest.customers), a: money(rest.amount_cents) })) : null);
}
function tenths() {
  const found = rows("value");
  if (!found.length) return card(word("tenths"), el("p", { class: "soft" }, word("too_few")));
  return card(word("tenths"), el("p", { class: "note" }, word("tenths_note")), tableOf([
    [word("tenth"), (row) => number(row.tenth), true], [word("share"), (row) => shareCell(percent(row.amount_percent), row.amount_percent)],
    [word("customers"), (row) => number(row.customers), true, "wide-only"], [word("each"), (row) => money(row.value_cents), true],
    [word("purchases"), (row) => number(row.purchases_per_customer, { minimumFractionDigits: 1 }), true]], found));
}
const advice = (row) => (row.segment === "(other)" ? "" : word(`do_${row.segment}`));
function segments() {
  return card(word("segments"), tableOf([
    [word("segment"), (row) => shareCell(el("span", {}, word(row.segment), el("small", { class: "soft narrow-only" }, advice(row))), row.amount_percent)],
    [word("customers"), (row) => number(row.customers), true], [word("all_time"), (row) => money(row.amount_cents), true],
    [word("share"), (row) => percent(row.amount_percent), true, "wide-only"], [word("last_360"), (row) => money(row.amount_360d_cents), true, "wide-only"],
    [word("each"), (row) => money(row.value_cents), true, "wide-only"], [word("todo"), advice, false, "wide-only todo"]],
  rows("segments")));
}
function moves(width) {
  const found = rows("movements").filter((one) => one.period === view.period);
  if (!found.length) return card(word("moves"), el("p", { class: "soft" }, word("no_moves")));
  const { then_on, now_on, all_moved, all_stayed } = found[0];
  const kind = (row) => {
    const [from, to] = [row.segment_then, row.segment_now].map((name) => SEGMENT_ORDER.indexOf(name));
    return from < 0 || to < 0 ? "other" : to > from ? "up" : "down";
  };
  const moved = found.filter((row) => !row.has_stayed);
  const flows = moved.map((row) => ({ from: row.segment_then, to: row.segment_now, weight: row.customers, kind: kind(row),
    tip: `${word(row.segment_then)} → ${word(row.segment_now)}\n${word("customers")}: ${number(row.customers)}\n${word("all_time")}: ${money(row.amount_cents)}` }));
  return card(word("moves"),
    el("p", { class: "note" }, word("moves_note", { a: day(then_on), b: day(now_on), m: count(all_moved), s: count(all_stayed) })),
    flows.length ? el("div", { class: "key" }, [["up", "up"], ["down", "down"], ["other", "arrived"]].map(([style, key]) => el("span", {}, el("i", { class: style }), word(key)))) : null,
    flows.length ? flowChart({ flows, order: ["(other)", "(new)", ...SEGMENT_ORDER], name: word, width }) : null,
    flows.length ? el("div", { style: "margin-top:14px" }, tableOf([
      [word("then"), (row) => word(row.segment_then)], [word("now"), (row) => word(row.segment_now)],
      [word("customers"), (row) => number(row.customers), true], [word("all_time"), (row) => money(row.amount_cents), true]], moved.slice(0, 10))) : null);
}
function cohorts() {
  const found = rows("cohorts");
  if (!found.length) return card(word("cohorts"), el("p", { class: "soft" }, word("too_few")));
  const unit = found[0].unit, starts = [...new Set(found.map((one) => one.cohort_on))];
  const last = Math.max(...found.map((one) => one.units_since)), after = [...Array(last + 1).keys()].slice(1);
  const quarter = (text) => `${Math.floor(Number(text.slice(5, 7)) / 3) + 1}/${text.slice(0, 4)}`;
  const name = (start) => (unit === "quarter" ? `${view.lang === "en" ? "Q" : "T"}${quarter(start)}` : day(start, { month: "short", year: "numeric" }));
  const cell = (one) => {
    if (!one) return el("td", {}, "");
    if (one.share_percent === null) return el("td", { class: "soft" }, "<5");
    return el("td", { style: heat(one.share_percent / 60), title: `${word("customers")}: ${number(one.customers)}` }, percent(one.share_percent));
  };
  return card(word("cohorts"), el("p", { class: "note" }, word(`cohorts_${unit}`)),
    el("div", { class: "scroll" }, el("table", { class: "heat" },
      el("tr", {}, el("th", {}, word("cohort")), el("th", {}, word("customers")), after.map((n) => el("th", {}, word(`plus_${unit}`, { n })))),
      starts.map((start) => {
        const line = found.filter((one) => one.cohort_on === start);
        return el("tr", {}, el("th", {}, name(start)), el("th", {}, number(line[0].cohort_customers)),
          after.map((n) => cell(line.find((one) => one.units_since === n))));
      }))));
}
function carts() {
  const found = rows("carts");
  if (!found.length) return card(word("carts"), el("p", { class: "soft" }, word("carts_none")));
  const all = { band: null, carts: found[0].all_carts, value_cents: found[0].all_value_cents, average_cents: null };
  return card(word("carts"), el("p", { class: "note" }, word("carts_note")), tableOf([
    [word("left"), (row) => (row.band === null ? word("all_carts") : word(`c${row.band}`))], [word("cart_count"), (row) => number(row.carts), true],
    [word("cart_value"), (row) => money(row.value_cents), true], [word("cart_average"), (row) => (row.average_cents === null ? "" : money(row.average_cents)), true]],
  found.length > 1 ? [...found, all] : found));
}
function state() {
  const known = rows("days_known")[0], proof = rows("reconciled")[0];
  const lines = [
    [word("sales_upto"), day(store().as_of)], [word("profiles_of"), known.profiles_on ? day(known.profiles_on) : "–"],
    [word("known_since"), known.sales_from ? day(known.sales_from) : "–"], [word("history_since"), known.history_from ? day(known.history_from) : "–"],
    ...rows("pulled").map((one) => [one.entity, word("upto", { d: moment(one.watermark_at) })]),
    ...rows("runs").map((one) => [`${word("run")} ${one.job}`, `${one.status}, ${moment(one.started_at)}`]),
    ...(proof ? [[word("proof"), word(proof.unexplained ? "proof_bad" : "proof_ok", { n: number(proof.listed), u: number(proof.unexplained), a: money(proof.unexplained_cents) })]] : []),
    [word("made"), moment(DATA.made_at)]];
  const findings = rows("findings"), pushes = rows("pushes");
  return el("div", { class: "grid halves" },
    card(word("fresh"), tableOf([["", (row) => row[0]], ["", (row) => row[1], true]], lines)),
    el("div", { class: "grid" },
      card(word("left_out"), findings.length ? tableOf([
        [word("finding"), (row) => `${word(`f_${row.finding}`)}${row.detail ? ` (${row.detail})` : ""}`], [word("rows"), (row) => number(row.row_count), true],
        [word("amount"), (row) => (row.amount_cents ? money(row.amount_cents) : ""), true]], findings) : el("p", { class: "soft" }, word("none_left_out"))),
      card(word("platforms"), pushes.length ? tableOf([
        ["", (row) => row.destination], [word("accepted"), (row) => number(row.accepted), true], [word("refused"), (row) => number(row.refused), true],
        [word("last_sent"), (row) => moment(row.attempted_at), true]], pushes) : el("p", { class: "soft" }, word("no_platform")))));
}

function render() {
  document.documentElement.lang = view.lang;
  document.title = `${word("title")} · ${store().name}`;
  if (!rows("read_filters").some((one) => one.filter_no === view.filter)) view.filter = 0;
  if (!rows("read_periods").some((one) => one.period === view.period)) view.period = "30";
  const width = Math.max(300, Math.min(document.documentElement.clientWidth, 1180) - (innerWidth <= 640 ? 50 : 74));
  const known = rows("days_known")[0];
  document.getElementById("head").replaceChildren(...head());
  document.getElementById("bar").replaceChildren(...bar());
  document.getElementById("main").replaceChildren(
    ...figures(), el("div", { style: "margin-top:14px" }, overTime(width)),
    el("h2", {}, word("sold")), el("div", { class: "masonry" }, DIMENSIONS.map(sold)),
    el("h2", {}, word("base")),
    ...(known.profiles_on ? [
      el("p", { class: "soft" }, word("base_note", { d: day(known.profiles_on) })), base(),
      el("div", { class: "grid halves", style: "margin:14px 0" }, grid(), tenths()), segments(),
      el("div", { style: "margin:14px 0" }, moves(width))] : [el("p", { class: "soft" }, word("no_profiles"))]),
    el("div", { style: "margin:14px 0" }, cohorts()), carts(),
    el("h2", {}, word("state")), state());
  document.getElementById("foot").textContent = word("footer");
}
render();
let drawnWidth = innerWidth;
addEventListener("resize", () => { if (innerWidth !== drawnWidth) { drawnWidth = innerWidth; render(); } });

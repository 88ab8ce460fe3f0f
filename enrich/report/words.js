// Words, numbers and elements: everything that is said on the page, in the language that is looked at.
const LANGUAGES = ["es", "pt", "en"];
// Spanish as it is written where VTEX is strong; a reader whose browser says es-MX gets Mexico's marks.
const LOCALES = { es: "es-AR", pt: "pt-BR", en: "en" };
const WORDS = JSON.parse(document.getElementById("words").textContent, withoutAncestors);

// A key is looked up among its own alone: a channel may be called "constructor" or "__proto__".
function withoutAncestors(_, value) {
  const isTable = value !== null && typeof value === "object" && !Array.isArray(value);
  return isTable ? Object.assign(Object.create(null), value) : value;
}

const locale = () => {
  const asked = navigator.language || "";
  return asked.slice(0, 2) === view.lang && asked.length > 2 ? asked : LOCALES[view.lang];
};
function word(key, values = {}) {
  const text = WORDS[view.lang][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
// What a channel, brand or product is called is shown as it is; our own names for the rest are in parentheses.
const called = (name) => (/^\(.*\)$/.test(name) ? WORDS[view.lang][name] : null) ?? name;
const known = (prefix, key) => WORDS[view.lang][`${prefix}_${key}`] ?? key;

// Null is a figure about one to four people.
const number = (value, options = {}) => new Intl.NumberFormat(locale(), { useGrouping: "always", ...options }).format(value);
const count = (value) => (value === null ? "<5" : number(value));
const percent = (value) => (value === null ? "–" : number(value / 100, { style: "percent", maximumFractionDigits: 1 }));
const change = (value) => (value === null ? "–" : `${value > 0 ? "+" : ""}${percent(value)}`);

// From ten thousand on, cents say nothing; `like` is the largest amount beside it, so that a column has one form.
function money(cents, like = cents) {
  if (cents === null) return word("few");
  const digits = Math.abs(like ?? cents) >= 1e6 ? 0 : 2;
  return number(cents / 100, { ...currency(), minimumFractionDigits: digits, maximumFractionDigits: digits });
}
function shortMoney(cents, isBare = false) {
  return number(cents / 100, { ...(isBare ? {} : currency()), notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 });
}
const currency = () => (store().currency ? { style: "currency", currency: store().currency, currencyDisplay: "narrowSymbol" } : {});
const largest = (list, column) => Math.max(0, ...list.map((row) => Math.abs(row[column] ?? 0)));
const shown = (column, value) => (column.endsWith("_cents") ? money(value) : count(value));

const DAY = { day: "numeric", month: "short", year: "numeric" };
const day = (text, options = DAY) =>
  new Intl.DateTimeFormat(locale(), { timeZone: "UTC", ...options }).format(new Date(`${text}T00:00:00Z`));
const moment = (text) => (text === null ? "–" : `${new Intl.DateTimeFormat(locale(),
  { timeZone: "UTC", ...DAY, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(text))} UTC`);
const later = (text, days) => new Date(Date.parse(`${text}T00:00:00Z`) + days * 864e5).toISOString().slice(0, 10);

// Text is only ever set as text, whatever a product is called.
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
const note = (text) => (text ? el("p", { class: "note" }, text) : null);
const nothing = (title, text) => card(title, el("p", { class: "soft" }, text));
function chips(label, options, current, pick) {
  return el("div", { class: "chips", role: "group", "aria-label": label }, options.map(([value, text]) =>
    el("button", { "aria-pressed": String(value === current), on: ["click", () => pick(value)] }, text)));
}
// A table; a column is [title, function of the row, is a number, classes]; `below` says more under a row where there
// is no room for it beside.
function tableOf(columns, list, below = null) {
  const titles = el("tr", {}, columns.map(([title, , isNumber, extra]) =>
    el("th", { class: `${isNumber ? "n" : ""} ${extra ?? ""}`, scope: "col" }, title)));
  const lines = list.flatMap((row) => [
    el("tr", { class: below ? "above" : null }, columns.map(([, cell, isNumber, extra]) => {
      const made = cell(row);
      return made instanceof Node && made.nodeName === "TD" ? made : el("td", { class: `${isNumber ? "n" : ""} ${extra ?? ""}` }, made);
    })),
    ...(below ? [el("tr", { class: "below" }, el("td", { colspan: columns.length, class: "soft" }, below(row)))] : [])]);
  return el("div", { class: "scroll" }, el("table", {}, columns.some(([title]) => title) ? titles : null, lines));
}
const shareCell = (text, share) => el("td", { class: "share", style: `--w:${Math.max(0, Math.min(share ?? 0, 100))}%` }, text);
const heat = (share) => `background: rgba(var(--heat), ${(0.06 + 0.6 * Math.min(1, share)).toFixed(2)})`;
const moved = (value) => el("span", { class: value > 0 ? "good" : value < 0 ? "bad" : "" }, change(value));
function figure(title, value, ...below) {
  return el("div", { class: "card figure" }, el("span", {}, title), el("b", {}, value), ...below);
}

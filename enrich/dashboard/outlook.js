// What comes next: how good predictions were, what they say of the store, who is likely to stay away.
const RULES = ["same_rate", "same_again", "recency", "past_spend"];
// How each metric of a back-test reads, in the order it is shown.
const AS_SHARE = (value) => (value === null ? "–" : percent(100 * value));
const AS_CHANGE = (value) => (value === null ? "–" : change(100 * value));
const AS_NUMBER = (value) => (value === null ? "–" : number(value, { minimumFractionDigits: 3, maximumFractionDigits: 3 }));
const BACKTEST = [["orders_bias", AS_CHANGE], ["amount_bias", AS_CHANGE], ["orders_error_by_tenth", AS_SHARE], ["orders_correlation", AS_NUMBER],
  ["buys_again_auc", AS_NUMBER], ["money_gini", AS_NUMBER], ["next_order_coverage", AS_SHARE]];

function outlook(width) {
  const found = rows("outlook")[0];
  if (found.customers === null) return [nothing(word("outlook"), word(WORDS[view.lang][`no_${found.status}`] ? `no_${found.status}` : "no_predictions"))];
  const half = width > 900 ? Math.floor((width - 46) / 2) : width;
  return [
    el("p", { class: "soft" }, word("outlook_note", { d: day(rows("days_known")[0].profiles_on), n: number(found.customers), m: found.model ?? "–" })),
    el("div", { class: "grid figures" },
      [30, 90, 365].map((days) => figure(word("orders_in", { n: days }), number(found[`orders_${days}d`]))),
      figure(word("amount_in", { n: 365 }), found.amount_cents === null ? "–" : money(found.amount_cents),
        found.value_status ? el("span", {}, word(`no_${found.value_status}`)) : null)),
    el("div", { class: "grid halves" }, calibration(half), tiers()), expectedMonths(width), backtest(), leaving()];
}

function calibration(width) {
  const found = rows("calibration");
  if (!found.length) return nothing(word("calibration"), word("no_backtest"));
  const tip = (row) => [`${word("tenth")} ${row.tenth}, ${word("customers")}: ${number(row.customers)}`,
    `${word("predicted")}: ${number(row.predicted_orders)}`, `${word("came")}: ${number(row.actual_orders)}`,
    `${word("predicted")}: ${money(row.predicted_cents)}`, `${word("came")}: ${money(row.actual_cents)}`].join("\n");
  return card(word("calibration"), note(word("calibration_note")), key(["other", "predicted"], ["", "came"]),
    barChart({ pairs: found.map((row) => [row.predicted_orders, row.actual_orders]), labels: found.map((row) => number(row.tenth)),
      axis: (value) => number(value, { maximumFractionDigits: 1 }), tip: (i) => tip(found[i]), width, title: word("calibration") }));
}

function backtest() {
  const all = rows("backtest");
  const lines = BACKTEST.map(([metric, shows]) => ({ metric, shows, found: all.filter((row) => row.metric === metric) })).filter((line) => line.found.length);
  if (!lines.length) return nothing(word("backtest"), word("no_backtest"));
  const lost = lines.flatMap(({ shows, found }) => found.filter((row) => row.is_beaten).map((row) => word("beaten",
    { r: word(row.baseline), m: word(row.metric), a: shows(row.baseline_value), b: shows(row.value) })));
  const beside = (line, rule) => line.found.find((row) => row.baseline === rule);
  const reached = (line, rule) => { const row = beside(line, rule); return row ? el(row.is_beaten ? "b" : "span", {}, line.shows(row.baseline_value)) : ""; };
  const below = (line) => RULES.map((rule) => [rule, beside(line, rule)]).filter(([, row]) => row)
    .map(([rule, row]) => `${word(rule)}: ${line.shows(row.baseline_value)}`).join(" · ");
  const { cutoff_on, as_of } = all[0];
  return card(word("backtest"), note(word("backtest_note", { a: day(cutoff_on), b: day(as_of) })),
    lost.length ? el("ul", { class: "lost" }, lost.map((text) => el("li", {}, text))) : el("p", {}, word("not_beaten")),
    tableOf([["", (line) => word(line.metric)], [word("model"), (line) => line.shows(line.found[0].value), true],
      ...RULES.map((rule) => [word(rule), (line) => reached(line, rule), true, "wide-only"])], lines, below));
}

function expectedMonths(width) {
  const found = rows("expected_months");
  if (!found.length) return null;
  const month = (text) => day(text, { month: "short", year: "numeric" });
  return card(word("expected_months"), note(word("expected_months_note")), key(["", "came"], ["was", "expected"]),
    lineChart({ now: found.map((row) => row.actual_orders), before: found.map((row) => row.expected_orders), labels: found.map((row) => month(row.month_on)),
      axis: (value) => number(value, { maximumFractionDigits: 1 }), width, title: word("expected_months"),
      tip: (i) => `${day(found[i].month_on)} – ${day(found[i].last_on)}\n${word("came")}: ${count(found[i].actual_orders)}\n${word("expected")}: ${count(found[i].expected_orders)}` }));
}

function tiers() {
  const found = rows("tiers");
  if (!found.length) return nothing(word("tiers"), word("too_few"));
  const [expected, each] = [largest(found, "expected_cents"), largest(found, "value_cents")];
  return card(word("tiers"), note(word("tiers_note")), tableOf([
    [word("tier"), (row) => shareCell(known("tier", row.tier), row.expected_percent)], [word("customers"), (row) => number(row.customers), true],
    [word("expected_amount"), (row) => money(row.expected_cents, expected), true],
    [word("each"), (row) => money(row.value_cents, each), true, "wide-only"]], found));
}

function leaving() {
  const found = rows("leaving");
  if (!found.length) return nothing(word("leaving"), word("nobody_leaves"));
  const table = (kind, title, name) => {
    const list = found.filter((row) => row.kind === kind), like = largest(list, "amount_cents");
    const alive = (row) => word("alive_percent", { p: percent(row.alive_percent) });
    return list.length ? tableOf([[word(title), (row) => shareCell(name(row.label), row.customers_percent)], [word("customers"), (row) => number(row.customers), true],
      [word("share"), (row) => percent(row.customers_percent), true, "wide-only"],
      [word("all_time"), (row) => money(row.amount_cents, like), true], [word("expected_amount"), (row) => (row.expected_cents === null ? "–" : money(row.expected_cents, like)), true, "wide-only"],
      [word("still_here"), (row) => percent(row.alive_percent), true, "wide-only"]], list, alive) : null;
  };
  return card(word("leaving"), note(word("leaving_note")), table("tier", "tier", (tier) => (tier === "(other)" ? called(tier) : known("tier", tier))), table("segment", "segment", segmentName));
}
const key = (...lines) => el("div", { class: "key" }, lines.map(([style, name]) => el("span", {}, el("i", { class: style }), word(name))));

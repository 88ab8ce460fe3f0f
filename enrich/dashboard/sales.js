// Sales: the headline figures, the lines over time, the stores side by side, and what sold.
const METRICS = [
  ["amount", "amount_cents"], ["purchases", "purchases"], ["average", "average_cents"],
  ["unique", "customers"], ["new", "new_customers"], ["returning", "returning_customers"],
  ["anonymous", "anonymous_purchases"]];
// More purchases of nobody known is no good news, nor a fault.
const SERIES = METRICS.filter(([name]) => name !== "anonymous");
const mood = (name, by) => (name === "anonymous" ? "" : by > 0 ? "good" : by < 0 ? "bad" : "");
const DIMENSIONS = ["channel", "category", "brand", "product", "promo_code"];

function figures() {
  const found = rows("figures").find(chosen);
  const from = rows("days_known")[0].sales_from;
  return el("div", { class: "grid figures of-sales" }, METRICS.map(([name, column]) => {
    // Without a purchase there is no average; that is not a secret.
    const value = (prefix) => (name === "average" && found[`${prefix}purchases`] === 0 ? "–" : shown(column, found[prefix + column]));
    const by = found[`${column}_change`];
    return figure(word(name), value(""),
      found.has_before ? el("span", { class: mood(name, by) },
        by === null ? "–" : `${by > 0 ? "▲" : by < 0 ? "▼" : "="} ${change(by)}`) : null,
      found.has_before ? el("span", {}, word("before", { v: value("before_") })) : null,
      name === "new" && from ? el("span", {}, word("new_note", { d: day(from) })) : null);
  }));
}
function periodLine() {
  const period = rows("read_periods").find((one) => one.period === view.period);
  const { today_purchases: purchases, today_cents: cents } = rows("days_known")[0];
  const against = period.before_first_on
    ? word("against", { a: day(period.before_first_on), b: day(period.before_last_on) })
    : view.period === "all" ? "" : word("no_before");
  return el("p", { class: "soft" }, `${day(period.first_on)} – ${day(period.last_on)}${against ? `, ${against}` : ""}. `,
    purchases === null || view.filter ? "" : word("today", { a: money(cents), n: count(purchases) }));
}

function overTime(width) {
  const isAll = view.period === "all";
  const found = isAll ? rows("months").find((one) => one.filter_no === view.filter) : rows("days").find(chosen);
  const [name, column] = SERIES.find(([one]) => one === view.metric) ?? SERIES[0];
  const now = found[column], before = (isAll ? null : found[`before_${column}`]) ?? [];
  const options = isAll ? (found.unit === "year" ? { year: "numeric" } : { month: "short", year: "numeric" }) : { day: "numeric", month: "short" };
  const span = (first) => (isAll || found.step_days === 1 ? day(first, isAll ? options : DAY)
    : `${day(first, options)} – ${day(later(first, found.step_days - 1))}`);
  const step = isAll ? word(`unit_${found.unit}`)
    : found.step_days === 1 ? word("step_1") : word(found.step_days === 5 && view.period === "360" ? "step_360" : "step_n", { n: found.step_days });
  if (now.length === 1 && !isAll) return nothing(word("over_time"), word("one_point"));
  const small = (i, list, purchases) => (list[i] === null && name === "average" && purchases[i] === 0 ? "–" : shown(column, list[i]));
  const metrics = el("div", { style: "margin-bottom:10px" }, chips(word("over_time"), SERIES.map(([one]) => [one, word(one)]), name, (metric) => look({ metric })));
  if (![...now, ...before].some((value) => value > 0)) return card(word("over_time"), metrics, el("p", { class: "soft" }, word("no_line")));
  return card(word("over_time"), metrics,
    el("div", { class: "key" }, el("span", {}, el("i"), word("line_now")), before.length ? el("span", {}, el("i", { class: "was" }), word("line_before")) : null),
    lineChart({
      now, before, width, title: `${word("over_time")}: ${word(name)}`, labels: found.first_on.map((text) => day(text, options)),
      axis: (value) => (column.endsWith("_cents") ? shortMoney(value) : number(value, { maximumFractionDigits: 1 })),
      tip: (i) => [span(found.first_on[i]), `${word(name)}: ${small(i, now, found.purchases)}`,
        ...(before.length ? [word("before", { v: small(i, before, found.before_purchases) })] : [])].join("\n") }),
    note(`${step} ${[...now, ...before].includes(null) ? word(name === "average" ? "gaps_average" : "gaps") : ""}`));
}

// Stores may have currencies of their own, so nothing is added up over them.
function stores() {
  const list = DATA.stores.map((one, i) => ({ i, ...DATA.stores[i] }));
  const columns = METRICS.slice(0, 6).map(([name, column]) => [word(name), (one) => {
    const found = rows("figures", one).find((row) => row.filter_no === 0 && row.period === view.period);
    const by = found.has_before ? el("small", {}, " ", moved(found[`${column}_change`])) : null;
    return el("span", {}, inStore(one, () => shown(column, found[column])), by);
  }, true, name === "amount" || name === "purchases" ? "" : "wide-only"]);
  const name = (one) => el("button", { class: "link", "aria-pressed": "false", on: ["click", () => look({ store: one.i, filter: 0 })] }, one.name);
  return card(word("stores"), tableOf([[word("store"), name], ...columns], list));
}

function sold(dimension) {
  const found = rows(`labels_${dimension}`).filter(chosen);
  if (!found.length) return nothing(word(dimension), word("nothing"));
  const units = dimension === "promo_code" || dimension === "channel" ? word("purchases") : word("units");
  const like = largest(found, "amount_cents");
  const columns = [
    ["", (row) => shareCell(el("span", {}, called(row.label), " ", el("small", { class: "soft" }, percent(row.share_percent))), row.share_percent)],
    [word("amount"), (row) => money(row.amount_cents, like), true],
    [units, (row) => number(row.units), true, "wide-only"], [word("customers"), (row) => count(row.customers), true, "wide-only"],
    ...(found.some((row) => row.amount_change !== null) ? [[word("change"), (row) => moved(row.amount_change), true]] : [])];
  const top = found.filter((row) => !row.is_least), least = found.filter((row) => row.is_least);
  return card(word(dimension), tableOf(columns, top),
    least.length ? el("h4", {}, word("least")) : null,
    least.length ? tableOf(columns, least) : null,
    note([found[0].hidden_count ? word("hidden", { n: number(found[0].hidden_count) }) : "",
      dimension === "promo_code" ? word("promo_note") : ""].filter(Boolean).join(" ")));
}

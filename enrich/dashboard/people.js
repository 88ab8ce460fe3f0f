// The customer base: who there is, where the value is, who moved, who comes back, which carts are waiting.
const segmentRow = (name) => DATA.segments.find((one) => one.name === name);
// A segment in the language of the page; "(other)" and "(new)" are words, a segment of an older table keeps its name.
const segmentName = (name) => segmentRow(name)?.label[view.lang] ?? called(name);

function base() {
  const one = rows("customers")[0];
  const plain = (name, value, below) => figure(word(name), value, el("span", {}, below ?? ""));
  return el("div", { class: "grid figures" },
    plain("known", count(one.customers)), plain("buyers", count(one.buyers)),
    plain("repeat", one.repeat_percent === null ? "<5" : percent(one.repeat_percent), word("of_buyers", { n: count(one.repeat_buyers) })),
    plain("value", money(one.value_cents), word("mean_amount")),
    plain("per_buyer", one.purchases_per_buyer === null ? "<5" : number(one.purchases_per_buyer)),
    plain("gap", one.median_gap_days === null ? "<5" : word("days", { n: number(one.median_gap_days, { maximumFractionDigits: 0 }) }), word("median")));
}

function grid() {
  const found = rows("grid");
  if (!found.length) return nothing(word("grid"), word("too_few"));
  const most = Math.max(...found.map((one) => one.amount_percent ?? 0), 1), rest = found.find((one) => one.r_score === null);
  const cell = (r, f) => {
    const one = found.find((row) => row.r_score === r && row.f_score === f);
    if (!one) return el("td", { class: "soft" }, "·");
    const node = el("td", { style: heat((one.amount_percent ?? 0) / most) }, el("b", {}, number(one.customers)), el("small", {}, shortMoney(one.amount_cents, innerWidth <= 640)));
    withTip(node, () => `${word("recency")} ${r}, ${word("frequency")} ${f}\n${word("customers")}: ${number(one.customers)} (${percent(one.customers_percent)})\n${money(one.amount_cents)} (${percent(one.amount_percent)})`);
    return node;
  };
  const scores = [1, 2, 3, 4, 5];
  return card(word("grid"), note(word("grid_note")),
    el("div", { class: "scroll" }, el("table", { class: "heat rfm" },
      [...scores].reverse().map((r) => el("tr", {}, el("th", { scope: "row" }, `R ${r}`), scores.map((f) => cell(r, f)))),
      el("tr", {}, el("th", {}, ""), scores.map((f) => el("th", { scope: "col" }, `F ${f}`))))),
    note(rest ? word("merged", { n: number(rest.customers), a: money(rest.amount_cents) }) : word("grid_dot")));
}

function tenths() {
  const found = rows("value");
  if (!found.length) return nothing(word("tenths"), word("too_few"));
  const like = largest(found, "value_cents");
  return card(word("tenths"), note(word("tenths_note")), tableOf([
    [word("tenth"), (row) => number(row.tenth), true], [word("share"), (row) => shareCell(percent(row.amount_percent), row.amount_percent)],
    [word("customers"), (row) => number(row.customers), true, "wide-only"], [word("each"), (row) => money(row.value_cents, like), true],
    [word("purchases"), (row) => number(row.purchases_per_customer, { minimumFractionDigits: 1 }), true, "wide-only"]], found));
}

const advice = (row) => segmentRow(row.segment)?.advice[view.lang] ?? "";
function segments() {
  const found = rows("segments");
  if (!found.length) return nothing(word("segments"), word("too_few"));
  const like = (column) => largest(found, column);
  const [all, year, each] = [like("amount_cents"), like("amount_360d_cents"), like("value_cents")];
  return card(word("segments"), tableOf([
    [word("segment"), (row) => shareCell(segmentName(row.segment), row.amount_percent)],
    [word("customers"), (row) => number(row.customers), true], [word("all_time"), (row) => money(row.amount_cents, all), true],
    [word("share"), (row) => percent(row.amount_percent), true, "wide-only"], [word("last_360"), (row) => money(row.amount_360d_cents, year), true, "wide-only"],
    [word("each"), (row) => money(row.value_cents, each), true, "wide-only"], [word("todo"), advice, false, "wide-only todo"]], found, advice), note(word("last_360_note")));
}

function moves(width) {
  const found = rows("movements").filter((one) => one.period === view.period);
  if (!found.length) return nothing(word("moves"), word("no_moves"));
  const order = DATA.segments.map((one) => one.name);
  const { then_on, now_on, all_moved, all_stayed } = found[0];
  const kind = (row) => {
    const [from, to] = [row.segment_then, row.segment_now].map((name) => order.indexOf(name));
    return from < 0 || to < 0 ? "other" : to > from ? "up" : "down";
  };
  const changed = found.filter((row) => !row.has_stayed);
  const flows = changed.map((row) => ({ from: row.segment_then, to: row.segment_now, weight: row.customers, kind: kind(row),
    tip: `${segmentName(row.segment_then)} → ${segmentName(row.segment_now)}\n${word("customers")}: ${number(row.customers)}\n${word("all_time")}: ${money(row.amount_cents)}` }));
  const named = changed.filter((row) => row.segment_now !== "(other)").slice(0, 10), like = largest(named, "amount_cents");
  return card(word("moves"),
    note(word("moves_note", { a: day(then_on), b: day(now_on), m: count(all_moved), s: count(all_stayed) })),
    flows.length ? el("div", { class: "key" }, [["up", "up"], ["down", "down"], ["other", "arrived"]].map(([style, key]) => el("span", {}, el("i", { class: style }), word(key)))) : null,
    flows.length ? flowChart({ flows, order: ["(other)", "(new)", ...order], name: segmentName, width, title: word("moves") }) : null,
    named.length ? el("div", { style: "margin-top:14px" }, tableOf([
      [word("then"), (row) => segmentName(row.segment_then)], [word("now"), (row) => segmentName(row.segment_now)],
      [word("customers"), (row) => number(row.customers), true], [word("all_time"), (row) => money(row.amount_cents, like), true, "wide-only"]], named)) : null);
}

function cohorts() {
  const found = rows("cohorts");
  if (!found.length) return nothing(word("cohorts"), word("too_few"));
  const unit = found[0].unit, starts = [...new Set(found.map((one) => one.cohort_on))];
  const last = Math.max(...found.map((one) => one.units_since)), after = [...Array(last + 1).keys()].slice(1);
  const quarter = (text) => `${Math.floor(Number(text.slice(5, 7)) / 3) + 1}/${text.slice(0, 4)}`;
  const name = (start) => (unit === "quarter" ? `${view.lang === "en" ? "Q" : "T"}${quarter(start)}` : day(start, { month: "short", year: "numeric" }));
  const cell = (one) => {
    if (!one) return el("td", {}, "");
    if (one.share_percent === null) return el("td", { class: "soft" }, "<5");
    return el("td", { style: heat(one.share_percent / 60), title: `${word("customers")}: ${number(one.customers)}` }, percent(one.share_percent));
  };
  return card(word("cohorts"), note(word(`cohorts_${unit}`)),
    el("div", { class: "scroll" }, el("table", { class: "heat" },
      el("tr", {}, el("th", { scope: "col" }, word("cohort")), el("th", { scope: "col" }, word("customers")), after.map((n) => el("th", { scope: "col" }, word(`plus_${unit}`, { n })))),
      starts.map((start) => {
        const line = found.filter((one) => one.cohort_on === start);
        return el("tr", {}, el("th", { scope: "row" }, name(start)), el("th", {}, number(line[0].cohort_customers)),
          after.map((n) => cell(line.find((one) => one.units_since === n))));
      }))));
}

function carts() {
  const found = rows("carts");
  if (!found.length) return nothing(word("carts"), word("carts_none"));
  const { all_carts, all_value_cents, all_average_cents } = found[0];
  const list = found.length > 1 ? [...found, { band: null, carts: all_carts, value_cents: all_value_cents, average_cents: all_average_cents }] : found;
  const like = largest(list, "value_cents");
  return card(word("carts"), note(word("carts_note")), tableOf([
    [word("left"), (row) => (row.band === null ? el("b", {}, word("all_carts")) : word(`c${row.band}`))], [word("cart_count"), (row) => number(row.carts), true],
    [word("cart_value"), (row) => money(row.value_cents, like), true], [word("cart_average"), (row) => money(row.average_cents), true, "wide-only"]], list));
}

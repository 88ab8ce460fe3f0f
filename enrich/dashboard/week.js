// To do this week: goals, whom to reach for what, and what reaching them brought.
const AS_MONEY = (value) => money(Math.round(100 * value));
const GOAL_SHOWS = { amount: AS_MONEY, average: AS_MONEY };
const METRIC_SHOWS = { conversion: AS_SHARE, purchases: AS_NUMBER, amount: AS_MONEY };
const audienceName = (name) => known("audience", name);

function todo(width) {
  return [el("div", { class: "grid figures" }, ...rows("goals").map(goal), coupons()), audiences(), ...experiments(width)];
}

// An average is reached or not; everything else grows with the days of its period.
function goal(row) {
  const shows = GOAL_SHOWS[row.figure] ?? ((value) => number(value));
  const isGood = row.reached_percent >= (row.figure === "average" ? 100 : row.elapsed_percent);
  const box = figure(word(`${row.figure}_goal`, { p: word(`this_${row.period}`) }), row.reached === null ? "<5" : shows(row.reached),
    el("span", {}, word("of_target", { t: shows(row.target) })),
    row.reached_percent === null ? null : el("span", { class: isGood ? "good" : "bad" }, word("reached", { p: percent(row.reached_percent), e: percent(row.elapsed_percent) })),
    el("div", { class: "goal", style: `--w:${Math.min(row.reached_percent ?? 0, 100)}%;--e:${row.elapsed_percent}%` }));
  withTip(box, () => `${row.goal}\n${row.reached === null ? "<5" : shows(row.reached)} / ${shows(row.target)}`);
  return box;
}
function coupons() {
  const found = rows("coupons").find((row) => row.period === view.period);
  return figure(word("coupons"), found ? percent(found.share_percent) : "–",
    found && found.amount_cents !== null ? el("span", {}, word("coupons_of", { a: money(found.amount_cents), n: number(found.purchases) })) : null,
    found && found.before_share_percent !== null ? el("span", {}, word("before", { v: percent(found.before_share_percent) })) : null);
}

const OUTCOMES = ["no_consent", "unknown_consent", "no_address", "held_out", "over_limit"];
function audiences() {
  const found = rows("audiences");
  if (!found.length) return nothing(word("audiences"), word("no_audiences"));
  const like = largest(found, "amount_cents"), { now_on, before_on } = found[0];
  const changed = (row) => (before_on === null ? "–" : `+${count(row.joined)} −${count(row.gone)}`);
  const others = (row) => [`${word("since_before")}: ${changed(row)}`, ...OUTCOMES.filter((name) => row[name] !== 0).map((name) => `${word(name)}: ${count(row[name])}`)].join(" · ");
  return card(word("audiences"), note(word(before_on === null ? "audiences_first" : "audiences_note", { a: day(now_on), b: before_on && day(before_on) })), tableOf([
    [word("audience"), (row) => audienceName(row.audience)], [word("members"), (row) => count(row.members), true],
    [word("all_time"), (row) => money(row.amount_cents, like), true], [word("since_before"), changed, true, "wide-only"],
    [word("fitting"), (row) => count(row.fitting), true, "wide-only"], ...OUTCOMES.map((name) => [word(name), (row) => count(row[name]), true, "wide-only"])], found, others),
    el("a", { class: "download", download: `audiences-${store().name}-${now_on}.csv`, href: `data:text/csv;charset=utf-8,${encodeURIComponent(csvOf("audiences"))}` }, word("download")));
}

// As the spreadsheet of the reader's language opens it: in Spanish and Portuguese semicolons, with the mark of UTF-8.
function csvOf(name) {
  const { columns, rows: lists } = store().tables[name];
  const mark = view.lang === "en" ? "," : ";", cell = (value) => (value === null ? "" : `"${String(value).replaceAll('"', '""')}"`);
  const isCount = (i) => !columns[i].endsWith("_on") && !columns[i].endsWith("_cents");
  const lines = lists.map((list) => list.map((value, i) => (value === null && isCount(i) ? '"<5"' : cell(value))).join(mark));
  return `\uFEFF${[columns.join(mark), ...lines].join("\r\n")}\r\n`;
}

function experiments(width) {
  const found = rows("experiments");
  if (!found.length) return [nothing(word("experiments"), word("no_experiments"))];
  return found.map((one) => experiment(one, width));
}
function experiment(one, width) {
  const title = `${word("experiment")}: ${audienceName(one.audience)}`;
  const begun = word("experiment_note", { d: day(one.since_on), t: count(one.treated_count), c: count(one.control_count), b: count(one.buyer_count) });
  if (one.too_small) return card(title, note(one.too_small === "not_begun" ? "" : begun), el("p", { class: "soft" }, word(one.too_small, { d: day(one.since_on) })));
  const all = rows("lift").filter((row) => row.audience === one.audience), points = all.filter((row) => row.metric === "amount");
  const last = all.filter((row) => row.to_on === points.at(-1).to_on);
  const interval = (row) => word("from_to", { a: METRIC_SHOWS[row.metric](row.low), b: METRIC_SHOWS[row.metric](row.high) });
  const concluded = (row) => word(row.conclusion.replaceAll(" ", "_"));
  return card(title, note(begun), el("h4", {}, word("lift_chart")),
    bandChart({ points, labels: points.map((row) => day(row.to_on, { day: "numeric", month: "short" })), axis: (value) => shortMoney(100 * value), width, title: `${title}, ${word("lift_chart")}`,
      tip: (i) => [day(points[i].to_on), `${word("treated")}: ${AS_MONEY(points[i].treated)}`, `${word("control")}: ${AS_MONEY(points[i].control)}`,
        `${word("difference")}: ${AS_MONEY(points[i].difference)}`, interval(points[i])].join("\n") }),
    tableOf([[word("a_head"), (row) => word(`lift_${row.metric}`)], [word("treated"), (row) => METRIC_SHOWS[row.metric](row.treated), true, "wide-only"],
      [word("control"), (row) => METRIC_SHOWS[row.metric](row.control), true, "wide-only"], [word("difference"), (row) => METRIC_SHOWS[row.metric](row.difference), true],
      [word("interval"), interval, true, "wide-only"], [word("concluded"), concluded, true, "wide-only"]], last, (row) => `${interval(row)} · ${concluded(row)}`),
    note(word("lift_note")));
}

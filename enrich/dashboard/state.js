// The state of the data: how fresh it is, whether it equals VTEX, what the numbers leave out, what platforms hold.
const STALE_HOURS = 9; // two runs of every four hours, and one

function stateLine() {
  const days = rows("days_known")[0], proof = rows("reconciled")[0];
  const hours = Math.floor((Date.now() - Date.parse(DATA.made_at)) / 36e5);
  const failed = rows("runs").filter((one) => one.status === "failed" || one.status === "interrupted");
  const parts = [
    ["ok", word("sales_upto_line", { d: day(store().as_of) })],
    proof ? [proof.unexplained ? "bad" : "ok", `${word("proof")}: ${proofText(proof)}`] : null,
    days.profiles_on ? ["ok", word("profiles_line", { d: day(days.profiles_on) })] : ["late", word("no_profiles_line")],
    ...failed.map((one) => ["bad", word("failed_line", { j: known("job", one.job), d: moment(one.started_at) })]),
    hours >= STALE_HOURS ? ["late", word("stale_line", { n: number(hours) })] : null].filter(Boolean);
  return el("p", { class: "state" }, parts.map(([kind, text]) => el("span", { class: kind }, text)));
}
const proofText = (proof) => word(proof.unexplained ? "proof_bad" : "proof_ok",
  { n: number(proof.listed), u: number(proof.unexplained), a: money(proof.unexplained_cents) });

function state() {
  const days = rows("days_known")[0], proof = rows("reconciled")[0];
  const lines = [
    [word("sales_upto"), day(store().as_of)], [word("profiles_of"), days.profiles_on ? day(days.profiles_on) : "–"],
    [word("known_since"), days.sales_from ? day(days.sales_from) : "–"], [word("history_since"), days.history_from ? day(days.history_from) : "–"],
    ...rows("pulled").map((one) => [known("entity", one.entity), word("upto", { d: moment(one.watermark_at) })]),
    ...rows("runs").map((one) => [word("run", { j: known("job", one.job) }), `${known("status", one.status)}, ${moment(one.started_at)}`]),
    ...(proof ? [[word("proof"), proofText(proof)]] : []),
    [word("made"), moment(DATA.made_at)]];
  return el("div", { class: "grid halves" },
    card(word("fresh"), tableOf([["", (row) => row[0]], ["", (row) => row[1], true, "wrap"]], lines)),
    el("div", { class: "grid" }, leftOut(), platforms()));
}
// An entity, or what a finding is about.
const subject = (detail) => WORDS[view.lang][`detail_${detail}`] ?? known("entity", detail);
function leftOut() {
  const found = rows("findings");
  if (!found.length) return nothing(word("left_out"), word("none_left_out"));
  return card(word("left_out"), tableOf([
    [word("finding"), (row) => `${known("f", row.finding)}${row.detail ? ` (${subject(row.detail)})` : ""}`],
    [word("rows"), (row) => number(row.row_count), true],
    [word("amount"), (row) => (row.amount_cents ? money(row.amount_cents) : ""), true]], found));
}
function platforms() {
  const found = rows("pushes");
  if (!found.length) return nothing(word("platforms"), word("no_platform"));
  return card(word("platforms"), tableOf([
    [word("platform"), (row) => row.destination], [word("accepted"), (row) => number(row.accepted), true],
    [word("refused"), (row) => number(row.refused), true], [word("last_sent"), (row) => moment(row.attempted_at), true]], found));
}

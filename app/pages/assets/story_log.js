// The part of an account's story that the page holds: attempts with their rows, oldest first. A long
// story comes in parts; they are joined here so that the rest of the page sees one story.

export const PART = 1000; // events in one answer, as the service gives them
const AROUND = PART / 2;

export class StoryLog {
  // `tell(until_version)` answers a timeline; without an argument the newest part.
  constructor(tell) {
    this.tell = tell;
    this.attempts = [];
    this.after = 0; // what came up to this version is not held here
    this.until = 0; // the version at the end of what is held
    this.newest = 0; // the account's version
    this.last = Promise.resolve();
  }

  get reachesEnd() {
    return this.until >= this.newest;
  }

  // Holds the newest part, or the part around a version that is older.
  open(version) {
    return this.inTurn(async () => {
      const timeline = await this.tell();
      this.newest = timeline.version;
      this.replace(timeline);
      if (version && version <= this.after) this.replace(await this.tell(Math.min(version + AROUND, this.newest)));
    });
  }

  // Loads what comes before (-1) or after (1) what is held; tells whether there was any.
  more(direction) {
    return this.inTurn(async () => {
      if (direction < 0 ? this.after === 0 : this.reachesEnd) return false;
      await (direction < 0 ? this.older() : this.newer());
      return true;
    });
  }

  // Takes in what has happened since; who looks at older parts only learns that there is more.
  refresh() {
    return this.inTurn(async () => {
      const timeline = await this.tell();
      const followed = this.reachesEnd;
      this.newest = timeline.version;
      if (!followed) return;
      if (timeline.after_version > this.until) {
        this.replace(timeline);
        return;
      }
      this.attempts = joined(upTo(this.attempts, timeline.after_version), received(timeline));
      this.after = Math.min(this.after, timeline.after_version);
      this.until = timeline.version;
    });
  }

  // One after the other, so that each joins its part to what the one before has left.
  inTurn(work) {
    this.last = this.last.catch(() => {}).then(work);
    return this.last;
  }

  async older() {
    const timeline = await this.tell(this.after);
    this.attempts = joined(received(timeline), this.attempts);
    this.after = timeline.after_version;
  }

  async newer() {
    const timeline = await this.tell(this.until + PART);
    this.attempts = joined(this.attempts, received(timeline));
    this.until = timeline.version;
    this.newest = Math.max(this.newest, this.until);
  }

  replace(timeline) {
    this.attempts = received(timeline);
    this.after = timeline.after_version;
    this.until = timeline.version;
  }

  // Every row with the attempt it stands in, in the log's order.
  steps() {
    return this.attempts.flatMap((part) => part.rows.map((row) => ({ row, part })));
  }
}

// Names a row within its account for good.
export const keyOf = (row) => (row.what === "event" ? `v${row.version}` : `i${row.cause.input_id}`);

// Names an attempt among those of its account; rows before the first have none.
export const partKey = (part) => part.attempt?.attempt_id ?? "";

export const time_ms = (iso) => new Date(iso).getTime();

export function received(timeline) {
  return timeline.attempts
    .filter((part) => part.rows.length)
    .map(({ attempt, rows, span_s }) => ({ attempt, rows, ends_ms: time_ms(rows[0].at) + span_s * 1000 }));
}

function upTo(attempts, version) {
  return attempts
    .map((part) => ({ ...part, rows: part.rows.filter((row) => row.version <= version) }))
    .filter((part) => part.rows.length);
}

// Joins two parts of one story; an attempt may be cut by the seam.
function joined(older, newer) {
  const last = older.at(-1);
  const [first, ...rest] = newer;
  if (!last || !first) return last ? older : newer;
  const [seam, ...rows] = first.rows;
  const gap_s = (time_ms(seam.at) - time_ms(last.rows.at(-1).at)) / 1000;
  const behind = { ...first, rows: [{ ...seam, gap_s }, ...rows] };
  if (partKey(last) !== partKey(first)) {
    return [...older.slice(0, -1), { ...last, ends_ms: time_ms(seam.at) }, behind, ...rest];
  }
  return [...older.slice(0, -1), { ...behind, rows: [...last.rows, ...behind.rows] }, ...rest];
}

// How long an attempt was in each status, in order: [{ status, from_ms, until_ms }].
export function spells(part) {
  const found = [];
  part.rows.forEach((row, index) => {
    const from_ms = time_ms(row.at);
    const next = part.rows[index + 1];
    const until_ms = Math.max(from_ms, next ? time_ms(next.at) : part.ends_ms);
    const last = found.at(-1);
    if (last?.status === row.status_after) last.until_ms = Math.max(last.until_ms, until_ms);
    else found.push({ status: row.status_after, from_ms, until_ms });
  });
  return found;
}

export function title(part) {
  return part.attempt ? `Attempt ${part.attempt.number}` : "Before the first attempt";
}

export const moves = (row) => row.status_before !== row.status_after;

const FAILURES = ["LinkFailed", "ReconnectFailed", "ConnectionLost", "AccountSuperseded", "LoggedOut"];
const WANTED = ["cancelled", "handed_over", "stopped", "logged_out"];

// A row that tells of a failure, as the service's own steps count them: an ending that a client asked
// for is none.
export const fails = (row) => FAILURES.includes(row.name) && !WANTED.includes(row.event?.reason);

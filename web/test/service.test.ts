// What the page does with the service's jobs, and with pages of its tables.
import assert from "node:assert/strict";
import { test } from "node:test";
import { finished, type Job, type Step } from "../src/jobs.ts";
import { Pages } from "../src/state/pages.ts";

const begun: Job<object> = { id: "x", status: "waiting", progress: null };
const step = (done: number): Step => ({ what: "looking for people", done, total: 4, unit: "looks" });

/** A service that tells these states of a job, one after the other; what it was asked. */
function serving(...states: Partial<Job<object>>[]): string[] {
  const asked: string[] = [];
  globalThis.fetch = (async (path: string, options?: RequestInit) => {
    asked.push(`${options?.method ?? "GET"} ${path}`);
    const told = options?.method === "DELETE" ? begun : states.length > 1 ? states.shift() : states[0];
    return new Response(JSON.stringify({ ...begun, ...told }));
  }) as typeof fetch;
  return asked;
}

test("a job is asked about until it is done, told of step by step, and forgotten", async () => {
  const asked = serving({ status: "running", progress: step(1) }, { status: "running", progress: step(3) }, { status: "done", progress: step(4), result: { people: 2 } });
  const steps: (number | null)[] = [];
  const result = await finished(begun, new AbortController().signal, (one) => steps.push(one && one.done), [1]);
  assert.deepEqual(result, { people: 2 });
  assert.deepEqual(steps, [null, 1, 3]);
  assert.deepEqual(asked, [...Array(3).fill("GET /v1/jobs/x"), "DELETE /v1/jobs/x"]);
});

test("whoever stops waiting stops the job, at once", async () => {
  const asked = serving({ status: "running", progress: step(1) });
  const stop = new AbortController();
  const waiting = finished(begun, stop.signal, (one) => one && stop.abort(), [1, 60_000]);
  await assert.rejects(waiting, { name: "AbortError" });
  assert.deepEqual(asked, ["GET /v1/jobs/x", "DELETE /v1/jobs/x"]);
});

test("a job that fails says why, one that another page stopped says so", async () => {
  serving({ status: "failed", error: { message: "a.png: nobody is found", code: "invalid" } });
  await assert.rejects(finished(begun, new AbortController().signal, () => {}, [1]), { message: "a.png: nobody is found", code: "invalid" });
  serving({ status: "cancelled" });
  await assert.rejects(finished(begun, new AbortController().signal, () => {}, [1]), { message: "cancelled" });
});

test("pages turn as far as there are rows, and keys turn them", () => {
  const pages = new Pages(10);
  pages.total = 34;
  const at = (key: string) => (assert.ok(pages.key(key)), pages.shown);
  assert.deepEqual(at("PageUp"), [1, 10]);
  assert.ok(pages.atStart);
  assert.deepEqual(at("PageDown"), [11, 20]);
  assert.deepEqual(at("ArrowRight"), [21, 30]);
  assert.ok(!pages.atEnd);
  assert.deepEqual(at("PageDown"), [31, 34]);
  assert.ok(pages.atEnd);
  assert.deepEqual(at("PageDown"), [31, 34]);
  assert.deepEqual(at("ArrowLeft"), [21, 30]);
  assert.deepEqual(at("Home"), [1, 10]);
  assert.deepEqual(at("End"), [31, 34]);
  assert.ok(!pages.key("r"));
  pages.total = 30;
  assert.deepEqual(at("End"), [21, 30]);
});

test("an empty list has one page, and a row anywhere begins one", () => {
  const pages = new Pages(10);
  assert.equal(pages.shown, null);
  assert.ok(pages.atStart && pages.atEnd);
  pages.turn(1);
  assert.equal(pages.offset, 0);
  pages.total = 34;
  pages.offset = 32; // as by `random`
  for (const by of [1, -1]) pages.turn(by);
  assert.equal(pages.offset, 22);
});

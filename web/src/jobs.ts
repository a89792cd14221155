// Long work of the service: asked about until it is over, stopped where nobody wants it any more, forgotten in the end.
import { answered, get, Refusal } from "./api.ts";

export interface Step {
  what: string;
  done: number;
  total: number | null;
  unit: string;
}

export interface Job<T> {
  id: string;
  status: "waiting" | "running" | "done" | "failed" | "cancelled";
  progress: Step | null;
  result?: T;
  error?: { message: string; code?: string };
}

const PAUSES = [150, 300, 700]; // milliseconds; most photos are done soon

/** What a job gives; `onStep` is told how far it is, null while it waits for others. */
export async function finished<T>(begun: Job<T>, signal: AbortSignal, onStep: (step: Step | null) => void, pauses = PAUSES): Promise<T> {
  const path = `/v1/jobs/${begun.id}`;
  const forget = () => answered(path, { method: "DELETE", keepalive: true }).catch(() => null);
  globalThis.addEventListener?.("pagehide", forget);
  try {
    let job = begun;
    for (let turn = 0; job.status === "waiting" || job.status === "running"; turn++) {
      onStep(job.status === "waiting" ? null : job.progress);
      await pause(pauses[Math.min(turn, pauses.length - 1)], signal);
      signal.throwIfAborted();
      job = await get<Job<T>>(path);
    }
    if (job.status === "done" && job.result) return job.result;
    throw new Refusal(job.error?.message ?? job.status, job.error?.code ?? job.status);
  } finally {
    globalThis.removeEventListener?.("pagehide", forget);
    void forget();
  }
}

/** So long, or until somebody stops it. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}

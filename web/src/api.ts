// The service: requests, and a socket for drags on which only the newest waiting message of a kind is answered.
import type { Job } from "./jobs.ts";
import type { Pose, Skeleton, Vec3 } from "./state/pose.ts";

export interface Sentence {
  text: string;
  joints: string[];
}

export interface Drawn {
  understood: string[];
  not_understood: string[];
  assumed: string[];
  notes: string[];
  poses: (Pose & { facts_read: number; facts_true: number })[];
}

export interface Stance {
  name: string;
  kinds: string[];
  pose: Pose;
}

export interface HandShape {
  name: string;
  left: Vec3[];
  right: Vec3[];
}

export interface Movement {
  name: string;
  angle: number;
  low: number | null;
  high: number | null;
}

export interface Motion {
  name: string;
  fps: number;
  poses: Pose[];
  notes: string[];
}

export interface Solved {
  pose: Pose;
  misses: Record<string, number>;
}

/** What the service said instead of an answer: a sentence, and its code. */
export class Refusal extends Error {
  constructor(message: string, readonly code: string) {
    super(message);
  }
}

const UNREACHABLE = "The service does not answer. Is poseloom studio still running? Your pose is kept here.";

export async function answered(path: string, options?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (options?.signal?.aborted) throw error;
    throw new Refusal(UNREACHABLE, "unreachable");
  }
  if (response.ok) return response;
  const error = await response.json().then((body) => body.error, () => null);
  throw new Refusal(error?.message ?? `The service answered ${response.status}.`, error?.code ?? String(response.status));
}

export async function get<T>(path: string): Promise<T> {
  return (await answered(path)).json();
}

function json(body: unknown): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  return (await answered(path, json(body))).json();
}

export async function postForBlob(path: string, body: unknown): Promise<Blob> {
  return (await answered(path, json(body))).blob();
}

export const skeleton = () => get<Skeleton>("/v1/body");
export const stances = () => get<{ stances: Stance[]; hands: HandShape[] }>("/v1/stances");
export const generate = (text: string, seed: number, n = 4) => post<Drawn>("/v1/generate", { text, n, seed, verify: true });
export const edit = (pose: Pose, instruction: string, seed: number) => post<Drawn>("/v1/edit", { pose, instruction, n: 1, seed, verify: true });
export const instruct = (start: Pose, end: Pose) => post<{ texts: { text: string }[] }>("/v1/instruct", { start, end });

/** A file as a motion. */
export async function convert(file: File): Promise<Motion> {
  const form = new FormData();
  form.append("file", file, file.name);
  form.append("format", "poses");
  return (await answered("/v1/convert", { method: "POST", body: form })).json();
}

export interface Recovered {
  name: string;
  size: [number, number];
  camera: { focal: number; centre: [number, number] };
  people: (Pose & { person: number; frame: number; box: [number, number, number, number] })[];
  clips: (Motion & { person: number; unseen: Record<string, string> })[];
}

const MOST_PEOPLE = 8;

/** The people of a photo or a video, as a job: on a slow machine either takes longer than a request may. */
export async function recover(file: File, signal: AbortSignal): Promise<Job<Recovered>> {
  const form = new FormData();
  form.append("file", file, file.name);
  form.append("people", String(MOST_PEOPLE));
  form.append("job", "true");
  return (await answered("/v1/recover", { method: "POST", body: form, signal })).json();
}

/** The person of a photo (the one in the box, else the largest) in a pose: the picture as a data URL. */
export async function transfer(file: File, pose: Pose, box: number[] | null): Promise<{ picture: string; notes?: string[] }> {
  const form = new FormData();
  form.append("file", file, file.name);
  form.append("pose", JSON.stringify(pose));
  if (box) form.append("box", JSON.stringify([box]));
  return (await answered("/v1/transfer", { method: "POST", body: form })).json();
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  id: number;
}

const RECONNECT = [300, 1000, 3000]; // milliseconds

/** The socket of a page; while it is away the same questions go by POST. */
export class Live {
  private socket: WebSocket | null = null;
  private waiting = new Map<string, Waiting>();
  private number = 0;
  private tries = 0;

  constructor(private readonly onState: (connected: boolean) => void) {
    this.connect();
  }

  private connect(): void {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/live`);
    socket.onopen = () => {
      this.tries = 0;
      this.socket = socket;
      this.onState(true);
    };
    socket.onmessage = (event) => this.take(JSON.parse(event.data));
    socket.onclose = () => {
      const was = this.socket === socket;
      this.socket = null;
      for (const one of this.waiting.values()) one.reject(new Refusal(UNREACHABLE, "unreachable"));
      this.waiting.clear();
      if (was || this.tries > 0) this.onState(false);
      setTimeout(() => this.connect(), RECONNECT[Math.min(this.tries++, RECONNECT.length - 1)]);
    };
  }

  /** The answer to the newest question of a kind; null where a newer one overtook this one. */
  ask<T>(kind: string, body: object): Promise<T | null> {
    if (!this.socket) return post<T>(`/v1/${kind}`, body);
    this.waiting.get(kind)?.resolve(null);
    const id = ++this.number;
    return new Promise<T | null>((resolve, reject) => {
      this.waiting.set(kind, { resolve: resolve as (value: unknown) => void, reject, id });
      this.socket!.send(JSON.stringify({ id, kind, ...body }));
    });
  }

  private take(message: { id: number; kind: string; result?: unknown; error?: { message: string; code: string } }): void {
    const one = this.waiting.get(message.kind);
    if (!one || one.id !== message.id) return;
    this.waiting.delete(message.kind);
    if (message.error) one.reject(new Refusal(message.error.message, message.error.code));
    else one.resolve(message.result);
  }
}

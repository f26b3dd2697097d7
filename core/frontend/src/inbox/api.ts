/** HTTP to our own server: JSON, CSRF header, errors in words. The server renews the login itself. */

import { t } from "../i18n.js";
import { learn } from "./clock.js";
import type { Uploaded } from "./types.js";

const PREFIX = "/api/v1";

export class ApiError extends Error {
  constructor(
    /** 0 when there was no answer at all. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
  }

  /** Whether the same request may well succeed later: nothing was wrong with it. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export function cookie(name: string): string {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

type Value = string | number | undefined | null;

export function query(values: Record<string, Value | readonly string[]>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? (value as string[]) : [value as Value]) {
      if (one !== undefined && one !== null && one !== "") search.append(key, String(one));
    }
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}

export class Api {
  constructor(private readonly csrfCookie = "csrf_access_token") {}

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.request<T>("GET", path, undefined, signal);
  }

  post<T>(path: string, body: unknown = {}, options: { keepalive?: boolean } = {}): Promise<T> {
    return this.request<T>("POST", path, body, undefined, options);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>("PUT", path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>("PATCH", path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.request<T>("DELETE", path);
  }

  private async request<T>(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
    options: { keepalive?: boolean } = {},
  ): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRF-TOKEN"] = cookie(this.csrfCookie);
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer: Response;
    try {
      answer = await fetch(PREFIX + path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? AbortSignal.timeout(30_000),
        credentials: "same-origin",
        ...options,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(0, "OFFLINE", t("The server can't be reached. Check your connection."));
    }
    learn(answer.headers.get("Date"));
    if (answer.status === 401) toLogin();
    if (!answer.ok) throw await readError(answer);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  /** Send a file, telling the share sent so far (0 to 1). Abort by the signal. */
  upload(
    file: File,
    channelId: string,
    progress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<Uploaded> {
    const form = new FormData();
    form.append("file", file, file.name);
    form.append("channel_id", channelId);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${PREFIX}/uploads`);
      request.setRequestHeader("X-CSRF-TOKEN", cookie(this.csrfCookie));
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) progress(event.loaded / event.total);
      };
      request.onerror = () =>
        reject(new ApiError(0, "OFFLINE", t("The upload was interrupted. Try again.")));
      request.onabort = () => reject(new DOMException("aborted", "AbortError"));
      request.onload = () => {
        const body = parse(request.responseText);
        if (request.status < 300) resolve(body as unknown as Uploaded);
        else reject(errorFrom(request.status, body));
      };
      signal.addEventListener("abort", () => request.abort(), { once: true });
      request.send(form);
    });
  }
}

/** The session is over: log in and come back here. */
function toLogin(): void {
  location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

async function readError(answer: Response): Promise<ApiError> {
  return errorFrom(answer.status, parse(await answer.text().catch(() => "")));
}

function errorFrom(status: number, body: Record<string, unknown>): ApiError {
  const error = (body.error ?? {}) as {
    code?: string;
    message?: string;
    details?: Record<string, unknown>;
  };
  return new ApiError(
    status,
    error.code ?? "INTERNAL_ERROR",
    error.message || plain(status),
    error.details ?? {},
  );
}

function plain(status: number): string {
  if (status === 403) return t("You don't have permission to do this.");
  if (status === 404) return t("This no longer exists, or you can't see it.");
  if (status === 409) return t("Someone else changed this in the meantime.");
  if (status === 413) return t("The file is too large.");
  if (status === 429) return t("Too many requests. Wait a moment and try again.");
  return t("Something went wrong on our side. Try again.");
}

/** What to tell the user about any failure. */
export function words(error: unknown): string {
  return error instanceof ApiError ? error.message : t("Something went wrong. Try again.");
}

/** Requests to our own server: JSON, CSRF header, errors in words. */

import { say } from "./config.js";

export interface Where {
  id: string;
  stage_id: string;
  state: string;
  version: number;
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Of a conflict: where the deal is now. */
    readonly deal: Where | null = null,
  ) {
    super(message);
  }
}

function csrf(): string {
  const name = document.body.dataset.csrfCookie || "csrf_access_token";
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

export function post<T>(deal: string, verb: string, body: unknown): Promise<T> {
  return request<T>(`/api/v1/crm/deals/${deal}/${verb}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-TOKEN": csrf() },
    body: JSON.stringify(body),
  });
}

export async function request<T>(url: string, options: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(url, { credentials: "same-origin", ...options });
  } catch {
    throw new Refused(0, say("offline"));
  }
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return body as T;
  const error = (body as { error?: { message?: string; details?: { deal?: Where } } } | null)?.error;
  throw new Refused(answer.status, error?.message ?? say("failed"), error?.details?.deal ?? null);
}

/** The widget's requests. No cookies: a bearer token in the site's own localStorage. */

export interface Attachment {
  id: string;
  kind: string;
  filename: string | null;
  mime_type: string | null;
  size: number | null;
  state: string;
  url: string | null;
  thumbnail_url: string | null;
}

export interface Message {
  id: string;
  client_id: string | null;
  direction: "in" | "out";
  kind: string;
  body: string | null;
  status: string | null;
  sent_at: string;
  author: string | null;
  attachments: Attachment[];
}

export interface Session {
  token: string;
  visitor: { name: string | null };
  channel: { title: string; color: string; greeting: string };
  conversation_id: string | null;
  limits: Record<string, number>;
}

export interface Identity {
  id: string;
  name?: string;
  hash: string;
}

export interface Upload {
  file: string;
  kind: string;
  filename: string;
  mime_type: string;
  size: number;
}

/** A refusal the server put in words, or 0 when it could not be reached. */
export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export class Api {
  token: string | null;

  constructor(readonly base: string, readonly channel: string) {
    this.token = this.#stored();
  }

  async start(identity?: Identity): Promise<Session> {
    const session = await this.#json<Session>("POST", "session", { token: this.token, identity });
    this.token = session.token;
    try {
      localStorage.setItem(this.#key(), session.token);
    } catch {
      // Storage is switched off: the visit lasts as long as the page.
    }
    return session;
  }

  async history(before?: string): Promise<{ items: Message[]; next_cursor: string | null }> {
    const query = before ? `?before=${encodeURIComponent(before)}` : "";
    return this.#json("GET", `messages${query}`);
  }

  write(clientId: string, body: string | null, files: string[]): Promise<unknown> {
    return this.#json("POST", "messages", { client_id: clientId, body, files });
  }

  upload(file: File): Promise<Upload> {
    const form = new FormData();
    form.append("file", file, file.name);
    return this.#send("POST", "files", form);
  }

  receipt(ids: string[], status: "delivered" | "read"): Promise<unknown> {
    return this.#json("POST", "receipts", { ids, status });
  }

  typing(): Promise<unknown> {
    return this.#json("POST", "typing", {});
  }

  async ticket(): Promise<string | null> {
    return (await this.#json<{ ticket: string | null }>("POST", "ticket", {})).ticket;
  }

  absolute(path: string): string {
    return new URL(path, this.base).href;
  }

  #key(): string {
    return `ramal-chat:${this.channel}`;
  }

  #stored(): string | null {
    try {
      return localStorage.getItem(this.#key());
    } catch {
      return null;
    }
  }

  #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this.#send<T>(method, path, body === undefined ? undefined : JSON.stringify(body));
  }

  async #send<T>(method: string, path: string, body?: string | FormData): Promise<T> {
    const headers: Record<string, string> = {};
    if (this.token) headers["Authorization"] = `Bearer ${this.token}`;
    if (typeof body === "string") headers["Content-Type"] = "application/json";
    const url = `${this.base}/api/v1/webchat/${this.channel}/${path}`;
    let response: Response;
    try {
      response = await fetch(url, { method, headers, body: body ?? null, credentials: "omit" });
    } catch {
      throw new ApiError(0, "");
    }
    const data = response.status === 204 ? {} : await response.json().catch(() => ({}));
    if (!response.ok) throw new ApiError(response.status, data?.error?.message ?? response.statusText);
    return data as T;
  }
}

/** The API's document in Swagger UI or Redoc, both under our strict Content-Security-Policy. */

import { cookie } from "./inbox/api.js";

interface SwaggerRequest {
  url: string;
  method?: string;
  headers: Record<string, string>;
}

declare const SwaggerUIBundle: (options: Record<string, unknown>) => unknown;
declare const Redoc: { init(url: string, options: object, element: Element): void };

/**
 * Both readers make <style> elements, which the browser accepts with the page's nonce, and Redoc an
 * image from its makers' server, which it is spared from asking for.
 */
function comply(nonce: string): void {
  const make = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = make(name, options);
    if (name.toLowerCase() === "style") element.setAttribute("nonce", nonce);
    if (element instanceof HTMLImageElement) keepHome(element);
    return element;
  }) as typeof document.createElement;
}

function keepHome(image: HTMLImageElement): void {
  const set = image.setAttribute.bind(image);
  const home = (url: string): boolean => !/^https?:/.test(url) || url.startsWith(location.origin);
  image.setAttribute = (name: string, value: string) => {
    if (name !== "src" || home(value)) set(name, value);
  };
  Object.defineProperty(image, "src", { set: (value: string) => image.setAttribute("src", value) });
}

/** The reader itself, loaded once the page is ready for it. */
function load(url: string, nonce: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.nonce = nonce;
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(url));
    document.head.append(script);
  });
}

/** "Try it out" with the browser's own login. */
function withCsrf(request: SwaggerRequest): SwaggerRequest {
  if (new URL(request.url, location.href).origin === location.origin) {
    request.headers["X-CSRF-TOKEN"] = cookie(document.body.dataset.csrfCookie || "csrf_access_token");
  }
  return request;
}

const place = document.getElementById("api-document");
if (place) {
  const { nonce = "", script = "", schema = "", reader } = place.dataset;
  comply(nonce);
  await load(script, nonce);
  if (reader === "swagger") {
    SwaggerUIBundle({ url: schema, domNode: place, deepLinking: true, validatorUrl: null, requestInterceptor: withCsrf });
  } else {
    // Its search starts a worker from a blob:, which the policy forbids; the browser's own search works.
    Redoc.init(schema, { disableSearch: true }, place);
  }
}

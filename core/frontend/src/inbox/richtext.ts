/**
 * Message text as people formatted it in the chat: links, *bold*, _italic_, ~struck~ and `code`.
 * It becomes text nodes and a few elements; nothing of it is ever read as HTML.
 */

import { html } from "lit";
import type { TemplateResult } from "lit";

type Piece = string | TemplateResult;

const URL_PATTERN = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/gi;
const MARKS = /```([\s\S]+?)```|`([^`\n]+)`|(?<![\p{L}\p{N}])([*_~])(\S|\S[^\n]*?\S)\3(?![\p{L}\p{N}])/gu;

export function richText(text: string): Piece[] {
  return cut(text, URL_PATTERN, (match) => link(match[0]), marked);
}

function marked(text: string): Piece[] {
  return cut(text, MARKS, styled, (rest) => [rest]);
}

function styled(match: RegExpMatchArray): TemplateResult {
  const [, block, code, mark, inner] = match;
  if (block ?? code) return html`<code>${block ?? code}</code>`;
  const inside = marked(inner ?? "");
  if (mark === "*") return html`<strong>${inside}</strong>`;
  if (mark === "_") return html`<em>${inside}</em>`;
  return html`<s>${inside}</s>`;
}

function link(url: string): TemplateResult {
  return html`<a href=${url} target="_blank" rel="noopener noreferrer nofollow">${url}</a>`;
}

function cut(
  text: string,
  pattern: RegExp,
  found: (match: RegExpMatchArray) => Piece,
  between: (text: string) => Piece[],
): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) pieces.push(...between(text.slice(at, match.index)));
    pieces.push(found(match));
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push(...between(text.slice(at)));
  return pieces;
}

/** One to three emoji and nothing else are shown large. */
export function isEmojiOnly(text: string): boolean {
  const trimmed = text.trim();
  if (!trimmed || trimmed.length > 30 || /[\p{L}\p{N}]/u.test(trimmed)) return false;
  const clusters = [...new Intl.Segmenter().segment(trimmed.replace(/\s+/g, ""))];
  return clusters.length <= 3 && clusters.every(({ segment }) => /\p{Emoji}/u.test(segment));
}

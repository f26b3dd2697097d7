/** Times, sizes and names as people read them. Pure functions over the current locale. */

import { currentLocale, t, tn } from "../i18n.js";
import { now } from "./clock.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

function intl(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = currentLocale() + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(currentLocale(), options)));
  return format;
}

function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

function daysAgo(time: number): number {
  return Math.round((startOfDay(now()) - startOfDay(time)) / DAY);
}

/** 14:05 */
export function clockTime(iso: string): string {
  return intl({ hour: "2-digit", minute: "2-digit" }).format(new Date(iso));
}

/** Saturday, 22 November 2026, 14:05 (for titles). */
export function fullTime(iso: string): string {
  return intl({ dateStyle: "full", timeStyle: "medium" }).format(new Date(iso));
}

/** 22 Nov 2026 */
export function shortDate(iso: string): string {
  return intl({ dateStyle: "medium" }).format(new Date(iso));
}

/** In a list: 14:05 today, yesterday, a weekday this week, else a date. */
export function listTime(iso: string): string {
  const time = Date.parse(iso);
  const days = daysAgo(time);
  if (days <= 0) return clockTime(iso);
  if (days === 1) return t("Yesterday");
  if (days < 7) return intl({ weekday: "short" }).format(time);
  const sameYear = new Date(time).getFullYear() === new Date(now()).getFullYear();
  return intl(
    sameYear ? { day: "2-digit", month: "2-digit" } : { dateStyle: "short" },
  ).format(time);
}

/** Between two days of a thread: Today, Yesterday, Monday 16 November. */
export function dayLabel(iso: string): string {
  const time = Date.parse(iso);
  const days = daysAgo(time);
  if (days === 0) return t("Today");
  if (days === 1) return t("Yesterday");
  const sameYear = new Date(time).getFullYear() === new Date(now()).getFullYear();
  return intl({
    weekday: days < 7 && days > 0 ? "long" : undefined,
    day: "numeric",
    month: "long",
    year: sameYear ? undefined : "numeric",
  }).format(time);
}

/** Which day of the viewer's calendar it was, as a key. */
export function dayKey(iso: string): number {
  return startOfDay(Date.parse(iso));
}

/** A span in its largest sensible unit: 45 s is "now", then min, h, d. */
export function span(milliseconds: number): string {
  if (milliseconds < MINUTE) return t("now");
  if (milliseconds < HOUR) return t("{n} min", { n: Math.floor(milliseconds / MINUTE) });
  if (milliseconds < DAY) return t("{n} h", { n: Math.floor(milliseconds / HOUR) });
  return t("{n} d", { n: Math.floor(milliseconds / DAY) });
}

export function since(iso: string): string {
  return span(Math.max(0, now() - Date.parse(iso)));
}

/** Time left: "23 h 14 min" or, in the last minutes, "4 min"; empty once it is over. */
export function timeLeft(iso: string): string {
  const left = Date.parse(iso) - now();
  if (left <= 0) return "";
  const hours = Math.floor(left / HOUR);
  const minutes = Math.max(1, Math.floor((left % HOUR) / MINUTE));
  return hours ? t("{h} h {m} min", { h: hours, m: minutes }) : t("{n} min", { n: minutes });
}

export function fileSize(bytes: number | null): string {
  if (bytes === null) return "";
  const units = ["B", "kB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  const digits = size < 10 && unit > 1 ? 1 : 0;
  return `${size.toLocaleString(currentLocale(), { maximumFractionDigits: digits })} ${units[unit]}`;
}

/** Seconds as 3:07. */
export function duration(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.round(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Capped by the server at 100: shown as 99+. */
export function capped(count: number): string {
  return count > 99 ? "99+" : String(count);
}

export function unreadWords(count: number): string {
  return tn("{n} unread message", "{n} unread messages", count);
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (!words.length) return "?";
  const first = (word: string) => Array.from(word.replace(/^[^\p{L}\p{N}]+/u, ""))[0] ?? "";
  if (/^\+?\d/.test(words[0]!)) return "#";
  return (first(words[0]!) + (words.length > 1 ? first(words.at(-1)!) : "")).toUpperCase();
}

/** One of eight avatar tints, the same for the same id everywhere. */
export function tint(id: string): number {
  let hash = 0;
  for (const char of id) hash = (hash * 31 + char.charCodeAt(0)) >>> 0;
  return hash % 8;
}

/** Without accents and case, the same length as its source so that positions agree. */
function fold(text: string): string {
  return Array.from(text, (char) => {
    const plain = char.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    return plain.length === char.length ? plain : char;
  }).join("");
}

/** The text cut into pieces, those that match a word of the query marked. */
export function highlight(text: string, query: string): { text: string; hit: boolean }[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (!words.length) return [{ text, hit: false }];
  const folded = fold(text);
  const pieces: { text: string; hit: boolean }[] = [];
  let at = 0;
  while (at < text.length) {
    let start = text.length;
    let length = 0;
    for (const word of words) {
      const found = folded.indexOf(word, at);
      if (found >= 0 && (found < start || (found === start && word.length > length))) {
        start = found;
        length = word.length;
      }
    }
    if (start > at) pieces.push({ text: text.slice(at, start), hit: false });
    if (length) pieces.push({ text: text.slice(start, start + length), hit: true });
    at = start + length;
  }
  return pieces;
}

/** +55 11 98765-4321 for a Brazilian number, the number as it is otherwise. */
export function phone(value: string): string {
  const digits = value.replace(/\D/g, "");
  const brazil = /^55(\d{2})(\d{4,5})(\d{4})$/.exec(digits);
  if (brazil) return `+55 ${brazil[1]} ${brazil[2]}-${brazil[3]}`;
  return value;
}

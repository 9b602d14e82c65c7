/** Times, distances and numbers as people of either language read them. Times are Unix seconds, distances metres. */
import type { Language } from './i18n';

const LOCALE: Record<Language, string> = { uk: 'uk-UA', en: 'en-GB' };

function cached<T>(make: (locale: string) => T): (language: Language) => T {
  const kept = new Map<Language, T>();
  return (language) => {
    let it = kept.get(language);
    if (it === undefined) {
      it = make(LOCALE[language]);
      kept.set(language, it);
    }
    return it;
  };
}

const numbers = cached((locale) => new Intl.NumberFormat(locale));
const oneDigit = cached((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }));
const percents = cached((locale) => new Intl.NumberFormat(locale, { style: 'percent' }));
const clocks = cached((locale) => new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }));
const seconds = cached((locale) => new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }));
const days = cached((locale) => new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }));
const full = cached(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }),
);

const UNITS = {
  uk: {
    now: 'щойно',
    s: 'с',
    min: 'хв',
    h: 'год',
    d: 'дн',
    ago: (t: string) => `${t} тому`,
    in: (t: string) => `за ${t}`,
    m: 'м',
    km: 'км',
  },
  en: {
    now: 'just now',
    s: 's',
    min: 'min',
    h: 'h',
    d: 'd',
    ago: (t: string) => `${t} ago`,
    in: (t: string) => `in ${t}`,
    m: 'm',
    km: 'km',
  },
} as const;

/** `1,234`. */
export function number(language: Language, value: number): string {
  return numbers(language).format(value);
}

/** `72%`, from 0 to 1. */
export function percent(language: Language, share: number): string {
  return percents(language).format(share);
}

/** How long: `40 s`, `4 min`, `2 h 5 min`, `3 d`. */
export function span(language: Language, length: number): string {
  const unit = UNITS[language];
  const whole = Math.max(0, Math.round(length));
  if (whole < 60) return `${whole} ${unit.s}`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} ${unit.min}`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours < 24)
    return rest === 0 || hours >= 6 ? `${hours} ${unit.h}` : `${hours} ${unit.h} ${rest} ${unit.min}`;
  return `${Math.round(hours / 24)} ${unit.d}`;
}

/** How long ago, or in how long: `just now`, `4 min ago`, `in 2 h`. */
export function ago(language: Language, then: number, now: number): string {
  const past = now - then;
  if (Math.abs(past) < 45) return UNITS[language].now;
  return past > 0 ? UNITS[language].ago(span(language, past)) : UNITS[language].in(span(language, -past));
}

/** The time of day, with the day when it is not the same as now: `05:12`, `9 Oct, 23:40`. */
export function time(language: Language, at: number, now: number): string {
  const moment = new Date(at * 1000);
  const clock = clocks(language).format(moment);
  return moment.toDateString() === new Date(now * 1000).toDateString()
    ? clock
    : `${days(language).format(moment)}, ${clock}`;
}

/** The time of day with seconds. */
export function clock(language: Language, at: number): string {
  return seconds(language).format(new Date(at * 1000));
}

/** The day: `10 Oct`. */
export function day(language: Language, at: number): string {
  return days(language).format(new Date(at * 1000));
}

/** Day and time in full, for a title. */
export function moment(language: Language, at: number): string {
  return full(language).format(new Date(at * 1000));
}

/** `40 m`, `350 m`, `2.4 km`, `18 km`: no more digits than anybody can use. */
export function distance(language: Language, metres: number): string {
  const unit = UNITS[language];
  if (metres < 95) return `${Math.max(10, Math.round(metres / 10) * 10)} ${unit.m}`;
  if (metres < 950) return `${Math.round(metres / 50) * 50} ${unit.m}`;
  if (metres < 9500) return `${oneDigit(language).format(Math.round(metres / 100) / 10)} ${unit.km}`;
  return `${number(language, Math.round(metres / 1000))} ${unit.km}`;
}

/** Metres between two places on a sphere of the earth's mean radius. */
export function metresBetween(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const rad = Math.PI / 180;
  const dLat = (b.lat - a.lat) * rad;
  const dLon = (b.lon - a.lon) * rad;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2;
  return 2 * 6_371_009 * Math.asin(Math.min(1, Math.sqrt(h)));
}

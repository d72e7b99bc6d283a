// The sentence about one picture: what its metadata says, in the reader's language.
import { found, type Found, type Where } from '../../../core/found';
import { language, locale, t } from '../../../core/text.svelte';
import type { Facts } from '../../engine/engine';

export interface Says {
  sentence: string;
  also: string[];
  isPrivate: boolean;
}

export function says(facts: Facts): Says {
  const all = found(facts.metadata, facts.place);
  return { sentence: sentence(all), also: all.also.map(also), isPrivate: all.isPrivate };
}

/** "near Berlin, Germany", or how far from it. */
export function near(place: Where): string {
  if (!place.town) {
    return t('start.far');
  }
  const km = Math.round(place.distance_km);
  const values = { town: place.town, country: country(place.country), n: km, km };
  return km < 1 ? t('start.near', values) : t('start.near_km', values);
}

export function moment(when: Date): string {
  const options = { dateStyle: 'long', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat(locale(), options).format(when);
}

function sentence(all: Found): string {
  const on = all.taken && t('start.on', { date: moment(all.taken) });
  const using = all.device && t('start.with', { device: all.device });
  const rest = [on, using].filter(Boolean).join(' ');
  if (all.place && all.position) {
    const where = t('start.where', { position: all.position, near: near(all.place) });
    return `${[where, rest].filter(Boolean).join(', ')}.`;
  }
  if (rest) {
    return t('start.taken', { rest });
  }
  return t(all.isPrivate ? 'start.some' : 'start.nothing');
}

function also(group: string): string {
  return t(`start.also_${group}`);
}

/** The table of towns has its countries in English; the browser knows the others. */
function country(english: string): string {
  return language.code === 'en' ? english : (translated().get(english) ?? english);
}

const known = new Map<string, ReadonlyMap<string, string>>();

function translated(): ReadonlyMap<string, string> {
  const names = known.get(language.code) ?? new Map(pairs());
  known.set(language.code, names);
  return names;
}

function* pairs(): Iterable<[string, string]> {
  const english = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const ours = new Intl.DisplayNames(language.code, { type: 'region', fallback: 'none' });
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  for (const first of letters) {
    for (const second of letters) {
      const from = english.of(first + second);
      const to = ours.of(first + second);
      if (from && to) yield [from, to];
    }
  }
}

/** Trials: attempts to reach another machine, made now, and what refused each of them. */
import { waysOutOfPage } from '../../../widgets/ways_out';
import { server } from '../../server.svelte';
import { waysOutOfTheFrame } from './of_frame';

/** Where an attempt starts; the last three are processes of the server. */
export const PLACES = ['page', 'frame', 'front', 'worker', 'back'] as const;
export type Place = (typeof PLACES)[number];

export interface Row {
  way: string;
  refused: boolean;
  /** Of the browser: a directive, or one of core/ways.ts. Of the server: the system's own error. */
  by: string;
}

export interface Trial {
  place: Place;
  rows: Row[];
  refused: number;
}

interface Egress {
  attempts: { where: Place; name: string; error: string; contained: boolean }[];
}

export const ofPage = async (): Promise<Trial[]> => [trial('page', await waysOutOfPage())];
export const ofFrame = async (): Promise<Trial[]> => [trial('frame', await waysOutOfTheFrame())];

/** The process that answers, a worker that opens pictures, and the back end. */
export async function ofServer(): Promise<Trial[]> {
  const { attempts } = await server.get<Egress>('/audit/egress');
  return (['front', 'worker', 'back'] as const).map((place) =>
    trial(
      place,
      attempts
        .filter((one) => one.where === place)
        .map((one) => ({ way: one.name, refused: one.contained, by: one.error })),
    ),
  );
}

function trial(place: Place, rows: Row[]): Trial {
  return { place, rows, refused: rows.filter((row) => row.refused).length };
}

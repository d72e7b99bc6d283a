// The findings of a picture as the table shows them: by group, with what becomes of each.
import type { Changes, Facts, Finding } from '../../engine/engine';
import { GROUPS } from '../../scrubbing';

export type Fate = 'removed' | 'kept' | 'partly' | '';

export interface Row {
  key: string;
  name: string;
  value: string;
  fate: Fate;
}

export interface Section {
  group: string;
  rows: Row[];
}

export function sections(facts: Facts, report: Changes | null): Section[] {
  const kept = new Set(report?.kept.map(keyOf));
  const removed = new Set(report?.removed.map(keyOf));
  const fate = (finding: Finding): Fate => {
    const [goes, stays] = [removed.has(keyOf(finding)), kept.has(keyOf(finding))];
    if (goes && stays) return 'partly'; // as the orientation of the picture and of its small picture
    if (goes) return 'removed';
    return stays ? 'kept' : '';
  };
  return GROUPS.flatMap((group) => {
    const found = facts.metadata.filter((finding) => finding.group === group);
    const rows = found.map((finding, index) => ({
      key: `${keyOf(finding)} ${index}`,
      name: finding.name,
      value: finding.value,
      fate: fate(finding),
    }));
    return rows.length > 0 ? [{ group, rows }] : [];
  });
}

/** How far off the position may be, in metres, as the device noted it; null where it did not. */
export function ringMetres(facts: Facts): number | null {
  const noted = facts.metadata.find((one) => one.name.endsWith('GPSHPositioningError'));
  const metres = Number.parseFloat(noted?.value ?? '');
  return Number.isFinite(metres) && metres > 0 ? metres : null;
}

function keyOf(finding: Finding): string {
  return `${finding.group} ${finding.name}`;
}

import { NS } from '../layout.ts';

const { pidMax: PID_MAX, floor: FLOOR } = NS.at;

/** Where allocation goes on after the end: at the floor, or at 1 where no number from the floor on may be given. */
export function floorOf(w: Int32Array, nsAt: number): number {
  const floor = w[nsAt + FLOOR];
  return floor < w[nsAt + PID_MAX] ? floor : 1;
}

// The ways out of the page "Privacy" alone, so that a test can try them where nobody refuses.
import { waysOutOfFrame } from '../../web/widgets/ways_out';

Object.assign(globalThis, { waysOutOfFrame });

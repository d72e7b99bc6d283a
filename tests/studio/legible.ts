// The check for legibility alone, so that a test can ask it about pictures that it must refuse.
import { legibility } from '../../web/tab/tools/redact/legibility';

Object.assign(globalThis, { legibility });

// The tool frame: opened once for a whole visit. The build puts before this script what takes away
// every way out that no policy of content stops (see build/frame.mjs).
import { mount } from 'svelte';
import '../look/tokens.css';
import '../look/base.css';
import Frame from './Frame.svelte';
import { Desk } from './desk.svelte';
import { connect } from './door';
import { createEngine } from './engine/engine';
import './words';
import { waysOutOfFrame } from '../widgets/ways_out';

const door = connect();
const engine = createEngine((name) => door.part(name));
const desk = new Desk(door, engine);
const target = document.getElementById('frame');
if (target) {
  mount(Frame, { target, props: { desk } });
}
door.on('try', () => void waysOutOfFrame().then((ways) => door.send({ kind: 'tried', ways })));
door.send({ kind: 'ready' });
// Before a picture comes: whoever opens the page drops one soon. A fault is told when one is asked for.
engine.start().catch(() => {});
